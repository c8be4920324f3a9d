"""This will draw a river delta: branches, shore and the shores of former times."""

import math

import numpy as np

from .ink import (
    ACCENT,
    DEEP,
    STONE,
    Point,
    curve,
    dot,
    ring,
    shape,
    sheet,
)


def river_delta() -> str:
    """A river that divides into ever narrower branches before the sea."""
    chance = np.random.default_rng(23)
    branches: list[tuple[list[Point], float]] = [
        ([(-40, 330), (70, 352), (170, 322), (262, 338)], 34)
    ]
    _divide(branches, chance, (262, 338), (-40, 715), 30)
    shoals = [
        shape(
            [*((_coast(y) + away, y) for y in range(-20, 720, 4)), (1220, 720), (1220, -20)], tone
        )
        for away, tone in ((0, "#6C95B5"), (30, "#2B6090"), (70, "#174C7A"), (122, DEEP))
    ]
    banks = [curve(points, "#F6F3EC", width + 8) for points, width in branches]
    water = [curve(points, "#2B6090", width) for points, width in branches]
    gauge = (262.0, 338.0)
    return sheet(
        _former_shores(),
        *banks,
        *shoals,
        *water,
        ring(*gauge, 44, ACCENT, 2.5),
        ring(*gauge, 25, ACCENT, 2.5, opacity=0.8),
        dot(*gauge, 8, ACCENT),
        ground="#EFEBE2",
    )


def _coast(y: float) -> float:
    return 1030 + 44 * math.cos((y - 330) / 190) + 10 * math.sin(y / 31) + 5 * math.sin(y / 11)


def _divide(
    branches: list[tuple[list[Point], float]],
    chance: np.random.Generator,
    start: Point,
    shore: Point,
    width: float,
) -> None:
    """Grow two branches that share a stretch of shore between them, down to the smallest."""
    x, y = start
    low, high = shore
    if high - low < 34:
        mouth = (low + high) / 2 + float(chance.uniform(-6, 6))
        branches.append((_meander(chance, start, (_coast(mouth) + 14, mouth)), width))
        return
    cut = low + (high - low) * float(chance.uniform(0.36, 0.64))
    for share in ((low, cut), (cut, high)):
        part = (share[1] - share[0]) / (high - low)
        middle = sum(share) / 2
        ahead = (_coast(middle) - x) * float(chance.uniform(0.27, 0.4))
        node = (x + ahead, y + (middle - y) * float(chance.uniform(0.5, 0.62)))
        narrower = max(1.3, width * part**0.62)
        branches.append((_meander(chance, start, node), narrower))
        _divide(branches, chance, node, share, narrower)


def _meander(chance: np.random.Generator, start: Point, end: Point) -> list[Point]:
    (ax, ay), (bx, by) = start, end
    length = math.hypot(bx - ax, by - ay)
    swing = float(chance.choice([-1, 1])) * min(length * 0.06, 11)
    return [
        (
            ax + (bx - ax) * s - (by - ay) / length * swing * w,
            ay + (by - ay) * s + (bx - ax) / length * swing * w,
        )
        for s, w in ((0, 0), (0.25, 0.9), (0.5, 0), (0.75, -0.9), (1, 0))
    ]


def _former_shores() -> str:
    """Lines where the coast once lay, closer together towards the sea."""
    lines = []
    for k in range(1, 30):
        away = 13.0 * k + 0.62 * k * k
        calm = 1 / (1 + k / 5)
        shore = [
            (
                _coast(y) * calm + (1030 + 70 * math.cos((y - 330) / 230)) * (1 - calm) - away,
                float(y),
            )
            for y in range(-20, 720, 20)
        ]
        lines.append(curve(shore, STONE, 1.1, opacity=0.62 - k * 0.013))
    return "".join(lines)
