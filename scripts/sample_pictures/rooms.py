"""This will draw the places where people negotiate: a table, the papers on it."""

import math

import numpy as np

from .ink import (
    ACCENT,
    BLUE,
    DEEP,
    MIST,
    NIGHT,
    PAPER,
    SAND,
    SLATE,
    STONE,
    box,
    curve,
    dot,
    group,
    sheet,
    stroke,
)


def conference_table() -> str:
    """An oval table from above, chairs around it, a gap at the far end."""
    cx, cy = 600.0, 338.0
    seats = []
    count = 26
    for i in range(count):
        angle = -90 + (i + 0.5) * 360 / count
        if abs(angle + 90) < 12 or abs(angle - 270) < 12:
            continue
        x, y, turn = _around(cx, cy, 402, 252, angle)
        tone = ACCENT if i == 7 else (MIST if i < count / 2 else SAND)
        seats.append(_chair(x, y, turn, tone))
    second_row = []
    for i in range(30):
        angle = -90 + (i + 0.5) * 360 / 30
        if abs(angle + 90) < 20 or abs(angle - 270) < 20:
            continue
        x, y, turn = _around(cx, cy, 520, 352, angle)
        second_row.append(_chair(x, y, turn, BLUE, size=0.72))
    papers = []
    for i in range(count):
        angle = -90 + (i + 0.5) * 360 / count
        if abs(angle + 90) < 12 or abs(angle - 270) < 12:
            continue
        x, y, turn = _around(cx, cy, 318, 172, angle)
        papers.append(_place(x, y, turn))
    table = [
        f'<ellipse cx="{cx}" cy="{cy}" rx="358" ry="212" fill="#B9AB98"/>',
        f'<ellipse cx="{cx}" cy="{cy}" rx="352" ry="206" fill="#C9BCA9"/>',
        f'<ellipse cx="{cx}" cy="{cy}" rx="250" ry="112" fill="{DEEP}"/>',
        box(cx - 30, cy - 220, 60, 120, DEEP),
    ]
    carpet = [
        f'<ellipse cx="{cx}" cy="{cy}" rx="{rx}" ry="{ry}" fill="none" stroke="{BLUE}" '
        f'stroke-width="1.6" stroke-opacity="0.55"/>'
        for rx, ry in ((462, 304), (470, 312))
    ]
    return sheet(*carpet, *second_row, *seats, *table, *papers, ground=DEEP)


def _around(cx: float, cy: float, rx: float, ry: float, angle: float) -> tuple[float, float, float]:
    a = math.radians(angle)
    x, y = cx + rx * math.cos(a), cy + ry * math.sin(a)
    return x, y, math.degrees(math.atan2(math.sin(a) / ry, math.cos(a) / rx)) + 90


def _chair(x: float, y: float, turn: float, tone: str, *, size: float = 1) -> str:
    parts = [
        box(-21, -17, 42, 38, tone, r=9),
        box(-25, -25, 50, 13, NIGHT, r=6.5),
        box(-27, -14, 7, 26, NIGHT, r=3.5),
        box(20, -14, 7, 26, NIGHT, r=3.5),
    ]
    return group(
        *parts, more=f'transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f}) scale({size})"'
    )


def _place(x: float, y: float, turn: float) -> str:
    lines = [
        stroke([(-9, -8 + 5 * k), (9 - 4 * (k % 2), -8 + 5 * k)], STONE, 1.3) for k in range(4)
    ]
    parts = [
        box(-14, -14, 28, 34, PAPER, r=1),
        *lines,
        dot(24, 2, 5, "#EDF2F4"),
        dot(24, 2, 3, MIST),
    ]
    return group(*parts, more=f'transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f})"')


def treaty_pages() -> str:
    """Drafts laid over one another, with marks in the margin."""
    chance = np.random.default_rng(40)
    pages = [
        _page(chance, 150, 120, -11, "#C5D0D7"),
        _page(chance, 720, 60, 9, "#D9D2C6"),
        _page(chance, 560, 250, -4, "#E6E1D7"),
        _page(chance, 330, 60, 3, PAPER, marks=True),
    ]
    pen = group(
        box(0, -7, 250, 14, NIGHT, r=7),
        box(0, -7, 70, 14, SLATE, r=7),
        box(176, -7, 6, 14, ACCENT),
        f'<path d="M250 -6L284 0L250 6Z" fill="{STONE}"/>',
        more='transform="translate(1010 250) rotate(128)"',
    )
    return sheet(*pages, pen, ground=DEEP)


def _page(
    chance: np.random.Generator, x: float, y: float, turn: float, tone: str, *, marks: bool = False
) -> str:
    parts = [box(7, 9, 470, 640, "#04182B", more='opacity="0.28"'), box(0, 0, 470, 640, tone)]
    parts += [box(150, 58, 170, 9, SLATE), box(186, 78, 98, 6, STONE)]
    row = 124
    for paragraph in range(5):
        for line in range(int(chance.integers(3, 6))):
            width = 330 if line else 306
            if line > 2 and chance.random() < 0.5:
                width = int(chance.integers(90, 250))
            parts.append(box(70 + (0 if line else 24), row, width, 5, STONE))
            if marks and (paragraph, line) in {(1, 1), (3, 2)}:
                parts.append(stroke([(96, row + 2.5), (290, row + 2.5)], ACCENT, 2.6))
            row += 17
        if marks and paragraph in {1, 3}:
            brace = [(48.0, row - 66.0), (40.0, row - 54.0), (40.0, row - 34.0), (48.0, row - 22.0)]
            parts.append(curve(brace, ACCENT, 3))
            parts.append(stroke([(14, row - 48), (30, row - 46)], ACCENT, 3))
        row += 20
    return group(*parts, more=f'transform="rotate({turn} {x + 235} {y + 320}) translate({x} {y})"')
