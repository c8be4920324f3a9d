"""Staff see how often links were opened, labelled for what it is; few mails are not told."""

from collections.abc import Callable

import pytest

from newsletter.deliveries.models import Batch, Delivery, DeliveryState
from newsletter.digests.models import CountedLink, Digest
from newsletter.publications.models import Publication
from newsletter.staff.models import StaffRole
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make, reload
from tests.web.admin.conftest import Browser


@pytest.fixture
def owner(make: Make, staff_room: Callable[..., Browser]) -> Browser:
    make.publication(slug="harbour")
    return staff_room(StaffRole.OWNER)


def digest_sent_to(make: Make, home: Publication, readers: int) -> Digest:
    article = make.article(publication=home, title="A <crane>")
    digest = make.digest(publication=home, articles=[article], candidates=readers)
    subscriptions = [make.subscription(publication=home) for _ in range(readers)]
    with unit_of_work() as session:
        batch = Batch(digest_id=digest.id, size=readers, next_attempt_at=NOW)
        session.add(batch)
        session.flush()
        session.add_all(
            Delivery(
                digest_id=digest.id,
                subscription_id=one.id,
                batch_id=batch.id,
                state=DeliveryState.SENT,
            )
            for one in subscriptions
        )
        session.add_all(
            CountedLink(
                digest_id=digest.id, token=letter * 26, url=url, clicks=clicks, machine_clicks=12
            )
            for letter, url, clicks in (("a", article.link, 41), ("b", "https://e.example/", 1))
        )
    return digest


def test_clicks_are_shown_by_link_without_what_looks_like_scanners(
    owner: Browser, make: Make
) -> None:
    home = owner_home(owner)
    digest = digest_sent_to(make, home, readers=10)
    page = " ".join(owner.get(f"/admin/digests/{digest.id}").text.split())
    assert "42 clicks</strong>, without 24 that look like mail scanners" in page
    assert "A &lt;crane&gt;" in page
    assert "https://e.example/" in page


def test_clicks_of_a_digest_with_few_mails_are_not_told(owner: Browser, make: Make) -> None:
    digest = digest_sent_to(make, owner_home(owner), readers=9)
    page = owner.get(f"/admin/digests/{digest.id}").text
    assert "would tell who read what" in page
    assert "41" not in page.partition("would tell")[2].partition("Facts")[0]


def test_a_digest_without_counted_links_says_nothing_of_clicks(owner: Browser, make: Make) -> None:
    digest = make.digest(publication=owner_home(owner))
    assert "Clicks" not in owner.get(f"/admin/digests/{digest.id}").text


def test_counting_is_off_until_an_owner_turns_it_on(owner: Browser) -> None:
    home = owner_home(owner)
    assert home.counts_clicks is False
    assert owner.post("/admin/settings", {"counts_clicks": "on"}).status_code == 302
    assert reload(home).counts_clicks is True
    assert owner.post("/admin/settings", {"counts_clicks": "perhaps"}).status_code == 400
    assert owner.post("/admin/settings", {"counts_clicks": "off"}).status_code == 302
    assert reload(home).counts_clicks is False


def owner_home(_: Browser) -> Publication:
    from newsletter.publications.find import publication_by_slug

    home = publication_by_slug("harbour")
    assert home is not None
    return home
