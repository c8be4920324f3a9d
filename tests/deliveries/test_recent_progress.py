"""Progress for those who follow a digest: counted rarely where counting is costly."""

from types import SimpleNamespace

import pytest

from newsletter.clock import utc_now
from newsletter.deliveries import recent_progress as module
from newsletter.deliveries.control import pause_digest
from newsletter.deliveries.progress import Progress, progress
from newsletter.deliveries.recent_progress import recent_progress
from newsletter.digests.models import Digest
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.conftest import Publish
from tests.factories import Make, reload
from tests.mail.relays import Clock


@pytest.fixture
def digest(make: Make, publish: Publish) -> Digest:
    home = make.publication()
    make.article(publication=home)
    make.subscription(publication=home)
    return publish(home, now=utc_now())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What this room takes for the time."""
    clock = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock))
    return clock


@pytest.fixture
def counts(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let a count take half a second; keep when each was made."""
    made: list[float] = []

    def slow(digest: Digest, **given: object) -> Progress:
        made.append(clock())
        clock.now += 0.5
        return progress(digest, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "progress", slow)
    return made


def test_a_costly_count_is_made_for_everybody_at_once(digest: Digest, counts: list[float]) -> None:
    shown = [recent_progress(digest, now=utc_now()).queued for _ in range(20)]
    assert shown == [1] * 20
    assert len(counts) == 1


def test_it_is_made_again_after_ten_times_as_long(
    digest: Digest, counts: list[float], clock: Clock
) -> None:
    begun = clock()
    for _ in range(100):
        recent_progress(digest, now=utc_now())
        clock.now += 0.1
    assert [made - begun for made in counts] == pytest.approx([0.0, 5.5], abs=0.11)


def test_a_change_of_the_digest_shows_at_once(digest: Digest, counts: list[float]) -> None:
    recent_progress(digest, now=utc_now())
    with unit_of_work():
        pause_digest(digest=digest, now=utc_now())
    recent_progress(reload(digest), now=utc_now())
    assert len(counts) == 2


def test_a_quick_count_is_made_each_time(
    digest: Digest, counts: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUICK_SECONDS", 60)
    for _ in range(3):
        recent_progress(digest, now=utc_now())
    assert len(counts) == 3
