"""This will take pictures of every kind of mail, narrow to wide, light, dark and inverted.

    .venv/bin/python -m scripts.take_mail_pictures FOLDER [LANGUAGE …]

Needs Chromium and the test packages. The mails are those that tests/mails judges, sent by the rooms
themselves in a database of their own, in English, Ukrainian and Arabic unless other languages are
named; one without words, such as ar, shows the layout. `inverted` stands for mail programs that
turn light mails dark by themselves: it is a filter, theirs differ in detail. All of them stand on
FOLDER/index.html.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from flask_migrate import upgrade
from playwright.sync_api import Browser, Route, sync_playwright

from newsletter import create_app
from newsletter.config import Settings, settings
from scripts.mail_scenes import shown_mails
from tests.mails.kinds import Mail
from tests.mails.scene import public_settings

PROJECT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
LANGUAGES = ("en", "uk", "ar")
WIDTHS = (320, 600, 1200)
LOOKS = ("light", "dark", "inverted")
INVERT = "html, img { filter: invert(1) hue-rotate(180deg); } html { background: #fff; }"

PAGE = """<!doctype html><meta charset="utf-8"><title>Mails</title><style>
body {{ font: 16px/1.5 sans-serif; margin: 16px; background: #ddd; }}
div {{ display: flex; gap: 16px; align-items: flex-start; overflow-x: auto; }}
img {{ border: 1px solid #999; }}
</style>{rows}"""
ROW = '<h2>{name}</h2><p><a href="{name}.txt">text part</a></p><div>{images}</div>'
IMAGE = '<img src="{name}-{look}-{width}.png" alt="{look}, {width}" loading="lazy">'


def main(arguments: list[str]) -> int:
    """Write the pictures and the mails they show."""
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    folder = Path(arguments[0]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("Chromium is needed to take the pictures and was not found.")
    names = []
    with service(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for language in arguments[1:] or LANGUAGES:
            for mail in shown_mails(language):
                names.append(f"{mail.kind}-{language}")
                keep(mail, folder / names[-1])
                take(browser, mail.html, folder / names[-1], pictures=settings.picture_folder)
        browser.close()
    (folder / "index.html").write_text(index(names))
    print(f"{len(names)} mails on {folder / 'index.html'}")
    return 0


@contextmanager
def service() -> Iterator[None]:
    """Prepare an empty service in a folder of its own; nothing leaves it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        app = create_app(
            Settings(
                _env_file=None,
                secret_key="a-key-for-pictures-0123456789abcdef",
                database_url=f"sqlite:///{folder}/pictures.sqlite3",
                redis_url="redis://127.0.0.1:9/0",
                var_dir=Path(folder),
                log_level="ERROR",
            )
        )
        with app.app_context(), public_settings(app):
            upgrade()
            yield


def keep(mail: Mail, stem: Path) -> None:
    """Write down both parts of a mail."""
    stem.with_suffix(".txt").write_text(f"{mail.message['Subject']}\n\n{mail.text}")
    stem.with_suffix(".html").write_text(mail.html)


def index(names: list[str]) -> str:
    """Return a page of all pictures."""
    rows = [
        ROW.format(
            name=escape(name),
            images="".join(
                IMAGE.format(name=escape(name), look=look, width=width)
                for look in LOOKS
                for width in WIDTHS
            ),
        )
        for name in names
    ]
    return PAGE.format(rows="\n".join(rows))


def take(browser: Browser, html: str, stem: Path, *, pictures: Path) -> None:
    """Photograph one mail in every width and look."""
    for look in LOOKS:
        page = browser.new_page(color_scheme="dark" if look == "dark" else "light")
        page.route("**/*", partial(serve, pictures=pictures))
        page.set_content(html, wait_until="load")
        if look == "inverted":
            page.add_style_tag(content=INVERT)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 320})
            page.screenshot(path=f"{stem}-{look}-{width}.png", full_page=True)
        page.close()


def serve(route: Route, *, pictures: Path) -> None:
    """Answer pictures from the folders that the service would serve them from."""
    path = urlsplit(route.request.url).path
    own = PROJECT / path.lstrip("/")
    found = own if own.is_file() else next(pictures.rglob(Path(path).name or "none"), None)
    if found is None:
        route.abort()
    else:
        route.fulfill(path=found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
