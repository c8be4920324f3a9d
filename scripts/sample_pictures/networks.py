"""This will draw networks: the rails of a yard, a grid at night."""

import math

import numpy as np

from .ink import (
    ACCENT,
    BLUE,
    DEEP,
    MIST,
    NIGHT,
    PAPER,
    SLATE,
    WIDTH,
    Point,
    box,
    curve,
    dot,
    group,
    shape,
    sheet,
    stroke,
)


def railway_lines() -> str:
    """Tracks of a yard from above, joining and dividing at switches."""
    lines: list[tuple[list[Point], float]] = [
        (_track(90, 90), 1.0),
        (_track(180, 180), 1.0),
        (_track(180, 270, 420, 700), 1.0),
        (_track(360, 360), 1.0),
        (_track(360, 270, 200, 480), 1.0),
        (_track(450, 450), 1.0),
        (_track(450, 360, 640, 930), 1.0),
        (_track(540, 540), 0.72),
        (_track(540, 610, 300, 560), 0.72),
        (_track(610, 610, 0, 1), 0.72),
    ]
    beds = [curve(points, "#C9BFB0", 62 * gauge) for points, gauge in lines]
    sleepers = [_sleepers(points, gauge) for points, gauge in lines]
    rails = [_rails(points, gauge) for points, gauge in lines]
    train = [_wagon(x, 360, 150, tone) for x, tone in ((742, PAPER), (904, MIST), (1066, PAPER))]
    freight = [
        _wagon(x, 90, 120, tone) for x, tone in ((96, BLUE), (228, DEEP), (360, BLUE), (492, SLATE))
    ]
    narrow = [
        _wagon(x, 610, 96, tone, half=18) for x, tone in ((720, DEEP), (824, ACCENT), (928, DEEP))
    ]
    turned = group(
        *beds,
        *sleepers,
        *rails,
        *train,
        *freight,
        *narrow,
        more='transform="rotate(-14 600 338) translate(-150 -96) scale(1.3)"',
    )
    return sheet(turned, ground="#D8D0C3")


def _track(start: float, end: float, bend_from: float = 0, bend_to: float = 1) -> list[Point]:
    points = []
    for x in range(-160, 1420, 10):
        share = min(max((x - bend_from) / (bend_to - bend_from), 0), 1)
        points.append((float(x), start + (end - start) * (share * share * (3 - 2 * share))))
    return points


def _beside(points: list[Point], offset: float) -> list[Point]:
    moved = []
    for i, (x, y) in enumerate(points):
        (ax, ay), (bx, by) = points[max(i - 1, 0)], points[min(i + 1, len(points) - 1)]
        length = math.hypot(bx - ax, by - ay)
        moved.append((x - offset * (by - ay) / length, y + offset * (bx - ax) / length))
    return moved


def _sleepers(points: list[Point], gauge: float) -> str:
    near, far = _beside(points, -21 * gauge), _beside(points, 21 * gauge)
    return "".join(
        stroke([a, b], "#9A8F81", 5, more='stroke-linecap="butt"')
        for a, b in zip(near, far, strict=True)
    )


def _rails(points: list[Point], gauge: float) -> str:
    return "".join(curve(_beside(points, side * 13 * gauge)[::6], NIGHT, 3) for side in (-1, 1))


def _wagon(x: float, y: float, length: float, tone: str, *, half: float = 24) -> str:
    ribs = [
        stroke([(x + i, y - half + 5), (x + i, y + half - 5)], NIGHT, 1.2, opacity=0.35)
        for i in range(14, int(length) - 8, 14)
    ]
    return group(
        box(x + 4, y - half + 5, length, 2 * half, "#000", r=4, more='opacity="0.16"'),
        box(x, y - half, length, 2 * half, tone, r=4),
        *ribs,
    )


def grid_lights() -> str:
    """A sparse web of lit towns and thin lines over a dark land."""
    chance = np.random.default_rng(61)
    coast = [
        (x, 506 + 62 * math.sin(x / 210 + 0.6) + 22 * math.sin(x / 67) + 7 * math.sin(x / 19))
        for x in range(-20, 1240, 12)
    ]
    towns = _towns(chance, coast)
    tree = _shortest_tree(towns)
    spare = [(i, j) for i, j in _neighbours(towns) if chance.random() < 0.22 and (i, j) not in tree]
    main = max(
        range(len(towns)),
        key=lambda i: sum(i in link for link in tree) - math.dist(towns[i], (640, 300)) / 90,
    )
    lights = []
    for i, (x, y) in enumerate(towns):
        size = 1.4 + 2.6 * float(chance.random()) ** 2 + (1.4 if i == main else 0)
        lights.append(dot(x, y, size * 5, "#F4E3C6", more='opacity="0.10"'))
        for _ in range(int(size * size * 3.4)):
            x_off, y_off = chance.normal(0, 3.4 * size, 2)
            lights.append(dot(x + 1.3 * x_off, y + y_off, 0.9, "#F6EAD3", more='opacity="0.75"'))
        lights.append(dot(x, y, size, "#FBF3E2"))
    x, y = towns[main]
    return sheet(
        shape([(-20, -20), *coast, (1240, -20)], "#0E3156"),
        curve(coast, BLUE, 1.2, opacity=0.8),
        *(stroke([towns[i], towns[j]], MIST, 1.3, opacity=0.75) for i, j in tree),
        *(stroke([towns[i], towns[j]], BLUE, 1, opacity=0.9) for i, j in spare),
        *lights,
        dot(x, y, 24, ACCENT, more='opacity="0.25"'),
        dot(x, y, 8, ACCENT),
        ground="#081F37",
    )


def _towns(chance: np.random.Generator, coast: list[Point]) -> list[Point]:
    towns: list[Point] = []
    while len(towns) < 78:
        x, y = float(chance.uniform(10, WIDTH - 10)), float(chance.uniform(14, 570))
        on_land = y < min(coast, key=lambda point: abs(point[0] - x))[1] - 14
        if on_land and all(math.hypot(x - a, y - b) > 50 for a, b in towns):
            towns.append((x, y))
    return towns


def _shortest_tree(towns: list[Point]) -> list[tuple[int, int]]:
    """Join all towns with the least length of line."""
    joined, links = {0}, []
    while len(joined) < len(towns):
        near, far = min(
            ((i, j) for i in joined for j in range(len(towns)) if j not in joined),
            key=lambda pair: math.dist(towns[pair[0]], towns[pair[1]]),
        )
        joined.add(far)
        links.append((min(near, far), max(near, far)))
    return links


def _neighbours(towns: list[Point]) -> list[tuple[int, int]]:
    pairs = ((i, j) for i in range(len(towns)) for j in range(i))
    return [(j, i) for i, j in pairs if math.dist(towns[i], towns[j]) < 105]
