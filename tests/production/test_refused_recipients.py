"""A relay that refuses one reader and puts another off: the others get their digest."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.publisher import Publisher
from tests.production import readers
from tests.production.installation import PATIENCE_SECONDS, Installation
from tests.production.postfix import Postfix
from tests.standalone.service import wait_until

pytestmark = pytest.mark.production

NAMES = ("anna", "gone", "full", "zoe")
DOMAIN = "choosy.example.net"


@pytest.fixture
def site() -> Iterator[Publisher]:
    published = Publisher()
    published.publish("Old rope, well kept", "Trade")
    yield published
    published.close()


@pytest.fixture
def choosy(relay: Postfix) -> Iterator[Postfix]:
    """The relay, while it knows of two bad mailboxes."""
    relay.refuse(gone="550 5.1.1 No such user here", full="450 4.2.0 Mailbox full")
    yield relay
    relay.refuse()


def bring_in_readers(installation: Installation, folder: Path) -> None:
    """Import readers as an operator who moves in would."""
    file = folder / "readers.csv"
    file.write_text("email\n" + "".join(f"{name}@{DOMAIN}\n" for name in NAMES))
    evidence = ("--confirmed", "--evidence", "Double opt-in at the old service.")
    told = installation.flask_json(
        "subscribers", "import", str(file), "--publication", "choosy", *evidence
    )
    assert (told["added"], told["refused"]) == (len(NAMES), 0)


def wait_for_states(installation: Installation, **expected: str) -> dict[str, str]:
    """Return the relay's words by reader, once the first digest stands as expected."""

    def outcomes() -> dict[str, tuple[str, str]]:
        started = readers.digests(installation, "choosy")
        return readers.outcomes(installation, started[0][0]) if started else {}

    wanted = {f"{name}@{DOMAIN}": state for name, state in expected.items()}
    wait_until(
        lambda: {reader: state for reader, (state, _) in outcomes().items()} == wanted,
        PATIENCE_SECONDS,
        f"{expected}, {outcomes()}",
    )
    return {reader.partition("@")[0]: reply for reader, (_, reply) in outcomes().items()}


def test_a_refused_reader_fails_a_deferred_one_waits_and_the_others_get_it(
    installation: Installation, choosy: Postfix, site: Publisher, tmp_path: Path
) -> None:
    installation.flask(
        *("publications", "create", "choosy", "--name", "The Choosy Review"),
        *("--from", "news@choosy.example.org", "--site-url", site.site, "--cadence", "instant"),
    )
    installation.flask("feeds", "add", "choosy", f"{site.site}/feed/")
    bring_in_readers(installation, tmp_path)
    site.publish("The ferry leaves on time", "Europe")
    readers.poll_soon(installation)

    replies = wait_for_states(installation, anna="sent", gone="failed", full="deferred", zoe="sent")
    assert replies["gone"].startswith("550 5.1.1 ")
    assert replies["gone"].endswith("No such user here")
    assert replies["full"].startswith("450 4.2.0 ")
    ((digest_id, state),) = readers.digests(installation, "choosy")
    assert state == "sending", "not over while somebody waits"
    told = installation.flask_json("digests", "status", str(digest_id))
    counts = {name: told[name] for name in ("sent", "failed", "deferred", "queued")}
    assert counts == {"sent": 2, "failed": 1, "deferred": 1, "queued": 0}

    choosy.refuse(gone="550 5.1.1 No such user here")  # the other mailbox has room again
    readers.let_retries_fall_due(installation)
    replies = wait_for_states(installation, anna="sent", gone="failed", full="sent", zoe="sent")
    assert replies["full"].startswith("250 2.0.0 ")
    wait_until(
        lambda: readers.digests(installation, "choosy") == [(digest_id, "sent")],
        PATIENCE_SECONDS,
        "the digest is over",
    )
    arrived = {name: len(choosy.handled(f"{name}@{DOMAIN}")) for name in NAMES}
    assert arrived == {"anna": 1, "gone": 0, "full": 1, "zoe": 1}, "nobody twice"
