"""Counted links: alike for every reader, only for real addresses, and nothing while off."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from newsletter.deliveries.content import compile_variant
from newsletter.digests.counted_links import LinkBook, find_link, may_lead_to, store_links
from newsletter.digests.models import CountedLink, Digest, Variant
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work
from tests.digests.published import publish
from tests.factories import Make

OURS = re.compile(r"http://localhost/r/([a-z2-7]{26})")


def stored(digest: Digest) -> dict[str, str]:
    rows = db.session.execute(
        sa.select(CountedLink.token, CountedLink.url).where(CountedLink.digest_id == digest.id)
    )
    return {token: url for token, url in rows}


@pytest.fixture
def counting(make: Make) -> Publication:
    home = make.publication(counts_clicks=True)
    europe, trade = (make.topic(publication=home, name=name) for name in ("Europe", "Trade"))
    for number, topic in enumerate((europe, trade, europe)):
        make.article(
            publication=home,
            topics=[topic],
            content_html=f'<p>See <a href="https://else.example.org/?a={number}&amp;b=1">this</a> '
            '<a href="https://evil.example\\@x.example.org/">odd</a></p>',
        )
    make.subscription(publication=home)
    make.subscription(publication=home, topics=frozenset([trade.id]))
    make.subscription(publication=home, language="de")
    return home


def test_the_links_of_every_variant_lead_by_way_of_us_alike(counting: Publication) -> None:
    digest = publish(counting)
    links = stored(digest)
    variants = db.session.scalars(sa.select(Variant)).all()
    assert len(variants) == 3
    for variant in variants:
        in_html, in_text = set(OURS.findall(variant.html)), set(OURS.findall(variant.text))
        assert in_html == in_text
        assert in_html <= links.keys()
        assert "Links in this mail lead by way of us" in " ".join(variant.html.split())
        hrefs = re.findall(r'<a\b[^>]*href="(http[^"]*)"', variant.html)
        strays = {href for href in hrefs if not OURS.fullmatch(href)}
        assert all("\\" in href for href in strays), strays
        compile_variant(variant)
    assert len(set(links.values())) == len(links)
    assert f"http://localhost/archive/{digest.slug}" in links.values()
    assert all(may_lead_to(url) for url in links.values())


def test_personal_links_are_never_counted(counting: Publication) -> None:
    digest = publish(counting)
    for variant in db.session.scalars(sa.select(Variant)):
        assert f"zz{variant.nonce}unsubscribeurlzz" in variant.html
        assert f"zz{variant.nonce}preferencesurlzz" in variant.text
    assert not [url for url in stored(digest).values() if "zz" in url]


def test_nothing_leads_by_way_of_us_while_counting_is_off(make: Make) -> None:
    home = make.publication()
    article = make.article(publication=home)
    make.subscription(publication=home)
    digest = publish(home)
    variant = db.session.scalars(sa.select(Variant)).one()
    assert "/r/" not in variant.html + variant.text
    assert article.link in variant.html
    assert "lead by way of us" not in variant.text
    assert stored(digest) == {}


def test_a_token_is_of_one_digest_and_one_address(app: Flask, make: Make) -> None:
    page = '<p><a class="x" href="https://a.example.org/?x=1&amp;y=2">A</a></p>'
    one, again, other = (LinkBook(number) for number in (1, 1, 2))
    assert one.in_html(page) == again.in_html(page) != other.in_html(page)
    ((token, url),) = one.used_in(one.in_html(page))
    assert url == "https://a.example.org/?x=1&y=2"
    assert one.in_text(f"{url}\n[1] {url}\nhttps://b.example.org/") == (
        f"http://localhost/r/{token}\n[1] http://localhost/r/{token}\nhttps://b.example.org/"
    )


def test_storing_twice_keeps_the_one_and_its_counts(make: Make) -> None:
    digest = make.digest(publication=make.publication())
    for _ in range(2):
        with unit_of_work():
            store_links(digest=digest, links={("a" * 26, "https://a.example.org/")})
            db.session.execute(sa.update(CountedLink).values(clicks=CountedLink.clicks + 1))
    assert db.session.scalars(sa.select(CountedLink.clicks)).one() == 2
    found = find_link("a" * 26)
    assert found
    assert (found.url, found.is_counted) == ("https://a.example.org/", False)
    assert find_link("b" * 26) is None


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "//evil.example",
        "https:///nowhere",
        "https://evil.example\\@good.example",
        "https://good.example/\r\nSet-Cookie: a=b",
        "https://good.example/ x",
        "data:text/html,x",
        "https://[broken",
    ],
)
def test_what_is_no_plain_web_address_is_never_led_to(url: str) -> None:
    assert not may_lead_to(url)


def test_a_counted_mail_keeps_to_its_budget(counting: Publication, make: Make) -> None:
    long: dict[str, Any] = {
        "content_html": "<p>"
        + " ".join(f'<a href="http://e.example/{n}">w</a>' for n in range(900))
        + "</p>"
    }
    make.article(publication=counting, **long)
    publish(counting)
    for variant in db.session.scalars(sa.select(Variant)):
        assert len(variant.html.encode()) <= 95_000
