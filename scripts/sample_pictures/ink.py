"""This will give the drawings their palette, their pen and their uneven ground."""

import base64
import io
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WIDTH, HEIGHT = 1200, 675
NIGHT, DEEP, BLUE, MIST = "#0A2540", "#0B3D6B", "#4A7499", "#A8BDCC"
PAPER, SAND, STONE, SLATE, INK = "#F1EDE5", "#DDD5C8", "#B3AA9D", "#6E6861", "#2B2B2C"
ACCENT = "#D5602B"

Point = tuple[float, float]
Field = NDArray[np.float64]


def sheet(*parts: str, ground: str = PAPER) -> str:
    """Lay the parts on a full sheet of one colour."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">{box(0, 0, WIDTH, HEIGHT, ground)}{"".join(parts)}</svg>'
    )


def box(x: float, y: float, w: float, h: float, fill: str, *, r: float = 0, more: str = "") -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{r}" '
        f'fill="{fill}" {more}/>'
    )


def dot(x: float, y: float, radius: float, fill: str, *, more: str = "") -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}" {more}/>'


def ring(
    x: float, y: float, radius: float, colour: str, width: float, *, opacity: float = 1
) -> str:
    stroke = f'stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}"'
    return dot(x, y, radius, "none", more=stroke)


def shape(points: Iterable[Point], fill: str, *, more: str = "") -> str:
    return f'<path d="{_straight(points)}Z" fill="{fill}" {more}/>'


def stroke(
    points: Sequence[Point], colour: str, width: float, *, opacity: float = 1, more: str = ""
) -> str:
    return _stroked(_straight(points), colour, width, opacity, more)


def curve(
    points: Sequence[Point], colour: str, width: float, *, opacity: float = 1, more: str = ""
) -> str:
    """Draw a smooth line through all the points."""
    return _stroked(smooth(points), colour, width, opacity, more)


def smooth(points: Sequence[Point]) -> str:
    """Catmull-Rom through the points, written as Bézier pieces."""
    padded = [points[0], *points, points[-1]]
    d = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (ax, ay), (bx, by), (cx, cy), (ex, ey) in zip(
        padded, padded[1:], padded[2:], padded[3:], strict=False
    ):
        d += (
            f"C{bx + (cx - ax) / 6:.1f} {by + (cy - ay) / 6:.1f} "
            f"{cx - (ex - bx) / 6:.1f} {cy - (ey - by) / 6:.1f} {cx:.1f} {cy:.1f}"
        )
    return d


def group(*parts: str, more: str = "") -> str:
    return f"<g {more}>{''.join(parts)}</g>"


def uneven(seed: int, *, cells: int = 5, octaves: int = 4, fade: float = 0.5) -> Field:
    """Give a smooth random height between 0 and 1 for every pixel of a sheet."""
    chance = np.random.default_rng(seed)
    total = np.zeros((HEIGHT, WIDTH))
    for octave in range(octaves):
        n = cells * 2**octave
        grid = chance.random((math.ceil(n * HEIGHT / WIDTH) + 3, n + 3)).astype(np.float32)
        layer = Image.fromarray(grid, mode="F").resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        total += np.asarray(layer, dtype=np.float64) * fade**octave
    low, high = total.min(), total.max()
    return np.asarray((total - low) / (high - low))


def warped(field: Field, *, by: Field, reach: float) -> Field:
    """Shift a field unevenly, so that the grid it was made on does not show."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    shift = (by - 0.5) * reach
    y = np.clip(rows + shift, 0, HEIGHT - 1.001)
    x = np.clip(columns + np.flip(shift) * 0.8, 0, WIDTH - 1.001)
    top, left = y.astype(int), x.astype(int)
    down, right = y - top, x - left
    upper = field[top, left] * (1 - right) + field[top, left + 1] * right
    lower = field[top + 1, left] * (1 - right) + field[top + 1, left + 1] * right
    return np.asarray(upper * (1 - down) + lower * down)


def ridge(seed: int, base: float, rise: float, *, cells: int = 4, step: int = 12) -> list[Point]:
    """Give the upper edge of a hill range, from the left side of the sheet to the right."""
    row = uneven(seed, cells=cells, octaves=3)[HEIGHT // 2]
    row = (row - row.min()) / (row.max() - row.min())
    return [(x, base - rise * float(row[min(x, WIDTH - 1)])) for x in range(0, WIDTH + step, step)]


def below(edge: Sequence[Point], fill: str, *, bottom: float = HEIGHT, more: str = "") -> str:
    """Fill everything under an edge."""
    return shape([*edge, (edge[-1][0], bottom), (edge[0][0], bottom)], fill, more=more)


def rgb(colour: str) -> Field:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64)


def tinted(height: Field, colours: Sequence[str], *, line: str, weight: float = 0.9) -> Field:
    """Colour a height field in flat bands with a fine line where two bands meet."""
    levels = len(colours)
    scaled = np.clip(height, 0, 0.9999) * levels
    pixels = np.stack([rgb(colour) for colour in colours])[scaled.astype(int)]
    slope = np.hypot(*np.gradient(scaled)) + 1e-6
    near = np.abs(scaled - np.round(scaled)) / slope
    edge = np.clip(weight + 0.5 - near, 0, 1) * (
        (np.round(scaled) > 0) & (np.round(scaled) < levels)
    )
    return np.asarray(pixels + (rgb(line) - pixels) * edge[..., None])


def picture(pixels: Field, *, more: str = "") -> str:
    """Place computed pixels on the sheet."""
    held = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(held, "PNG")
    data = base64.b64encode(held.getvalue()).decode()
    return f'<image width="{WIDTH}" height="{HEIGHT}" href="data:image/png;base64,{data}" {more}/>'


def _straight(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _stroked(d: str, colour: str, width: float, opacity: float, more: str) -> str:
    return (
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-opacity="{opacity}" stroke-linecap="round" stroke-linejoin="round" {more}/>'
    )
