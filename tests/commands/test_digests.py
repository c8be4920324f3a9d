"""Operators compose, steer and watch digests by command."""

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from newsletter.clock import utc_now
from newsletter.commands import digests_status
from newsletter.deliveries.fan_out import fan_out
from newsletter.deliveries.models import Batch
from newsletter.deliveries.progress import progress
from newsletter.deliveries.send import send_batch
from newsletter.digests.models import Digest, DigestState
from newsletter.digests.publish import freeze
from newsletter.extensions import db
from newsletter.mail.mailer import RecordingMailer
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.commands.conftest import Run
from tests.factories import Make


@pytest.fixture
def publication(make: Make) -> Publication:
    """A daily publication with one article that two readers wait for."""
    publication = make.publication(slug="news", default_cadence=Cadence.DAILY)
    for email in ("a@example.org", "b@example.org"):
        make.subscription(publication=publication, email=email)
    make.article(publication=publication, title="The river", found_at=utc_now())
    return publication


def compose(run: Run) -> int:
    number = json.loads(run("digests", "compose", "news", "--json").stdout)["id"]
    assert isinstance(number, int)
    return number


def start_sending(digest_id: int) -> None:
    """Do what a worker does first."""
    with unit_of_work():
        freeze(digest_id=digest_id, now=utc_now())
    fan_out(digest_id=digest_id, now=utc_now())


def state(digest_id: int) -> DigestState:
    db.session.rollback()
    return db.session.get_one(Digest, digest_id).state


def test_composing_says_what_would_go_to_how_many(run: Run, publication: Publication) -> None:
    result = run("digests", "compose", "news")
    assert result.exit_code == 0
    assert "daily, for 2 readers" in result.output
    assert "The river" in result.output
    assert "flask digests send" in result.output


def test_composing_nothing_leaves_no_draft(run: Run, make: Make) -> None:
    publication = make.publication(slug="quiet")
    result = run("digests", "compose", "quiet")
    assert result.exit_code == 1
    assert "There is nothing to send" in result.output
    assert json.loads(run("digests", "list", "--publication", "quiet", "--json").stdout) == []
    assert publication.slug == "quiet"


def test_a_draft_that_is_sent_waits_for_the_workers(run: Run, publication: Publication) -> None:
    digest_id = compose(run)
    assert run("digests", "send", str(digest_id)).exit_code == 0
    assert state(digest_id) is DigestState.SCHEDULED
    again = run("digests", "send", str(digest_id))
    assert again.exit_code == 1
    assert "cannot become scheduled" in again.output


def test_a_digest_is_paused_resumed_and_cancelled(run: Run, publication: Publication) -> None:
    digest_id = compose(run)
    run("digests", "send", str(digest_id))
    start_sending(digest_id)
    assert run("digests", "pause", str(digest_id)).exit_code == 0
    assert "paused" in run("digests", "status", str(digest_id)).output
    assert run("digests", "resume", str(digest_id)).exit_code == 0
    result = run("digests", "cancel", str(digest_id), "--reason", "a slip in the title")
    assert "2 readers will not get it" in result.output
    assert state(digest_id) is DigestState.CANCELLED
    assert "a slip in the title" in run("digests", "status", str(digest_id)).output


def test_status_says_why_a_digest_paused_itself_and_foretells_no_end(
    run: Run, publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest_id = compose(run)
    run("digests", "send", str(digest_id))
    start_sending(digest_id)
    standing = progress(db.session.get_one(Digest, digest_id), now=utc_now())
    moving = replace(standing, seconds_left=60.0, rate_per_second=1.0)
    monkeypatch.setattr(digests_status._look, "__kwdefaults__", {"count": lambda *_, **__: moving})
    assert "left      about 60 seconds" in run("digests", "status", str(digest_id)).output
    run("digests", "pause", str(digest_id))
    with unit_of_work() as session:
        session.get_one(Digest, digest_id).reason = "It paused itself: 10 of 71 mails came back."
    told = run("digests", "status", str(digest_id)).output
    assert "paused (It paused itself: 10 of 71 mails came back.)" in told
    assert "left" not in told
    assert "a second" not in told


def test_status_tells_the_truth_of_the_rows(run: Run, publication: Publication) -> None:
    digest_id = compose(run)
    run("digests", "send", str(digest_id))
    start_sending(digest_id)
    told = json.loads(run("digests", "status", str(digest_id), "--json").stdout)
    assert (told["state"], told["candidates"], told["queued"]) == ("sending", 2, 2)
    assert (told["sent"], told["done"]) == (0, False)


def test_watching_ends_when_the_digest_is_sent(
    run: Run, publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest_id = compose(run)
    run("digests", "send", str(digest_id))
    start_sending(digest_id)

    def a_worker_sends(_seconds: float) -> None:
        for batch_id in list(db.session.scalars(sa.select(Batch.id))):
            send_batch(batch_id=batch_id, mailer=RecordingMailer(), clock=utc_now)

    monkeypatch.setattr(digests_status.time, "sleep", a_worker_sends)
    result = run("digests", "status", str(digest_id), "--watch")
    assert result.exit_code == 0
    assert "0 of 2 sent, 2 wait" in result.stderr
    assert "state     sent" in result.stdout


def test_digests_at_own_hours_are_listed_when_asked_for(
    run: Run, make: Make, publication: Publication
) -> None:
    make.digest(publication=publication, at_own_hours=True)
    listing = ("digests", "list", "--publication", "news", "--json")
    assert json.loads(run(*listing).stdout) == []
    (told,) = json.loads(run(*listing, "--own-hours").stdout)
    assert told["at_own_hours"] is True


def test_an_unknown_digest_is_refused_in_a_sentence(run: Run) -> None:
    for words in (("status", "7"), ("send", "7"), ("pause", "7"), ("cancel", "7")):
        result = run("digests", *words)
        assert result.exit_code == 1
        assert "There is no digest 7." in result.output


def test_an_unknown_publication_is_refused_in_a_sentence(run: Run) -> None:
    assert "There is no publication called nowhere." in run("digests", "compose", "nowhere").output
