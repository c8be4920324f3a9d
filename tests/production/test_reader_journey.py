"""From signup to goodbye on PostgreSQL, Redis, Postfix and the three documented processes."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.journeys.publisher import Publisher
from tests.production import readers
from tests.production.installation import PATIENCE_SECONDS, Installation
from tests.production.postfix import Postfix
from tests.standalone.service import wait_until

pytestmark = pytest.mark.production

LEAVES, STAYS = "leaves@readers.example.net", "stays@readers.example.net"

#: The scheduler looks for due feeds once a minute.
BEAT_SECONDS = 60.0


@pytest.fixture
def site() -> Iterator[Publisher]:
    """A WordPress-like site with articles from before anybody connected its feed."""
    published = Publisher()
    published.publish("Old rope, well kept", "Trade", ago=timedelta(days=9))
    published.publish("A crane is repainted", "Europe", ago=timedelta(days=4))
    yield published
    published.close()


def sent_mails(relay: Postfix, reader: str) -> int:
    """Count the mails that the relay took for a reader, all of which it must have handled."""
    handled = relay.handled(reader)
    assert {(one.status, one.reason) for one in handled} <= {("sent", "readers.example.net")}
    return len(handled)


def wait_for_mails(relay: Postfix, reader: str, count: int) -> None:
    wait_until(
        lambda: sent_mails(relay, reader) >= count, PATIENCE_SECONDS, f"mail {count} to {reader}"
    )


def wait_for_digest(installation: Installation, number: int) -> int:
    """Return the id of the n-th digest once it is sent."""

    def states() -> list[str]:
        return [state for _, state in readers.digests(installation, "harbour")]

    wait_until(
        lambda: states()[number - 1 : number] == ["sent"],
        BEAT_SECONDS + PATIENCE_SECONDS,
        f"digest {number}: {installation.logs}",
    )
    return readers.digests(installation, "harbour")[number - 1][0]


def test_a_reader_signs_up_gets_what_is_new_and_leaves(
    installation: Installation, relay: Postfix, site: Publisher
) -> None:
    installation.flask(
        *("publications", "create", "harbour", "--name", "The Harbour Review"),
        *("--from", "The Harbour Review <news@harbour.example.org>", "--site-url", site.site),
        *("--cadence", "instant", "--hour", "8", "--timezone", "Europe/Brussels"),
    )
    installation.flask(
        *("staff", "create", "owner@example.org", "--role", "owner"),
        typed="quiet harbour seven\nquiet harbour seven\n",
    )
    (owner,) = installation.flask_json("staff", "list")
    assert (owner["email"], owner["role"]) == ("owner@example.org", "owner")
    connected = installation.flask_json("feeds", "add", "harbour", f"{site.site}/")
    assert (connected["url"], connected["count"]) == (f"{site.site}/feed/", 2)

    for reader in (LEAVES, STAYS):
        readers.sign_up(installation, reader, publication="harbour")
        wait_for_mails(relay, reader, 1)
        assert readers.state_of(installation, reader) == "pending"
        readers.confirm(installation, reader)
        assert readers.state_of(installation, reader) == "confirmed"
        wait_for_mails(relay, reader, 2)  # she is welcomed

    site.publish("The ferry leaves on time", "Europe")
    (polled,) = installation.flask_json("feeds", "poll", "--publication", "harbour")
    assert (polled["new"], polled["error"]) == (1, "")
    first = wait_for_digest(installation, 1)
    for reader in (LEAVES, STAYS):
        wait_for_mails(relay, reader, 3)
        state, reply = readers.outcomes(installation, first)[reader]
        assert (state, reply[:9]) == ("sent", "250 2.0.0")
    told = installation.flask_json("digests", "status", str(first))
    assert (told["state"], told["sent"], told["candidates"]) == ("sent", 2, 2)
    assert (told["failed"], told["deferred"], told["in_doubt"]) == (0, 0, 0)

    for _ in range(2):  # a mail program may ask again
        assert readers.unsubscribe_by_one_click(installation, LEAVES) == (200, "Unsubscribed.\n")
    assert readers.state_of(installation, LEAVES) == "unsubscribed"

    site.publish("A lighthouse is measured twice", "Trade")
    readers.let_feeds_fall_due(installation)  # the scheduler alone asks for it
    second = wait_for_digest(installation, 2)
    wait_for_mails(relay, STAYS, 4)
    assert set(readers.outcomes(installation, second)) == {STAYS}
    assert (sent_mails(relay, LEAVES), sent_mails(relay, STAYS)) == (3, 4)

    assert "readers.example.net" not in installation.logs, "no address in a log"
    assert not re.search(r"/(confirm|unsubscribe)/\w", installation.logs), "no token in a log"


def test_the_doctor_finds_every_server(installation: Installation, relay: Postfix) -> None:
    findings = {one["part"]: one for one in installation.flask_json("doctor")}
    assert {one["level"] for one in findings.values()} <= {"ok", "warn"}, findings
    assert findings["mail"]["level"] == "ok"
    assert f"127.0.0.1:{relay.port}" in findings["mail"]["found"]
