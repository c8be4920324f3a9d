"""This will take the pictures of the README anew, from a fresh run of the sample publication.

Needs Chromium and the test packages. Starts the service in a folder of its own on a free port,
creates an owner, photographs the pages and stops it again. Usage:

    .venv/bin/python scripts/take_pictures.py
"""

import base64
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PROJECT = Path(__file__).parents[1]
PICTURES = PROJECT / "docs" / "pictures"
BROWSERS = ("chromium", "google-chrome", "chromium-browser")

START_SECONDS = 120
STOP_SECONDS = 40
OWNER_LINK = re.compile(r"\S+/admin/welcome/\S+")

#: A digest of several articles names its lead and how many more there are.
SEVERAL = re.compile(r"and \d+ more")

#: Two pictures side by side on the grey of the pages' own tinted surfaces.
PAIR = """<!doctype html><style>
body {{ margin: 0; padding: 28px; display: flex; gap: 28px; align-items: flex-start;
  background: #eceef1; width: max-content; }}
img {{ display: block; border: 1px solid #d0d4d9; }}
</style>{images}"""
IMAGE = '<img src="data:image/png;base64,{data}" width="{width}" alt="">'


def main() -> None:
    """Write the pictures."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("Chromium is needed to take the pictures and was not found.")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sample_service() as (address, owner_link), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        take_readers(browser, address)
        take_overview(browser, owner_link)
        browser.close()


@contextmanager
def sample_service() -> Iterator[tuple[str, str]]:
    """Run the service in a fresh folder; yields its address and the first owner's link."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        log = Path(folder, "log")
        kept = ("PATH", "HOME", "LANG", "TMPDIR")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {"PORT": str(port), "PYTHONPATH": str(PROJECT)}
        with log.open("wb") as output:
            service = subprocess.Popen(
                [sys.executable, "-m", "newsletter.standalone"],
                cwd=folder,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            address = f"http://127.0.0.1:{port}"
            yield address, wait_until_ready(service, log, address)
        finally:
            service.send_signal(signal.SIGINT)
            service.wait(STOP_SECONDS)


def free_port() -> int:
    """Return 8000, which the README names and a page shows, or else a port that is free."""
    for port in (8000, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    sys.exit("No port is free.")


def wait_until_ready(service: subprocess.Popen[bytes], log: Path, address: str) -> str:
    """Return the owner's link once the service says it and its worker is at work."""
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        link = OWNER_LINK.search(log.read_text())
        if link and is_ready(address):
            return link[0]
        if service.poll() is not None:
            break
        time.sleep(0.5)
    sys.exit(f"The service did not start:\n{log.read_text()}")


def is_ready(address: str) -> bool:
    """Whether pages and background work answer for themselves."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def take_readers(browser: Browser, address: str) -> None:
    """Show what readers see: the signup page, and a digest as it arrives."""
    page = new_page(browser, width=920, height=1040)
    page.goto(address)
    signup = shot(page)
    page.goto(f"{address}/dev/outbox")
    mail = digest_address(page)
    page.set_viewport_size({"width": 660, "height": 1040})
    page.goto(f"{mail}/html")
    digest = shot(page)
    images = [
        IMAGE.format(data=base64.b64encode(picture).decode(), width=width)
        for picture, width in ((signup, 920), (digest, 660))
    ]
    page.set_content(PAIR.format(images="".join(images)))
    page.set_viewport_size({"width": 1664, "height": 1098})
    (PICTURES / "readers.png").write_bytes(shot(page))


def digest_address(page: Page) -> str:
    """Return the newest mail in the outbox that carries several articles."""
    while True:
        mails = page.locator(".mail-list li a").filter(has_text=SEVERAL)
        if mails.count():
            return str(mails.first.evaluate("link => link.href"))
        page.get_by_role("link", name="Older").click()


def take_overview(browser: Browser, owner_link: str) -> None:
    """Show what staff see first."""
    page = new_page(browser, width=1280, height=1000)
    page.goto(owner_link)
    page.get_by_label("Name").fill("Ada Sample")
    page.get_by_label("Address").fill("owner@example.org")
    page.get_by_label("Password").fill("nine quiet rivers run")
    page.get_by_role("button", name="Create the account").click()
    page.wait_for_url("**/admin/")
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": 1280, "height": height})
    (PICTURES / "overview.png").write_bytes(shot(page))


def new_page(browser: Browser, *, width: int, height: int) -> Page:
    """Open a page in the light palette, without motion."""
    return browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce"
    )


def shot(page: Page) -> bytes:
    """Photograph what the window shows, once pictures and charts stand still."""
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(1500)
    return page.screenshot()


if __name__ == "__main__":
    main()
