"""Readers who choose hours, and the digests that start at them."""

from datetime import datetime, time, timedelta

import pytest

from newsletter.digests.models import Digest
from newsletter.digests.start import start_due
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import Hours
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.hours import choose_hours
from newsletter.subscriptions.models import Source, Subscription
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW, Make

REQUEST = RequestEvidence(Source.MAIL_LINK)
EVENING = Hours(time(18), "UTC")
DAY = timedelta(days=1)
LONG_AGO = NOW - timedelta(days=10)


def choose(reader: Subscription, hours: Hours | None, now: datetime = LONG_AGO) -> None:
    with unit_of_work():
        choose_hours(subscription=reader, hours=hours, request=REQUEST, now=now)


def start(home: Publication, now: datetime, cadence: Cadence = Cadence.DAILY) -> list[Digest]:
    with unit_of_work():
        started = start_due(publication_id=home.id, now=now)
    return [one for one in started if one.cadence is cadence]


@pytest.fixture
def home(make: Make) -> Publication:
    """It sends at 08:00 UTC and has done so today."""
    home = make.publication(created_at=NOW - timedelta(days=40))
    start(home, NOW)
    return home
