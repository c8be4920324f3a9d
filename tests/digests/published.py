"""A digest by hand, published up to its fan-out."""

from newsletter.deliveries.fan_out import fan_out
from newsletter.digests.models import Digest
from newsletter.digests.publish import freeze
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.publications.models import Cadence, Publication
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW


def publish(home: Publication) -> Digest:
    with unit_of_work():
        digest = draft_by_hand(publication_id=home.id, cadence=Cadence.DAILY, now=NOW)
    with unit_of_work():
        send_now(digest=digest)
    with unit_of_work():
        freeze(digest_id=digest.id, now=NOW)
    fan_out(digest_id=digest.id, now=NOW)
    return digest
