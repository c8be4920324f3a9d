"""Every page, light and dark, wide and narrow: axe finds nothing, and nothing scrolls sideways."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Route

from tests.journeys.conftest import Browse
from tests.journeys.judging import judge

pytestmark = pytest.mark.journey
#: Pages that anybody may open, or whoever has the link.
READER_PAGES = {
    "signup": "/",
    "signup of a publication": "/p/{publication}",
    "signup in Ukrainian": "/?lang=uk",
    "box": "/embed/{publication}",
    "box in colours": "/embed/{publication}?paper=101418&accent=7AA7D2&cadence=1&topics=1",
    "archive": "/archive/",
    "archive of a cadence": "/archive/?cadence=weekly",
    "archived digest": "/archive/{digest_slug}",
    "archived article": "/articles/{article_slug}",
    "topics": "/topics/",
    "topic": "/topics/{topic}",
    "topic to its end": "/topics/{topic}?page=99",
    "search": "/search",
    "search found": "/search?q=week",
    "search found nothing": "/search?q=nothing+of+the+kind",
    "article missing": "/articles/nowhere",
    "archived digest missing": "/archive/nowhere",
    "topic missing": "/topics/nowhere",
    "confirm": "/confirm/{confirm_pending}",
    "confirm again": "/confirm/{confirm_confirmed}",
    "confirm outdated": "/confirm/{confirm_gone}",
    "confirm expired": "/confirm/{expired}",
    "link leads nowhere": "/confirm/nowhere",
    "unsubscribe": "/unsubscribe/{unsubscribe_confirmed}",
    "unsubscribe again": "/unsubscribe/{unsubscribe_gone}",
    "preferences": "/preferences/{preferences_confirmed}",
    "preferences in Ukrainian": "/preferences/{preferences_confirmed}?lang=uk",
    "preferences of nobody": "/preferences/{preferences_pending}",
    "preferences of one who left": "/preferences/{preferences_gone}",
    "keep": "/keep/{keep}",
    "keep after leaving": "/keep/{keep_gone}",
    "undo": "/undo/{undo}",
    "undo expired": "/undo/{undo_expired}",
    "my data": "/my-data/{my_data}",
    "my data erase": "/my-data/{my_data}/erase",
    "new address": "/new-address/{new_address}",
    "old address": "/old-address/{old_address}",
    "former choices": "/former-choices/{former_choices}",
    "not found": "/nowhere",
    "outbox": "/dev/outbox",
    "outbox mail": "/dev/outbox/{mail}",
    "outbox text": "/dev/outbox/{mail}?tab=text",
    "outbox headers": "/dev/outbox/{mail}?tab=headers",
    "sample site": "/dev/site/",
    "sample site article": "/dev/site/{article_slug}",
    "sign in": "/admin/sign-in",
    "welcome": "/admin/welcome/{invitation}",
    "welcome closed": "/admin/welcome/nowhere",
}
STAFF_PAGES = {
    "overview": "/admin/",
    "digests": "/admin/digests",
    "digests none": "/admin/digests?state=scheduled",
    "digest draft": "/admin/digests/{draft}",
    "digest edit": "/admin/digests/{draft}/edit",
    "digest sent": "/admin/digests/{digest}",
    "digest cancelled": "/admin/digests/{cancelled}?empty=1",
    "digest preview": "/admin/digests/{draft}/preview",
    "digest preview phone": "/admin/digests/{digest}/preview?view=phone",
    "digest preview text": "/admin/digests/{digest}/preview?view=text",
    "digest deliveries": "/admin/digests/{digest}/deliveries",
    "articles": "/admin/articles",
    "articles none": "/admin/articles?search=nothing+of+the+kind",
    "articles of an alarm": "/admin/articles?state=held&alarm={alarm}",
    "article": "/admin/articles/{article}",
    "article edited": "/admin/articles/{edited}",
    "article correction": "/admin/articles/{edited}/correction",
    "article held": "/admin/articles/{held}",
    "articles written": "/admin/articles/written",
    "article new": "/admin/articles/written/new",
    "article draft": "/admin/articles/written/{manuscript}",
    "feeds": "/admin/articles/feeds",
    "feed": "/admin/articles/feeds/{feed}",
    "feed add": "/admin/articles/feeds/add",
    "readers": "/admin/readers",
    "readers none": "/admin/readers?address=nobody",
    "reader confirmed": "/admin/readers/{confirmed}",
    "reader pending": "/admin/readers/{pending}",
    "reader unsubscribed": "/admin/readers/{gone}",
    "deliverability": "/admin/deliverability",
    "suppressions": "/admin/deliverability/suppressions",
    "suppressions none": "/admin/deliverability/suppressions?address=nobody",
    "reader evidence": "/admin/readers/{confirmed}/evidence",
    "readers reasons": "/admin/readers/reasons",
    "readers silent": "/admin/readers/silent",
    "settings": "/admin/settings",
    "settings topics": "/admin/settings/topics",
    "settings signup": "/admin/settings/signup",
    "settings box": "/admin/settings/box",
    "settings box frame": "/admin/settings/box?kind=frame&own_colours=1&paper=%23101418&topics=1",
    "settings domain": "/admin/settings/domain",
    "settings staff": "/admin/settings/staff",
    "account": "/admin/account",
    "staff not found": "/admin/articles/999999",
}
#: Documents that stand in frames: mails, and an article as cleaned.
FRAMED_DOCUMENTS = {
    "mail of a digest": "/dev/outbox/{mail}/html",
    "mail of a confirmation": "/dev/outbox/{letter}/html",
    "preview mail": "/admin/digests/{draft}/preview/mail",
    "preview mail dark": "/admin/digests/{draft}/preview/mail?view=dark",
    "draft mail": "/admin/digests/{draft}/edit/mail",
    "draft mail dark": "/admin/digests/{draft}/edit/mail?view=dark",
    "draft mail text": "/admin/digests/{draft}/edit/mail?view=text",
    "article text": "/admin/articles/{article}/content",
    "box preview": "/admin/settings/box/preview",
}
#: Answers that are no pages: parts of one, feeds, style sheets, pictures, health, detours.
NOT_PAGES = {
    "admin.articles_feed_live",
    "admin.articles_feeds_live",
    "admin.digest_edit_locked",
    "admin.digest_edit_preflight",
    "admin.digest_progress",
    "admin.digests_live",
    "admin.overview_now",
    "api.description",
    "api.publications",
    "atom.feed",
    "atom.topic_feed",
    "box.colours",
    "box.script",
    "clicks.follow",
    "crawlers.robots",
    "crawlers.sitemap",
    "health.alive",
    "health.ready",
    "sample.feed",
    "sample.site_feed",
    "share.article",
    "share.digest",
    "share.publication",
    "signup.back_to_the_form",
    "static",
    "hubs.confirm",
    "my_data.download",
    "opens.picture",
    "pictures.picture",
    "theme.style_sheet",
}


@pytest.mark.parametrize("name", READER_PAGES)
def test_a_page_for_readers_is_sound(browse: Browse, places: Mapping[str, Any], name: str) -> None:
    page = browse()
    page.goto(READER_PAGES[name].format_map(places))
    judge(page, f"reader {name}")


@pytest.mark.parametrize("name", STAFF_PAGES)
def test_a_page_for_staff_is_sound(
    browse: Browse, owner_state: Any, places: Mapping[str, Any], name: str
) -> None:
    page = browse(state=owner_state)
    page.goto(STAFF_PAGES[name].format_map(places))
    judge(page, f"staff {name}")


@pytest.mark.parametrize("name", FRAMED_DOCUMENTS)
def test_a_document_for_a_frame_is_sound(
    browse: Browse, owner_state: Any, places: Mapping[str, Any], name: str
) -> None:
    """Its policy would keep axe from running, and is the only thing taken from it."""

    def without_policy(route: Route) -> None:
        answer = route.fetch()
        headers = {key: value for key, value in answer.headers.items() if "policy" not in key}
        route.fulfill(response=answer, headers=headers)

    page = browse(state=owner_state)
    address = FRAMED_DOCUMENTS[name].format_map(places)
    page.route(f"**{address}", without_policy)
    page.goto(address)
    judge(page, name)


def test_every_page_is_judged(app: Flask) -> None:
    """A page that nobody has listed here would be judged by nobody."""
    listed = [*READER_PAGES.values(), *STAFF_PAGES.values(), *FRAMED_DOCUMENTS.values()]
    router = app.url_map.bind("127.0.0.1")
    judged = set()
    for address in listed:
        path = re.sub(r"\{\w+\}", "1", address).partition("?")[0]
        if router.test(path, "GET"):
            judged.add(router.match(path, "GET")[0])
    readable = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in rule.methods}
    assert readable - judged == NOT_PAGES
