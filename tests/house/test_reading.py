"""No state changes on GET or HEAD, ever, however often a mail scanner follows a link."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from newsletter.articles.fetch_pictures import store_made
from newsletter.articles.picture_folder import keep
from newsletter.articles.picture_making import make_picture
from newsletter.clock import utc_now
from newsletter.config import settings
from newsletter.digests.models import CountedLink, Digest, DigestArticle, DigestState, Treatment
from newsletter.publications.models import Cadence, Publication
from newsletter.staff.invitations import invite
from newsletter.staff.models import StaffRole
from newsletter.subscriptions import links, short_links
from newsletter.subscriptions.models import (
    AddressChange,
    AddressChangeState,
    Subscription,
    SubscriptionState,
)
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import Audience
from tests.articles.bitmaps import jpeg
from tests.factories import NOW, Make
from tests.house.addresses import READING, rules_for
from tests.house.contents import contents
from tests.web.admin.conftest import Browser, make_staff

TIMES = 50  # each by GET and by HEAD


@pytest.fixture
def gaps(app: Flask, make: Make) -> dict[str, Any]:
    """Something real behind every public address."""
    publication = make.publication()
    topic = make.topic(publication=publication)
    article = make.article(publication=publication, topics=[topic])
    waiting = make.subscription(
        publication=publication, state=SubscriptionState.PENDING, confirmed_at=None
    )
    digest = stored_digest(publication, article.id)
    with unit_of_work() as session:
        link = CountedLink(digest_id=digest.id, token="a" * 26, url="https://paper.example.org/")
        session.add(link)
        made = make_picture(jpeg())
        store_made(url="https://paper.example.org/a.jpg", made=made, now=NOW)
        invitation = invite(role=StaffRole.EDITOR, now=utc_now())
    return {
        "static:filename": "css/site.css",
        "archive.show_digest:slug": digest.slug,
        "archive.show_article:slug": article.slug,
        "topics": topic.slug,
        "share": {
            "articles": article.slug,
            "digests": digest.slug,
            "publications": publication.slug,
        },
        "publication": publication.slug,
        "picture": keep(made, folder=settings.picture_folder),
        "r": link.token,
        "admin": invitation.rsplit("/", 1)[1],
        **tokens_of(waiting),
        **short_tokens(make, publication),
    }


def stored_digest(publication: Publication, article_id: int) -> Digest:
    """Store a digest that was sent."""
    digest = Digest(
        publication_id=publication.id,
        cadence=Cadence.DAILY,
        slot=NOW,
        slug="a-sent-digest",
        state=DigestState.SENT,
        title="A sent digest",
        position_from=0,
        position_upto=1,
        created_at=NOW,
        published_at=NOW,
        fanned_out_at=NOW,
        finished_at=NOW,
    )
    digest.articles = [
        DigestArticle(
            article_id=article_id, place=1, treatment=Treatment.FULL, title="One", excerpt="Text."
        )
    ]
    with unit_of_work() as session:
        session.add(digest)
    return digest


def tokens_of(subscription: Subscription) -> dict[str, str]:
    """Return a genuine token for each kind of link, by the first part of its path."""
    hour_ago = utc_now() - timedelta(hours=1)
    urls = {
        "confirm": links.confirm_url(subscription=subscription, now=hour_ago),
        "unsubscribe": links.unsubscribe_url(subscription_id=subscription.id),
        "preferences": links.preferences_url(subscription_id=subscription.id),
        "open": links.link_writer().open_url(delivery_id=1),
    }
    return {purpose: url.rsplit("/", 1)[1] for purpose, url in urls.items()}


def short_tokens(make: Make, publication: Publication) -> dict[str, str]:
    """Return the same of links that work for a short time, each with what it would change."""
    reader, moved = (make.subscription(publication=publication) for _ in range(2))
    gone = make.subscription(publication=publication, state=SubscriptionState.UNSUBSCRIBED)
    hour_ago = utc_now() - timedelta(hours=1)
    here, there = reader.subscriber.email, "elsewhere@example.net"
    make.sign(subscription=reader, asked_at=hour_ago)
    former = make.former_choices(subscription=reader, sent_at=hour_ago)
    with unit_of_work() as session:
        asked = AddressChange(
            subscription_id=reader.id, old_email=here, new_email=there, asked_at=hour_ago
        )
        done = AddressChange(
            subscription_id=moved.id,
            old_email="before@example.net",
            new_email=moved.subscriber.email,
            asked_at=hour_ago,
            changed_at=hour_ago,
            state=AddressChangeState.DONE,
        )
        session.add_all([asked, done])
    urls = {
        "undo": short_links.undo_url(subscription=gone, now=utc_now()),
        "keep": links.keep_url(subscription=reader),
        "my-data": short_links.my_data_url(subscription=reader, now=utc_now()),
        "new-address": short_links.new_address_url(change=asked),
        "old-address": short_links.old_address_url(change=done),
        "former-choices": short_links.former_choices_url(letter_id=former.letter_id, now=utc_now()),
    }
    return {purpose: url.rsplit("/", 1)[1] for purpose, url in urls.items()}


def address(rule: Any, path: str, gaps: dict[str, Any]) -> str:
    """Put something real into the gaps of `rule`."""
    area = rule.rule.split("/")[1]
    if "token" in rule.arguments:
        return path.replace("some", gaps[area])
    if area == "topics":
        return path.replace("some", gaps["topics"])
    if area == "share":
        return path.replace("some", gaps["share"][rule.rule.split("/")[2]], 1)
    if area == "archive":
        return path.replace("some", gaps["archive.show_digest:slug"])
    if area == "articles":
        return path.replace("some", gaps["archive.show_article:slug"])
    if area == "pictures":
        return path.replace("some", gaps["picture"])
    if rule.endpoint == "static":
        return path.replace("some", gaps["static:filename"])
    return path.replace("some", gaps["publication"])


@pytest.mark.parametrize("audience", [Audience.PUBLIC, Audience.TOKEN_HOLDER])
def test_following_public_links_a_hundred_times_changes_nothing(
    app: Flask, client: FlaskClient, gaps: dict[str, Any], audience: Audience
) -> None:
    before = contents()
    shown = 0
    for rule, path, methods in rules_for(app, audience):
        for method in sorted(READING & set(methods)):
            here = address(rule, path, gaps)
            if rule.endpoint in ("health.ready", "hubs.confirm"):
                continue  # 503 while no worker runs; 404 unless a hub asks back, see test_hubs
            statuses = {client.open(here, method=method).status_code for _ in range(TIMES)}
            assert statuses <= {200, 302}, f"{method} {here}: {statuses}"
            shown += 1
            assert contents() == before, f"{method} {here}"
    assert shown >= 6


def test_looking_at_every_staff_page_changes_nothing(app: Flask, gaps: dict[str, Any]) -> None:
    browser = Browser(app)
    make_staff()
    assert browser.sign_in("owner@example.org").status_code == 302
    before = contents()
    for audience in (Audience.STAFF, Audience.DEVELOPMENT, Audience.PUBLIC):
        for rule, path, methods in rules_for(app, audience):
            for method in sorted(READING & set(methods)):
                if rule.endpoint == "health.ready":
                    continue
                answer = browser.client.open(address(rule, path, gaps), method=method)
                assert answer.status_code < 500, f"{method} {path}"
                assert contents() == before, f"{method} {path}"
