"""This will paint the wordmark and the favicon again from their SVG files in static/brand.

Needs Chromium and Pillow, as scripts/draw_sample_pictures.py does.
"""

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

BRAND = Path(__file__).parents[1] / "static" / "brand"


def main() -> None:
    """Write the PNG files that mails and old browsers need."""
    # Mails show the wordmark 32 pixels high: twice that stays sharp on dense screens.
    for name in ("wordmark", "wordmark-light"):
        painted(BRAND / f"{name}.svg", 199, 64).save(BRAND / f"{name}@2x.png", optimize=True)
    icon = painted(BRAND / "favicon.svg", 192, 192)
    icon.save(BRAND / "icon-192.png", optimize=True)
    # Apple fills transparent corners with black and rounds them itself.
    whole = Image.new("RGBA", icon.size, "#0B3D6B")
    whole.alpha_composite(icon)
    touch = whole.convert("RGB").resize((180, 180), Image.Resampling.LANCZOS)
    touch.save(BRAND / "apple-touch-icon.png", optimize=True)
    small = [painted(BRAND / "favicon.svg", size, size) for size in (16, 32, 48)]
    held = io.BytesIO()
    small[-1].save(held, "ICO", sizes=[(16, 16), (32, 32), (48, 48)], append_images=small[:-1])
    (BRAND / "favicon.ico").write_bytes(held.getvalue())


def painted(drawing: Path, width: int, height: int) -> Image.Image:
    """Let Chromium paint an SVG file on nothing, four times larger, and reduce it."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("Chromium is needed to paint the drawings and was not found.")
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder, "page.html"), Path(folder, "shot.png")
        sized = f"display:block;width:{width}px;height:{height}px"
        page.write_text(
            f'<!doctype html><body style="margin:0"><img style="{sized}" src="{drawing.as_uri()}">'
        )
        subprocess.run(
            [
                *(browser, "--headless", "--no-sandbox", "--hide-scrollbars"),
                *("--force-device-scale-factor=4", "--default-background-color=00000000"),
                f"--window-size={max(width, 500)},{height + 200}",
                f"--screenshot={shot}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        image = Image.open(shot).convert("RGBA").crop((0, 0, width * 4, height * 4))
    return image.resize((width, height), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
