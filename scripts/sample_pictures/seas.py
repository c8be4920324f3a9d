"""This will draw the sea and what is laid in it: a floor with a cable, a repair ship."""

import numpy as np

from .ink import (
    ACCENT,
    DEEP,
    HEIGHT,
    MIST,
    NIGHT,
    PAPER,
    SAND,
    SLATE,
    STONE,
    WIDTH,
    Point,
    below,
    box,
    curve,
    dot,
    group,
    picture,
    ring,
    shape,
    sheet,
    stroke,
    tinted,
    uneven,
    warped,
)

DEPTHS = (
    "#E9E3D8",
    "#CFD6D9",
    "#B4C6D2",
    "#98B3C6",
    "#7B9DB7",
    "#5F87A7",
    "#457196",
    "#2E5C84",
    "#1C4B75",
    "#0F3C67",
    "#0B3157",
    "#0A2848",
)


def seabed_cable() -> str:
    """A cable route over depth contours, with one marked place."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    ground = warped(uneven(21, cells=3, octaves=5, fade=0.46), by=uneven(4, cells=3), reach=150)
    depth = 0.30 * columns / WIDTH + 0.24 * rows / HEIGHT + 0.86 * ground - 0.22
    route: list[Point] = [
        (-20, 132),
        (110, 168),
        (232, 262),
        (372, 280),
        (486, 372),
        (640, 366),
        (770, 442),
        (892, 430),
        (1010, 520),
        (1220, 548),
    ]
    repeaters = [route[2], route[4], route[8]]
    return sheet(
        picture(tinted(depth, DEPTHS, line="#F1EDE5", weight=0.35)),
        curve(route, NIGHT, 9, opacity=0.35),
        curve(route, PAPER, 5),
        *(box(x - 9, y - 5, 18, 10, PAPER, r=5) for x, y in repeaters),
        ring(*route[6], 46, ACCENT, 2.5),
        ring(*route[6], 24, ACCENT, 2.5, opacity=0.8),
        dot(*route[6], 9, ACCENT),
    )


def repair_ship() -> str:
    """A ship holding station on a calm horizon, its cable over the stern."""
    horizon = 428.0
    sky = [(0, "#B9C5CC"), (120, "#C5CED2"), (220, "#D1D6D6"), (310, "#DCDBD6"), (380, "#E4DFD6")]
    ripples = []
    for row in range(26):
        depth = row / 26
        y = horizon + 8 + 232 * depth**1.5
        chance = np.random.default_rng(row + 5)
        for _ in range(int(15 - 9 * depth)):
            x, length = chance.uniform(-60, WIDTH), chance.uniform(24, 70) * (0.5 + 2.2 * depth)
            tone = chance.choice(["#2B5C86", "#35668F", "#174A76"])
            ripples.append(stroke([(x, y), (x + length, y)], tone, 1 + 1.8 * depth, opacity=0.75))
    glitter = [
        stroke(
            [(858 - w, horizon + 8 + i * 13), (858 + w, horizon + 8 + i * 13)],
            PAPER,
            1.6 + i * 0.12,
            opacity=0.62 - i * 0.036,
        )
        for i, w in enumerate((64, 40, 52, 30, 44, 24, 36, 20, 30, 14, 24, 12, 18, 8))
    ]
    return sheet(
        *(box(0, y, WIDTH, horizon - y, tone) for y, tone in sky),
        dot(858, 236, 92, "#FBF8F1"),
        below([(0, horizon), (WIDTH, horizon)], DEEP),
        below([(0, 560), (WIDTH, 560)], NIGHT, more='opacity="0.28"'),
        *ripples,
        *glitter,
        _cable_ship(),
        ground=PAPER,
    )


def _cable_ship() -> str:
    hull: list[Point] = [
        (250, 398),
        (262, 442),
        (276, 446),
        (600, 446),
        (640, 438),
        (676, 380),
        (640, 384),
        (560, 386),
        (552, 398),
    ]
    house = [
        box(520, 330, 92, 58, "#FCFAF5"),
        box(534, 300, 64, 32, "#FCFAF5"),
        box(540, 308, 52, 9, NIGHT),
        *(box(530 + 15 * i, 346, 7, 7, DEEP) for i in range(5)),
        *(box(530 + 15 * i, 364, 7, 7, DEEP) for i in range(5)),
        box(470, 356, 34, 36, SAND),
        box(476, 338, 18, 20, ACCENT),
        stroke([(566, 300), (566, 232)], NIGHT, 3),
        stroke([(552, 256), (580, 256)], NIGHT, 2),
        stroke([(566, 236), (676, 380)], NIGHT, 1, opacity=0.5),
    ]
    crane = [
        stroke([(404, 396), (404, 320)], NIGHT, 7),
        stroke([(404, 322), (322, 286)], NIGHT, 5),
        stroke([(404, 352), (340, 296)], NIGHT, 2),
        stroke([(322, 286), (322, 350)], NIGHT, 1.5),
        box(436, 374, 24, 20, SLATE),
        box(352, 378, 32, 16, SLATE),
    ]
    sheave = [dot(252, 386, 15, NIGHT), dot(252, 386, 6, STONE), box(254, 386, 34, 14, NIGHT)]
    cable = curve(
        [(262, 374), (240, 378), (232, 404), (214, 470), (150, 640), (140, 700)], PAPER, 2.2
    )
    wake = [
        stroke([(x, 450 + i), (x + w, 450 + i)], MIST, 2, opacity=0.7)
        for i, (x, w) in enumerate(((268, 90), (390, 120), (540, 96)))
    ]
    mirrored = shape([(262, 446), (650, 446), (604, 476), (300, 476)], NIGHT, more='opacity="0.45"')
    return group(mirrored, *house, *crane, shape(hull, NIGHT), *sheave, cable, *wake)
