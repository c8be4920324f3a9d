"""A digest of whose readers one in twenty is unknown to the relay (a Postfix): they fail alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.publisher import Publisher
from tests.production import readers
from tests.production.installation import PATIENCE_SECONDS, Installation
from tests.production.postfix import Postfix
from tests.standalone.service import wait_until

pytestmark = pytest.mark.production

READERS = 1_000
#: Half of the unknown lie in a row, as the readers of a company that closed do: Postfix hangs up
#: on whoever makes 20 errors without a mail in between.
UNKNOWN = [*range(300, 300 + READERS // 40), *range(READERS // 2, READERS, 20)]
REPLY = "550 5.1.1 No such user here"


def name_of(number: int) -> str:
    return f"reader{number}"


@pytest.fixture
def site() -> Iterator[Publisher]:
    published = Publisher()
    published.publish("Old rope, well kept", "Trade")
    yield published
    published.close()


@pytest.fixture
def knowing(relay: Postfix) -> Iterator[Postfix]:
    """The relay, while it does not know one reader in twenty."""
    relay.refuse(**dict.fromkeys(map(name_of, UNKNOWN), REPLY))
    yield relay
    relay.refuse()


def test_unknown_recipients_fail_with_code_and_text_and_cause_no_storm_of_connections(
    installation: Installation, knowing: Postfix, site: Publisher, tmp_path: Path
) -> None:
    installation.flask(
        *("publications", "create", "many", "--name", "The Many"),
        *("--from", "news@many.example.org", "--site-url", site.site, "--cadence", "instant"),
    )
    installation.flask("feeds", "add", "many", f"{site.site}/feed/")
    addresses = {f"{name_of(number)}@many.example.net": number for number in range(READERS)}
    file = tmp_path / "readers.csv"
    file.write_text("email\n" + "\n".join(addresses) + "\n")
    evidence = ("--confirmed", "--evidence", "Double opt-in at the old service.")
    installation.flask("subscribers", "import", str(file), "--publication", "many", *evidence)
    before = len(knowing.log)
    site.publish("The ferry leaves on time", "Europe")
    readers.poll_soon(installation)
    wait_until(
        lambda: readers.reason_of_pause(installation, "many"), PATIENCE_SECONDS, "it paused itself"
    )
    assert "came back for good" in readers.reason_of_pause(installation, "many")
    ((digest_id, _),) = readers.digests(installation, "many")
    installation.flask("digests", "resume", str(digest_id))
    wait_until(
        lambda: readers.digests(installation, "many") == [(digest_id, "sent")],
        PATIENCE_SECONDS,
        "the digest is over",
    )
    outcomes = readers.outcomes(installation, digest_id)
    failed = {reader for reader, (state, _) in outcomes.items() if state == "failed"}
    assert failed == {reader for reader, number in addresses.items() if number in set(UNKNOWN)}
    assert {state for state, _ in outcomes.values()} == {"sent", "failed"}
    for reader in failed:
        reply = outcomes[reader][1]
        assert (reply[:9], reply.endswith("No such user here")) == (REPLY[:9], True), reply
    log = knowing.log[before:]
    assert "too many errors" not in log, "it never had to hang up on us"
    connections = len(re.findall(r"smtpd\[\d+\]: connect from", log))
    print(f"{len(failed)} of {READERS} unknown, {connections} connections")
    assert connections <= 12
