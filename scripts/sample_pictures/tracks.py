"""This will draw movement seen from far above: ship lanes, ground tracks of satellites."""

import math

import numpy as np

from .ink import (
    ACCENT,
    BLUE,
    DEEP,
    HEIGHT,
    MIST,
    NIGHT,
    PAPER,
    SAND,
    WIDTH,
    Field,
    Point,
    curve,
    dot,
    picture,
    ring,
    sheet,
    smooth,
)


def sea_lanes() -> str:
    """Streams of ship tracks passing a coast, one of them broken."""
    chance = np.random.default_rng(8)
    coast: list[Point] = [
        (-20, 96),
        (120, 130),
        (232, 104),
        (330, 168),
        (452, 186),
        (520, 262),
        (640, 268),
        (742, 214),
        (828, 236),
        (930, 176),
        (1030, 188),
        (1112, 116),
        (1220, 84),
    ]
    lanes = [
        ([(-40, 560), (260, 500), (560, 470), (860, 420), (1240, 300)], 120, 15, MIST),
        ([(-40, 620), (280, 566), (600, 540), (900, 500), (1240, 396)], 120, 15, BLUE),
        ([(-40, 470), (220, 400), (420, 330), (560, 300), (596, 276)], 46, 9, MIST),
        ([(1240, 470), (1020, 380), (880, 300), (800, 256), (770, 234)], 40, 8, MIST),
        ([(760, 760), (722, 610), (676, 480), (634, 360), (606, 276)], 40, 24, BLUE),
    ]
    tracks = []
    for points, count, spread, tone in lanes:
        for _ in range(count):
            offset, tilt = chance.normal(0, spread), chance.normal(0, 7)
            shifted = [
                (
                    x + tilt * 0.6,
                    y + offset * (1 if 0 < i < len(points) - 1 else 0.7) + tilt * (i - 2),
                )
                for i, (x, y) in enumerate(points)
            ]
            tracks.append(curve(shifted, str(tone), 0.9, opacity=float(chance.uniform(0.16, 0.5))))
    isobaths = [
        curve(
            [(x, y + d + 10 * math.sin(x / 90 + d)) for x, y in coast],
            BLUE,
            1,
            opacity=0.55 - d / 300,
        )
        for d in (22, 48, 80, 118)
    ]
    dark: list[Point] = [(-20, 655), (180, 622), (372, 560), (470, 500)]
    gap: list[Point] = [(470, 500), (560, 430), (700, 400), (800, 330)]
    return sheet(
        *isobaths,
        *tracks,
        curve([(-20, -20), *coast[:1]], NIGHT, 1),
        f'<path d="{_coastline(coast)}" fill="{SAND}" stroke="{PAPER}" stroke-width="2"/>',
        *(dot(x, y, 4, DEEP) for x, y in ((600, 258), (766, 214))),
        curve(dark, ACCENT, 2.6),
        curve(gap, ACCENT, 2.6, more='stroke-dasharray="1 11"'),
        curve([(800, 330), (930, 290), (1060, 246), (1220, 190)], ACCENT, 2.6),
        dot(470, 500, 6.5, ACCENT),
        dot(800, 330, 6.5, ACCENT),
        ground=NIGHT,
    )


def _coastline(coast: list[Point]) -> str:
    return f"{smooth(coast)}L1220 -20L-20 -20Z"


def ground_tracks() -> str:
    """A globe with invented land, crossed by the ground tracks of three satellites."""
    cx, cy, radius = 600.0, 470.0, 410.0
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    u, v = (columns - cx) / radius, (cy - rows) / radius
    inside = u**2 + v**2 <= 1
    w = np.sqrt(np.clip(1 - u**2 - v**2, 0, 1))
    height = _invented_land(u, v, w)
    shade = np.clip(0.55 + 0.45 * (0.5 * v - 0.45 * u + 0.75 * w), 0, 1)[..., None]
    steep = np.hypot(*np.gradient(height)) + 1e-6
    edge = np.clip((height - 0.25) / steep + 0.5, 0, 1)[..., None]
    globe = np.array([11, 61, 107.0]) * (1 - edge) + np.array([198, 190, 178.0]) * edge
    night = np.array([10, 37, 64.0])
    soft = np.clip((radius - np.hypot(columns - cx, rows - cy)) + 0.5, 0, 1)[..., None]
    pixels = np.where(inside[..., None], globe * shade + night * (1 - shade), night)
    pixels = pixels * soft + night * (1 - soft)
    stars = np.random.default_rng(3)
    sky = [
        dot(
            stars.uniform(0, WIDTH),
            stars.uniform(0, 420),
            stars.uniform(0.5, 1.3),
            PAPER,
            more='opacity="0.5"',
        )
        for _ in range(110)
    ]
    globe_at = (cx, cy, radius)
    fine = {"colour": MIST, "width": 0.8, "opacity": 0.28}
    parallels = [
        _on_globe(globe_at, [(t, k) for t in range(-180, 181, 4)], **fine)
        for k in range(-60, 90, 20)
    ]
    meridians = [
        _on_globe(globe_at, [(k, t) for t in range(-90, 91, 4)], **fine) for k in range(0, 360, 20)
    ]
    tracks = [
        _on_globe(globe_at, _orbit(node), colour=tone, width=width, opacity=0.95)
        for node, tone, width in ((28, PAPER, 1.6), (52, PAPER, 1.6), (-14, ACCENT, 2.6))
    ]
    return sheet(
        *sky,
        f'<clipPath id="g"><circle cx="{cx}" cy="{cy}" r="{radius + 0.5}"/></clipPath>',
        picture(pixels, more='clip-path="url(#g)"'),
        *parallels,
        *meridians,
        *tracks,
        ring(cx, cy, radius, MIST, 1.2, opacity=0.7),
        ground=NIGHT,
    )


def _invented_land(u: Field, v: Field, w: Field) -> Field:
    """Give a random height on the sphere: waves in many directions, the shorter the lower."""
    chance = np.random.default_rng(404)
    height = np.zeros_like(u)
    for frequency in (2.2, 3.6, 6.0, 10.0, 17.0, 29.0, 50.0, 80.0):
        for _ in range(5):
            a, b, c = chance.normal(size=3)
            length = math.sqrt(a * a + b * b + c * c) / frequency
            wave = np.sin((a * u + b * v + c * w) / length + chance.uniform(0, 2 * math.pi))
            height += wave * frequency**-0.95
    return height


def _orbit(node: float) -> list[Point]:
    """Longitudes and latitudes under a satellite on one turn, the earth turning below it."""
    tilt, places = math.radians(72), []
    for t in range(-180, 181, 2):
        angle = math.radians(t)
        latitude = math.degrees(math.asin(math.sin(tilt) * math.sin(angle)))
        longitude = math.degrees(math.atan2(math.cos(tilt) * math.sin(angle), math.cos(angle)))
        places.append((longitude + node - t / 14, latitude))
    return places


def _on_globe(
    globe: tuple[float, float, float],
    places: list[Point],
    *,
    colour: str,
    width: float,
    opacity: float,
) -> str:
    """Draw the parts of a line that lie on the near side of the globe."""
    cx, cy, radius = globe
    runs: list[list[Point]] = [[]]
    tilt = math.radians(24)
    for place in places:
        longitude, latitude = (math.radians(angle) for angle in place)
        x, y = math.cos(latitude) * math.sin(longitude), math.sin(latitude)
        z = math.cos(latitude) * math.cos(longitude)
        y, z = y * math.cos(tilt) - z * math.sin(tilt), y * math.sin(tilt) + z * math.cos(tilt)
        if z > 0:
            runs[-1].append((cx + radius * x, cy - radius * y))
        elif runs[-1]:
            runs.append([])
    return "".join(curve(run, colour, width, opacity=opacity) for run in runs if len(run) > 1)
