"""Evidence of consent on paper, and why readers left."""

import re

import pytest

from newsletter.clock import utc_now
from newsletter.publications.change import change_publication
from newsletter.publications.models import Publication
from newsletter.subscriptions import consent
from newsletter.subscriptions.erase import find_subscriber
from newsletter.subscriptions.leave_reason_models import LeaveReason, LeaveReasonCount
from newsletter.subscriptions.models import ConsentStep, Source, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.subscriptions.asking import ask
from tests.subscriptions.post import deliver_post
from tests.web.admin.conftest import Browser


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(name="The Harbour", from_email="quay@example.org")


def test_the_evidence_shows_the_words_of_then_when_others_are_shown_now(
    viewer: Browser, make: Make, paper: Publication
) -> None:
    ask(paper, "ann@example.org")
    with unit_of_work() as session:
        renamed = session.merge(paper)
        change_publication(publication=renamed, typed={"name": "The Quay"})
    ask(reload(paper), "ben@example.org")
    pages = {}
    for email in ("ann@example.org", "ben@example.org"):
        found = find_subscriber(email=email)
        assert found is not None
        (row,) = found.subscriptions
        pages[email] = viewer.get(f"/admin/readers/{row.id}/evidence").text
    ann, ben = pages.values()
    assert "I ask to be sent The Harbour by email" in ann
    assert "I ask to be sent The Quay by email" not in ann
    assert "I ask to be sent The Quay by email" in ben
    assert "wording 1 (en" in ann
    assert "wording 2 (en" in ben


def test_the_evidence_names_the_mail_that_asked_for_confirmation(
    viewer: Browser, make: Make, paper: Publication
) -> None:
    ask(paper, "ann@example.org")
    deliver_post(now=NOW)
    found = find_subscriber(email="ann@example.org")
    assert found is not None
    page = viewer.get(f"/admin/readers/{found.subscriptions[0].id}/evidence").text
    assert "confirmation sent" in page
    assert "@example.org&gt;: 250" in page, "Message-ID and the relay's reply"
    assert "2026-03-02 09:00:00" in page
    assert re.search(r"confirmation sent</td>\s*<td[^>]*>mail</td>", page)


def test_who_has_not_confirmed_has_given_no_legal_basis(
    viewer: Browser, make: Make, paper: Publication
) -> None:
    row = make.subscription(publication=paper, state=SubscriptionState.PENDING)
    for page in (f"/admin/readers/{row.id}", f"/admin/readers/{row.id}/evidence"):
        text = viewer.get(page).text
        assert "none yet: not confirmed" in text
        assert "double opt in" not in text


@pytest.mark.parametrize("source", [Source.FOREIGN_FORM, Source.JSON])
def test_the_evidence_does_not_claim_that_another_page_showed_our_words(
    viewer: Browser, make: Make, paper: Publication, source: Source
) -> None:
    row = make.subscription(publication=paper, state=SubscriptionState.CONFIRMED)
    with unit_of_work() as session:
        hers = session.merge(row)
        wording = consent.current_wording(hers.publication, language="en", now=NOW)
        for step, door in (
            (ConsentStep.SIGNED_UP, source),
            (ConsentStep.CONFIRMED, Source.MAIL_LINK),
        ):
            consent.record(
                subscription=hers,
                step=step,
                request=consent.RequestEvidence(door),
                now=NOW,
                wording=wording,
            )
    page = viewer.get(f"/admin/readers/{row.id}/evidence").text
    assert page.count("in words not known here; ours were then wording 1 (en") == 1
    assert page.count("agreed to wording 1 (en") == 1
    assert "double opt in" in page


def test_the_evidence_of_another_publication_does_not_exist_here(
    viewer: Browser, make: Make
) -> None:
    other = make.subscription()
    viewer.get("/admin/readers?publication=" + reload(other).publication.slug)
    viewer.get("/admin/readers?publication=nowhere")
    mine = make.subscription(state=SubscriptionState.CONFIRMED)
    assert viewer.get(f"/admin/readers/{mine.id}/evidence").status_code == 404


def test_reasons_for_leaving_are_shown_as_counts(viewer: Browser, paper: Publication) -> None:
    assert "Nobody has said why" in viewer.get("/admin/readers/reasons").text
    with unit_of_work() as session:
        day = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
        for reason, readers in ((LeaveReason.OTHER, 1), (LeaveReason.TOO_MANY, 3)):
            session.add(
                LeaveReasonCount(publication_id=paper.id, day=day, reason=reason, readers=readers)
            )
    page = viewer.get("/admin/readers/reasons").text
    assert page.index("Too many mails") < page.index("Another reason")
    assert "75 %" in page


def test_the_same_words_are_one_wording(paper: Publication) -> None:
    with unit_of_work():
        first = consent.current_wording(paper, language="en", now=NOW)
        assert consent.current_wording(paper, language="en", now=NOW) is first
    assert (first.version, first.publication_id) == (1, paper.id)
