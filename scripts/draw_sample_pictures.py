"""This will draw the sample pictures again: scripts/draw_sample_pictures.py [NAME …].

Needs Chromium, Pillow and numpy; they are no part of the project's requirements, since the
pictures themselves are kept in static/sample.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from sample_pictures import delta, land, networks, rooms, seas, tracks, works
from sample_pictures.ink import HEIGHT, WIDTH

TARGET = Path(__file__).parents[1] / "static" / "sample"
MOST_BYTES = 90_000
SCALE = 2  # drawn at twice the size and reduced, which keeps fine lines even
DRAWINGS = {
    "seabed-cable": seas.seabed_cable,
    "repair-ship": seas.repair_ship,
    "sea-lanes": tracks.sea_lanes,
    "ground-tracks": tracks.ground_tracks,
    "river-delta": delta.river_delta,
    "viaduct": land.viaduct,
    "pylons": land.pylons,
    "radio-masts": land.radio_masts,
    "railway-lines": networks.railway_lines,
    "harbour": works.harbour,
    "border-bridge": works.border_bridge,
    "grid-lights": networks.grid_lights,
    "conference-table": rooms.conference_table,
    "treaty-pages": rooms.treaty_pages,
}


def main() -> None:
    """Draw the named pictures, or all of them."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DRAWINGS))
    names = options.parse_args().names or list(DRAWINGS)
    if unknown := sorted(set(names) - set(DRAWINGS)):
        sys.exit(f"No such picture: {', '.join(unknown)}.")
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in names:
        print(f"{name}: {keep(raster(DRAWINGS[name]()), TARGET / f'{name}.jpg')} bytes")


def raster(svg: str) -> Image.Image:
    """Let Chromium paint a drawing."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("Chromium is needed to paint the drawings and was not found.")
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder, "page.html"), Path(folder, "shot.png")
        page.write_text(f'<!doctype html><body style="margin:0">{svg}', encoding="utf-8")
        # The window is taller than the sheet: headless Chromium counts its own frame into it.
        subprocess.run(
            [
                *(browser, "--headless", "--no-sandbox", "--hide-scrollbars"),
                f"--force-device-scale-factor={SCALE}",
                f"--window-size={WIDTH},{HEIGHT + 200}",
                f"--screenshot={shot}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        drawn = Image.open(shot).convert("RGB").crop((0, 0, WIDTH * SCALE, HEIGHT * SCALE))
    return drawn.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def keep(image: Image.Image, path: Path) -> int:
    """Save at the best quality that stays within the size allowed."""
    for quality in range(90, 48, -4):
        # Full colour resolution keeps the thin accent lines crisp where there is room for it.
        sampling = 0 if quality > 74 else 2
        image.save(
            path, "JPEG", quality=quality, optimize=True, progressive=True, subsampling=sampling
        )
        if path.stat().st_size <= MOST_BYTES:
            return path.stat().st_size
    sys.exit(f"{path.name} does not fit into {MOST_BYTES} bytes: draw it with less detail.")


if __name__ == "__main__":
    main()
