"""The readers' pages."""

import csv
import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from newsletter.extensions import db
from newsletter.publications.models import Cadence, Publication
from newsletter.staff.models import AuditEvent, StaffRole
from newsletter.subscriptions.consent import history
from newsletter.subscriptions.models import (
    ConsentStep,
    Letter,
    Source,
    SubscriptionState,
)
from newsletter.suppressions.models import SuppressionReason
from newsletter.suppressions.suppress import suppression_of
from tests.factories import Make, reload
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import add_evening_reader

Enter = Callable[..., Browser]


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(name="The Harbour", slug="harbour")


def actions() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))


def test_an_empty_list_says_what_to_do_next(editor: Browser) -> None:
    page = editor.get("/admin/readers").text
    assert "No readers yet" in page
    assert "each confirms for herself" in page


def test_the_filter_stands_in_the_address(editor: Browser, make: Make, paper: Publication) -> None:
    make.subscription(publication=paper, email="anna@example.org")
    make.subscription(publication=paper, email="ben@example.org", state=SubscriptionState.PENDING)
    page = editor.get("/admin/readers?state=pending&cadence=daily&address=b").text
    assert "ben@<wbr>example.org" in page
    assert "anna@<wbr>example.org" not in page
    assert '<option value="pending" selected>' in page


def test_a_filter_that_finds_nobody_offers_the_way_back(editor: Browser) -> None:
    assert "Nobody matches" in editor.get("/admin/readers?address=zzz").text


def test_a_filter_that_does_not_exist_counts_as_none(
    editor: Browser, make: Make, paper: Publication
) -> None:
    make.subscription(publication=paper, email="anna@example.org")
    answer = editor.get("/admin/readers?state=%27;--&cadence=hourly&after=xx&order=id;drop")
    assert answer.status_code == 200
    assert "anna@<wbr>example.org" in answer.text


def test_the_next_page_begins_after_the_last_reader(
    editor: Browser, make: Make, paper: Publication
) -> None:
    first = make.subscription(publication=paper, email="first@example.org")
    for _ in range(50):
        make.subscription(publication=paper)
    page = editor.get("/admin/readers").text
    assert "51 readers" in page
    assert "first@<wbr>example.org" not in page
    second = editor.get(f"/admin/readers?after={first.id + 1}").text
    assert "first@<wbr>example.org" in second


def test_markup_in_a_name_is_text(editor: Browser, make: Make, paper: Publication) -> None:
    reader = make.subscriber(name="<script>alert(1)</script>{{7*7}}")
    subscription = make.subscription(publication=paper, subscriber=reader)
    for path in ("/admin/readers", f"/admin/readers/{subscription.id}"):
        page = editor.get(path).text
        assert "<script>alert" not in page
        assert "{{7*7}}" in page


def test_a_reader_of_another_publication_does_not_exist_here(editor: Browser, make: Make) -> None:
    other = make.subscription(publication=make.publication(slug="other"))
    assert editor.get(f"/admin/readers/{other.id}").status_code == 404
    for act in ("unsubscribe", "suppress", "confirmation", "preferences"):
        assert editor.post(f"/admin/readers/{other.id}/{act}").status_code == 404
    assert editor.get(f"/admin/readers/{other.id}?publication=other").status_code == 200


def test_staff_can_end_a_subscription_and_the_history_says_so(
    editor: Browser, make: Make, paper: Publication
) -> None:
    subscription = make.subscription(publication=paper)
    path = f"/admin/readers/{subscription.id}"
    assert editor.post(f"{path}/unsubscribe").location == path
    assert reload(subscription).state is SubscriptionState.UNSUBSCRIBED
    step = history(subscription_id=subscription.id)[-1]
    assert (step.step, step.source) == (ConsentStep.UNSUBSCRIBED, Source.STAFF)
    assert step.ip_address == ""
    assert "reader_unsubscribed" in actions()
    assert "This subscription has ended." in editor.get(path).text


def test_an_address_is_suppressed_with_the_note(
    editor: Browser, make: Make, paper: Publication
) -> None:
    subscription = make.subscription(publication=paper, email="anna@example.org")
    path = f"/admin/readers/{subscription.id}"
    editor.post(f"{path}/suppress", {"note": "Asked by telephone"})
    suppression = suppression_of(address="anna@example.org")
    assert suppression is not None
    assert suppression.reason is SuppressionReason.MANUAL
    assert suppression.note == "Asked by telephone"
    page = editor.get(path).text
    assert "Asked by telephone" in page
    assert "/suppress" not in page


def test_a_pending_reader_gets_one_more_confirmation_and_not_two(
    editor: Browser, make: Make, paper: Publication
) -> None:
    subscription = make.subscription(publication=paper, state=SubscriptionState.PENDING)
    path = f"/admin/readers/{subscription.id}"
    for words in ("A new confirmation is on its way.", "had its share of letters"):
        editor.post(f"{path}/confirmation")
        assert words in editor.get(path).text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 1


def test_staff_can_change_cadence_and_topics(
    editor: Browser, make: Make, paper: Publication
) -> None:
    topic = make.topic(publication=paper, name="Europe")
    make.topic(publication=paper, name="Asia")
    subscription = make.subscription(publication=paper)
    path = f"/admin/readers/{subscription.id}"
    editor.post(f"{path}/preferences", {"cadence": "monthly", "topics": ["europe"]})
    changed = reload(subscription)
    assert (changed.cadence, changed.topics) == (Cadence.MONTHLY, frozenset({topic.id}))
    editor.post(f"{path}/preferences", {"cadence": "monthly", "topics": ["not-offered"]})
    assert reload(subscription).topics == frozenset({topic.id})


def test_a_reader_with_an_hour_of_her_own_is_shown_with_it(
    editor: Browser, make: Make, paper: Publication
) -> None:
    plain, own = make.subscription(publication=paper), add_evening_reader(make, paper)
    assert "08:00, UTC (the publication&#39;s)" in editor.get(f"/admin/readers/{plain.id}").text
    assert "18:00, Tokyo time (her own)" in editor.get(f"/admin/readers/{own.id}").text


def test_a_viewer_sees_readers_and_no_buttons(
    make: Make, paper: Publication, staff_room: Enter
) -> None:
    subscription = make.subscription(publication=paper)
    page = staff_room(StaffRole.VIEWER).get(f"/admin/readers/{subscription.id}").text
    assert "/unsubscribe" not in page
    assert "/preferences" not in page


def test_the_export_holds_the_filtered_readers(
    editor: Browser, make: Make, paper: Publication
) -> None:
    topic = make.topic(publication=paper, name="Europe")
    make.subscription(publication=paper, email="anna@example.org", topics=frozenset({topic.id}))
    make.subscription(publication=paper, email="ben@example.org", state=SubscriptionState.PENDING)
    answer = editor.post("/admin/readers/export", {"state": "confirmed"})
    assert answer.mimetype == "text/csv"
    assert "harbour-readers-" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["email"], row["topics"]) for row in rows] == [("anna@example.org", "Europe")]
    assert "readers_exported" in actions()


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_the_export_runs_no_formula(
    editor: Browser, make: Make, paper: Publication, sign: str
) -> None:
    reader = make.subscriber(name=f"{sign}cmd()")
    make.subscription(publication=paper, subscriber=reader)
    text = editor.post("/admin/readers/export").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert rows[0]["name"] == f"'{sign}cmd()"
