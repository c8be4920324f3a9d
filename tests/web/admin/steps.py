"""Steps that tests of the admin pages share: a queue that listens, a digest on its way."""

import re
from datetime import time, timedelta

from newsletter.clock import utc_now
from newsletter.deliveries.fan_out import fan_out
from newsletter.digests.models import Digest
from newsletter.digests.publish import freeze
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import Hours
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import choose_hours
from newsletter.subscriptions.models import Source, Subscription
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make


def draft(publication: Publication, cadence: Cadence = Cadence.DAILY) -> Digest:
    """Store a draft of what readers would get now."""
    with unit_of_work():
        return draft_by_hand(publication_id=publication.id, cadence=cadence, now=utc_now())


def sending(publication: Publication, cadence: Cadence = Cadence.DAILY) -> Digest:
    """Publish a digest up to the fan-out; nothing has been mailed yet."""
    digest = draft(publication, cadence)
    with unit_of_work():
        send_now(digest=digest)
    with unit_of_work():
        freeze(digest_id=digest.id, now=utc_now())
    fan_out(digest_id=digest.id, now=utc_now())
    return digest


def words(html: str) -> str:
    """Return the words of a page's content, spaces made one."""
    content = html.partition('class="page-wrapper"')[2] or html
    return " ".join(re.sub(r"<[^>]+>", " ", content).split())


def buttons(html: str) -> list[str]:
    """Return the addresses that the forms of a page's content post to."""
    content = html.partition('class="page-wrapper"')[2]
    return re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', content)


def add_evening_reader(make: Make, publication: Publication) -> Subscription:
    """Store a reader who gets her daily digest at 18:00 in Tokyo, since long."""
    reader: Subscription = make.subscription(publication=publication, cadence=Cadence.DAILY)
    with unit_of_work():
        choose_hours(
            subscription=reader,
            hours=Hours(time(18), "Asia/Tokyo"),
            request=RequestEvidence(Source.MAIL_LINK),
            now=utc_now() - timedelta(days=9),
        )
    return reader
