"""The whole service, started once as an operator would, and browsers to visit it with."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from subprocess import TimeoutExpired
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.conftest import BROWSERS
from tests.journeys.places import edit_and_hold, inside, mails_of, rows_of
from tests.journeys.publisher import Publisher
from tests.journeys.watching import Watch
from tests.standalone.service import Service

#: No name is looked up, so that a page can reach nothing but this machine.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]

OWNER = {"name": "Olga Owner", "email": "olga@example.org", "password": "quiet harbour seven"}

#: Others may keep the processors busy.
PATIENCE_SECONDS = 20


class Browse(Protocol):
    """Opens a page in a context of its own."""

    def __call__(self, *, scripts: bool = True, state: Any = None, **options: Any) -> Page: ...


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Everything that `make run` starts, in a fresh folder, with the sample publication."""
    started = Service(tmp_path_factory.mktemp("service"), LOG_LEVEL="WARNING")
    try:
        started.wait_ready()
        yield started
    finally:
        with suppress(TimeoutExpired):
            started.stop()
        started.process.kill()


@pytest.fixture(scope="package")
def address(service: Service) -> str:
    """Where the service answers."""
    return f"http://127.0.0.1:{service.port}"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine; closed before other tests use an event loop."""
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        yield opened
        opened.close()


@pytest.fixture
def browse(browser: Browser, address: str) -> Iterator[Browse]:
    """`browse()` opens a page; at the end no page may have complained or called elsewhere."""
    watched: list[tuple[BrowserContext, Watch]] = []

    def opened(*, scripts: bool = True, state: Any = None, **options: Any) -> Page:
        context = browser.new_context(
            base_url=address,
            java_script_enabled=scripts,
            storage_state=state,
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        watched.append((context, Watch(context, own=address)))
        return context.new_page()

    yield opened
    problems = [problem for _, watch in watched for problem in watch.problems]
    for context, _ in watched:
        context.close()
    assert problems == []


@pytest.fixture(scope="package")
def owner_state(browser: Browser, service: Service, address: str) -> Any:
    """The session of the owner, who came by the link that the service printed."""
    link = re.search(rf"{address}/admin/welcome/\S+", service.output)
    assert link, service.output
    context = browser.new_context()
    page = context.new_page()
    page.goto(link[0])
    for label, value in zip(("Name", "Address", "Password"), OWNER.values(), strict=True):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    state = context.storage_state()
    page.goto(link[0])
    expect(page.get_by_role("button", name="Create the account")).to_have_count(0)
    context.close()
    return state


@pytest.fixture(scope="package")
def publisher() -> Iterator[Publisher]:
    """A site with two articles that were there before anybody connected its feed."""
    site = Publisher()
    site.publish("Old rope, well kept", "Europe", ago=timedelta(days=9))
    site.publish("A crane is repainted", "Trade", ago=timedelta(days=4))
    yield site
    site.close()


@pytest.fixture(scope="package")
def places(service: Service, browser: Browser, address: str, owner_state: Any) -> Mapping[str, Any]:
    """What stands in the gaps of addresses, after the owner made what the sample lacks."""
    context = browser.new_context(base_url=address, storage_state=owner_state)
    page = context.new_page()
    page.goto("/admin/digests")
    page.get_by_role("button", name="Compose a digest now").click()
    page.get_by_role("radio", name="Weekly").check()
    page.get_by_role("button", name="Make a draft").click()
    page.goto("/admin/articles?search=hotlines")
    page.get_by_role("link", name=re.compile("Hotlines fail")).click()
    page.get_by_role("button", name="Hold").click()
    dialog = page.get_by_role("dialog", name="Hold this article?")
    dialog.get_by_label("Why").fill("A figure is being checked")
    dialog.get_by_role("button", name="Hold").click()
    page.goto("/admin/settings/staff")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("textbox", name="Link").input_value()
    context.close()
    edit_and_hold(service)
    rows = rows_of(service)
    tokens = inside(service).tokens(rows)
    return rows | tokens | mails_of(service) | {"invitation": link.rpartition("/")[2]}
