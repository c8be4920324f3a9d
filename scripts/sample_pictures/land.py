"""This will draw open country: a valley, a plain, a coast with masts."""

import math
from itertools import pairwise

from .ink import (
    ACCENT,
    BLUE,
    DEEP,
    HEIGHT,
    INK,
    MIST,
    NIGHT,
    PAPER,
    SLATE,
    WIDTH,
    Point,
    below,
    box,
    curve,
    dot,
    group,
    ridge,
    ring,
    shape,
    sheet,
    stroke,
)


def viaduct() -> str:
    """A railway viaduct across a valley, hills behind it in evening light."""
    deck = 292.0
    hills = [
        below(ridge(3, 330, 120, cells=4), "#C9CFD3"),
        below(ridge(9, 372, 110, cells=5), MIST),
        below(ridge(27, 450, 120, cells=5), "#7697B2"),
        below(ridge(33, 560, 120, cells=4), BLUE),
    ]
    span, piers = 128.0, []
    valley = [
        (x, 430 + 220 * math.exp(-(((x - 620) / 330) ** 2)) + 12 * math.sin(x / 60))
        for x in range(-40, 1300, 20)
    ]
    for i in range(-1, 11):
        x = i * span + 18
        foot = 760.0
        piers.append(shape([(x - 10, deck), (x + 10, deck), (x + 17, foot), (x - 17, foot)], NIGHT))
        piers.append(
            f'<path d="M{x + 10:.0f} {deck + 84:.0f}A{span / 2 - 10:.0f} {span / 2 - 4:.0f} 0 0 1 '
            f'{x + span - 10:.0f} {deck + 84:.0f}V{deck:.0f}H{x + 10:.0f}Z" fill="{NIGHT}"/>'
        )
    deckwork = [
        box(-10, deck - 12, WIDTH + 20, 16, NIGHT),
        box(-10, deck - 20, WIDTH + 20, 4, NIGHT),
        *(box(x, deck - 20, 3, 10, NIGHT) for x in range(6, WIDTH, 32)),
    ]
    train = []
    for i in range(5):
        x = 386 + i * 98
        train.append(box(x, deck - 50, 94, 30, ACCENT if i == 4 else DEEP, r=3))
        train += [box(x + 8 + k * 16, deck - 43, 10, 9, PAPER) for k in range(5)]
    ground = [
        below(valley, DEEP),
        below([(x, y + 56 + 10 * math.sin(x / 45)) for x, y in valley], NIGHT),
    ]
    return sheet(
        box(0, 0, WIDTH, HEIGHT, "#EBE4D8"),
        box(0, 150, WIDTH, 400, "#F1EADD"),
        dot(884, 178, 66, "#FBF7EE"),
        *hills,
        *piers,
        *train,
        *deckwork,
        *ground,
    )


def pylons() -> str:
    """Transmission towers that lead across a plain towards low hills."""
    horizon = 470.0
    towers = [
        (1010, 668, 1.0),
        (726, 578, 0.62),
        (552, 530, 0.40),
        (444, 504, 0.265),
        (374, 490, 0.18),
        (328, 482, 0.125),
    ]
    arms = [(-96, -428), (-122, -352), (-96, -276), (96, -428), (122, -352), (96, -276)]
    wires = []
    ahead = [(1560, 850, 1.75), *towers]
    for (ax, ay, a), (bx, by, b) in pairwise(ahead):
        for dx, dy in arms:
            start, end = (ax + dx * a, ay + dy * a + 22 * a), (bx + dx * b, by + dy * b + 22 * b)
            middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2 + 46 * (a + b) / 2)
            wires.append(
                curve([start, middle, end], NIGHT, max(0.6, 1.7 * (a + b) / 2), opacity=0.85)
            )
    plain = [
        box(0, horizon, WIDTH, HEIGHT - horizon, "#CFC4B2"),
        *(
            shape([(-40, y), (1240, y - 3 * k), (1240, y + 10 + k * 5), (-40, y + 6 + k * 4)], tone)
            for k, (y, tone) in enumerate(
                (
                    (480, "#C5B9A6"),
                    (502, "#D6CCBB"),
                    (532, "#BFB29E"),
                    (574, "#CDC1AE"),
                    (626, "#B5A792"),
                )
            )
        ),
    ]
    return sheet(
        box(0, 0, WIDTH, 470, "#E9E3D8"),
        box(0, 210, WIDTH, 260, "#EFE9DE"),
        box(0, 330, WIDTH, 140, "#F5F0E6"),
        dot(262, 398, 112, ACCENT, more='opacity="0.92"'),
        below(ridge(18, 462, 62, cells=6), MIST, bottom=horizon + 2),
        below(ridge(36, 474, 40, cells=8), BLUE, bottom=horizon + 2),
        *plain,
        *wires,
        *(_tower(x, y, s) for x, y, s in reversed(towers)),
    )


def _tower(x: float, foot: float, scale: float) -> str:
    pen = 3.4
    left: list[Point] = [(-64, 0), (-30, -200), (-17, -300), (-14, -430), (0, -486)]
    right = [(-a, b) for a, b in left]
    parts = [stroke(left, NIGHT, pen), stroke(right, NIGHT, pen)]
    levels = [
        (0, 64),
        (-70, 52),
        (-136, 41),
        (-200, 30),
        (-252, 23),
        (-300, 17),
        (-345, 16),
        (-390, 15),
        (-430, 14),
    ]
    for (ay, aw), (by, bw) in pairwise(levels):
        parts += [
            stroke([(-aw, ay), (bw, by)], NIGHT, 1.8),
            stroke([(aw, ay), (-bw, by)], NIGHT, 1.8),
        ]
        parts.append(stroke([(-bw, by), (bw, by)], NIGHT, 1.8))
    for reach, y in ((96, -428), (122, -352), (96, -276)):
        for side in (-1, 1):
            parts.append(shape([(side * 15, y - 16), (side * reach, y), (side * 15, y + 3)], NIGHT))
            parts.append(stroke([(side * reach, y), (side * reach, y + 22)], NIGHT, 2.6))
    return group(*parts, more=f'transform="translate({x} {foot}) scale({scale})"')


def radio_masts() -> str:
    """Lattice masts on a ridge above the sea, rings spreading from the tallest."""
    hill = [
        (x, y + 96 - 74 * math.exp(-(((x - 600) / 330) ** 2)))
        for x, y in ridge(44, 500, 54, cells=4, step=10)
    ]
    tip = (640.0, _height(hill, 640) - 420)
    rings = [
        ring(*tip, 64 + 66 * k, PAPER, 1.8, opacity=max(0.08, 0.75 - 0.075 * k)) for k in range(9)
    ]
    bands = [
        (0, "#456F95"),
        (110, "#5C83A5"),
        (212, "#7898B3"),
        (306, "#97AFC2"),
        (388, "#B7C5CF"),
        (452, "#D3D6D5"),
    ]
    ground = _height(hill, 806)
    house = [
        box(778, ground - 40, 62, 60, PAPER),
        shape([(770, ground - 38), (809, ground - 62), (848, ground - 38)], SLATE),
        box(788, ground - 26, 12, 12, ACCENT),
        box(816, ground - 26, 12, 12, ACCENT),
    ]
    masts = [(352.0, 270.0, 30.0), (640.0, 420.0, 38.0), (930.0, 210.0, 26.0)]
    return sheet(
        *(box(0, y, WIDTH, HEIGHT - y, tone) for y, tone in bands),
        *rings,
        box(0, 540, WIDTH, 140, BLUE),
        box(0, 540, WIDTH, 3, MIST),
        *(_mast(x, _height(hill, x) + 6, high, wide) for x, high, wide in masts),
        *house,
        below(hill, DEEP),
        below([(x, y + 64 + 14 * math.sin(x / 80)) for x, y in hill], NIGHT),
        dot(*tip, 8, ACCENT),
    )


def _height(edge: list[Point], x: float) -> float:
    return min(edge, key=lambda point: abs(point[0] - x))[1]


def _mast(x: float, foot: float, height: float, width: float) -> str:
    parts, pieces = [], int(height / 22)
    for i in range(pieces):
        a, b = i / pieces, (i + 1) / pieces
        wide, narrow = width * (1 - a) / 2 + 2.5, width * (1 - b) / 2 + 2.5
        low, high = foot - height * a, foot - height * b
        parts += [
            stroke([(x - wide, low), (x - narrow, high)], NIGHT, 2.2),
            stroke([(x + wide, low), (x + narrow, high)], NIGHT, 2.2),
            stroke([(x - wide, low), (x + narrow, high)], NIGHT, 1.3),
            stroke([(x + wide, low), (x - narrow, high)], NIGHT, 1.3),
        ]
    for reach, share in ((150, 0.92), (104, 0.6)):
        for side in (-1, 1):
            end = (x + side * reach * height / 360, foot + 90)
            parts.append(stroke([(x, foot - height * share), end], NIGHT, 0.9, opacity=0.7))
    for share in (0.72, 0.8):
        parts.append(
            box(x - 11, foot - height * share, 22, 12, INK if share < 0.75 else SLATE, r=2)
        )
    return group(*parts)
