"""The page of silent readers: seen before anybody is asked; and the opens of a digest."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from newsletter.clock import utc_now
from newsletter.deliveries.models import Delivery, DeliveryState
from newsletter.deliveries.open_models import OpenCount
from newsletter.digests.models import Digest
from newsletter.publications.models import Publication
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make, reload
from tests.web.admin.conftest import Browser
from tests.web.admin.steps import words

Enter = Callable[..., Browser]
PATH = "/admin/readers/silent"
RULE = {"ask_after_months": "12", "ends_unanswered": "on"}


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(name="The Harbour", counts_opens=True)


@pytest.fixture
def digests(make: Make, paper: Publication) -> list[Digest]:
    now = utc_now()
    return [make.digest(publication=paper, fanned_out_at=now) for _ in range(3)]


def silent(make: Make, paper: Publication, digests: list[Digest], count: int) -> None:
    """Store readers who consented two years ago and were never seen, though mails came."""
    then = utc_now() - timedelta(days=730)
    for number in range(count):
        reader = make.subscription(publication=paper, email=f"r{number:03}@example.org")
        make.sign(subscription=reader, allowed_at=then, last_sign_on=then.date())
        with unit_of_work() as session:
            session.add_all(
                Delivery(
                    digest_id=one.id,
                    subscription_id=reader.id,
                    state=DeliveryState.SENT,
                    sent_at=utc_now(),
                )
                for one in digests
            )


def test_who_would_be_asked_is_listed_before_the_rule_is_on(
    staff_room: Enter, make: Make, paper: Publication, digests: list[Digest]
) -> None:
    silent(make, paper, digests, 2)
    make.subscription(publication=paper, email="unknown@example.org")
    page = words(staff_room(StaffRole.VIEWER).get(PATH).text)
    assert "Who would be asked" in page
    assert "2 readers allow us to notice opens" in page
    assert "r000@ example.org" in page
    assert "unknown@ example.org" not in page
    assert "2 readers" in page


def test_pages_and_search_find_every_silent_reader_once(
    staff_room: Enter, make: Make, paper: Publication, digests: list[Digest]
) -> None:
    silent(make, paper, digests, 51)
    browser = staff_room(StaffRole.VIEWER)
    first = browser.get(PATH).text
    after = first.partition("after=")[2].partition('"')[0]
    assert first.count("@<wbr>example.org</a>") == 50
    second = browser.get(f"{PATH}?months=12&after={after}").text
    assert second.count("@<wbr>example.org</a>") == 1
    assert browser.get(f"{PATH}?address=r04").text.count("@<wbr>example.org</a>") == 10
    assert "Nobody matches" in browser.get(f"{PATH}?address=zz").text
    assert "r050@<wbr>example.org" in browser.get(f"{PATH}?months=18&after=x&address=r05").text


def test_the_rule_is_saved_and_recorded_by_owners_alone(
    staff_room: Enter, paper: Publication
) -> None:
    owner = staff_room(StaffRole.OWNER)
    owner.get(PATH)
    assert owner.post(PATH, RULE).status_code == 302
    page = owner.get(PATH).text
    assert "Saved." in page
    assert "Who is asked next" in page
    row = reload(paper)
    assert (row.ask_after_months, row.ends_unanswered) == (12, True)
    assert "ask_after_months, ends_unanswered" in owner.get("/admin/settings/staff").text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ask_after_months": "1"}, "Choose one of the times."),
        ({"ask_after_months": "²"}, "Choose one of the times."),
        ({"ends_unanswered": "maybe"}, "Choose on or off."),
    ],
)
def test_a_rule_that_is_no_choice_is_refused(
    staff_room: Enter, paper: Publication, wrong: dict[str, str], said: str
) -> None:
    owner = staff_room(StaffRole.OWNER)
    owner.get(PATH)
    answer = owner.post(PATH, RULE | wrong)
    assert answer.status_code == 400
    assert said in answer.text
    assert reload(paper).ask_after_months == 0


def test_while_no_opens_are_counted_the_page_says_what_comes_first(
    staff_room: Enter, make: Make
) -> None:
    make.publication()
    page = words(staff_room(StaffRole.OWNER).get(PATH).text)
    assert "counts no opens, so nothing is known of anybody" in page


def test_counting_opens_is_a_setting_and_off_at_first(staff_room: Enter, make: Make) -> None:
    paper = make.publication()
    assert not paper.counts_opens
    owner = staff_room(StaffRole.OWNER)
    owner.get("/admin/settings")
    assert owner.post("/admin/settings", {"counts_opens": "on"}).status_code == 302
    assert reload(paper).counts_opens
    assert 'value="on" selected>Count opens' in owner.get("/admin/settings").text


def test_a_digests_opens_say_of_whom_they_are(
    staff_room: Enter, make: Make, paper: Publication, digests: list[Digest]
) -> None:
    silent(make, paper, digests, 10)
    with unit_of_work() as session:
        session.add(OpenCount(digest_id=digests[0].id, opens=7, machine_opens=3))
    page = words(staff_room(StaffRole.VIEWER).get(f"/admin/digests/{digests[0].id}").text)
    assert "7 opens of the mails of 10 readers who allow us to notice it, out of 10" in page
    assert "Not among them: 3 by programs" in page


def test_opens_of_few_readers_are_not_told(
    staff_room: Enter, make: Make, paper: Publication, digests: list[Digest]
) -> None:
    silent(make, paper, digests, 9)
    with unit_of_work() as session:
        session.add(OpenCount(digest_id=digests[0].id, opens=7, machine_opens=3))
    page = words(staff_room(StaffRole.VIEWER).get(f"/admin/digests/{digests[0].id}").text)
    assert "only 9 readers of this digest allow us" in page
    assert "7 opens" not in page
