"""This will draw large works: a quay with cranes, a bridge."""

import math

import numpy as np

from .ink import (
    ACCENT,
    BLUE,
    DEEP,
    HEIGHT,
    MIST,
    NIGHT,
    SAND,
    SLATE,
    STONE,
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


def harbour() -> str:
    """Cranes and stacked containers along a quay, in flat shapes."""
    chance = np.random.default_rng(17)
    tones = [DEEP, BLUE, MIST, SLATE, STONE, "#1F527F", "#8A9BA8"]
    stacks = []
    for column in range(16):
        high = int(3 + 1.6 * math.sin(column / 2.1) + chance.uniform(0, 1.8))
        for level in range(high):
            x, y = -30 + column * 78, 548 - 34 * (level + 1)
            tone = str(chance.choice(tones))
            stacks.append(box(x, y, 75, 32, tone))
            stacks += [
                stroke([(x + k, y + 5), (x + k, y + 27)], NIGHT, 1, opacity=0.2)
                for k in range(8, 74, 8)
            ]
    cranes = [_crane(560, 0.86, "#8FA6B7"), _crane(262, 1.0, NIGHT), _crane(806, 1.0, NIGHT)]
    water = [
        stroke([(x, y), (x + w, y)], MIST, 1.8, opacity=0.5)
        for x, y, w in zip(
            chance.uniform(-40, WIDTH, 60),
            chance.uniform(596, 672, 60),
            chance.uniform(20, 90, 60),
            strict=True,
        )
    ]
    return sheet(
        box(0, 0, WIDTH, 560, "#E9E3D8"),
        box(0, 250, WIDTH, 310, "#F0EBE1"),
        dot(1096, 104, 50, "#FAF6EE"),
        *cranes[:1],
        *stacks,
        *cranes[1:],
        box(1009, 341, 62, 27, ACCENT),
        box(0, 548, WIDTH, 30, "#8B8379"),
        box(0, 548, WIDTH, 5, SAND),
        box(0, 578, WIDTH, 100, DEEP),
        *water,
        *(box(x, 560, 18, 26, NIGHT, r=3) for x in range(40, WIDTH, 150)),
    )


def _crane(x: float, scale: float, tone: str) -> str:
    parts = [
        *(
            shape([(a, 0), (a + 16, 0), (a + b + 14, -330), (a + b, -330)], tone)
            for a, b in ((0, 12), (150, -12))
        ),
        stroke([(8, -6), (150, -206)], tone, 5),
        stroke([(158, -6), (22, -206)], tone, 5),
        box(-6, -216, 178, 13, tone),
        box(2, -336, 166, 14, tone),
        box(-150, -352, 500, 15, tone),
        *(
            stroke([(-150 + i * 25, -352), (-138 + i * 25, -368), (-125 + i * 25, -352)], tone, 2.4)
            for i in range(20)
        ),
        stroke([(-150, -368), (350, -368)], tone, 3.4),
        shape([(70, -366), (82, -452), (92, -452), (106, -366)], tone),
        stroke([(86, -450), (-136, -366)], tone, 2.6),
        stroke([(86, -450), (330, -366)], tone, 2.6),
        box(212, -338, 40, 22, tone),
        stroke([(222, -316), (222, -214)], tone, 1.8),
        stroke([(242, -316), (242, -214)], tone, 1.8),
        box(204, -216, 58, 8, tone),
        box(-4, -16, 30, 16, tone, r=4),
        box(140, -16, 30, 16, tone, r=4),
    ]
    return group(*parts, more=f'transform="translate({x} 550) scale({scale})"')


def border_bridge() -> str:
    """A cable-stayed bridge over a wide river, a city behind it."""
    chance = np.random.default_rng(26)
    far, near = [], []
    for rank, base, tone, low, high in (
        (far, 440, "#BCC9D1", 60, 200),
        (near, 444, "#8FA9BC", 26, 130),
    ):
        x = -10.0
        while x < WIDTH:
            w = float(chance.uniform(26, 62))
            tall = float(chance.uniform(low, high)) * (
                0.42 + 0.9 * math.exp(-(((x - 770) / 260) ** 2))
            )
            rank.append(box(x, base - tall, w, tall, tone))
            if chance.random() < 0.16:
                rank.append(box(x + w / 2 - 1.5, base - tall - 26, 3, 26, tone))
            x += w + float(chance.uniform(0, 7))
    deck: list[Point] = [(-20, 452), (300, 424), (600, 414), (900, 424), (1220, 452)]
    pylon_parts, cables = [], []
    for px in (330.0, 870.0):
        pylon_parts += [
            shape([(px - 16, 620), (px - 5, 120), (px + 5, 120), (px + 16, 620)], NIGHT),
            box(px - 34, 600, 68, 30, NIGHT, r=4),
        ]
        for k in range(1, 12):
            for side in (-1, 1):
                x = px + side * k * 23.5
                cables.append(
                    stroke(
                        [(px, 132 + k * 8), (x, 415 + ((x - 600) / 100) ** 2)],
                        NIGHT,
                        1.3,
                        opacity=0.85,
                    )
                )
    lorries = [
        group(
            box(x, _deck(x) - 25, 30, 17, tone),
            box(x + 32, _deck(x) - 20, 10, 12, NIGHT),
            box(x + 1, _deck(x) - 9, 40, 3, NIGHT),
        )
        for x, tone in (
            (60, BLUE),
            (122, SLATE),
            (186, BLUE),
            (262, DEEP),
            (402, SLATE),
            (462, ACCENT),
            (522, BLUE),
            (640, SLATE),
            (742, DEEP),
            (802, BLUE),
            (960, SLATE),
            (1092, BLUE),
        )
    ]
    ripples = [
        stroke([(x, y), (x + w, y)], tone, 2, opacity=0.55)
        for x, y, w, tone in zip(
            chance.uniform(-40, WIDTH, 150),
            470 + 200 * chance.random(150) ** 0.8,
            chance.uniform(16, 100, 150),
            chance.choice([BLUE, "#2F6391", MIST], 150, p=[0.45, 0.4, 0.15]),
            strict=True,
        )
    ]
    return sheet(
        box(0, 0, WIDTH, 450, "#EAE4D9"),
        box(0, 180, WIDTH, 270, "#F1ECE2"),
        dot(190, 210, 62, "#FAF6EE"),
        *far,
        *near,
        box(0, 440, WIDTH, 12, "#6F8CA3"),
        box(0, 448, WIDTH, HEIGHT - 448, DEEP),
        *ripples,
        *cables,
        *lorries,
        curve(deck, NIGHT, 12),
        *pylon_parts,
    )


def _deck(x: float) -> float:
    return 414 + ((x - 600) / 100) ** 2 * 1.02
