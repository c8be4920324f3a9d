"""Export: the readers that a filter finds, as lines of CSV, however many they are."""

from collections.abc import Iterator, Mapping

from newsletter.spreadsheets import csv_of
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.search import ReaderFilter, every_reader

COLUMNS = (
    "email",
    "name",
    "state",
    "cadence",
    "topics",
    "language",
    "hour",
    "time_zone",
    "paused_until",
    "legal_basis",
    "signed_up_at",
    "confirmed_at",
    "unsubscribed_at",
)


def csv_pieces(wanted: ReaderFilter, *, topic_names: Mapping[int, str]) -> Iterator[str]:
    """Yield the readers as CSV, some thousand characters at a time."""
    return csv_of(COLUMNS, (_cells(one, topic_names) for one in every_reader(wanted)))


def _cells(reader: Subscription, topic_names: Mapping[int, str]) -> list[str]:
    moments = (reader.signed_up_at, reader.confirmed_at, reader.unsubscribed_at)
    own = reader.own_hours
    return [
        reader.subscriber.email,
        reader.subscriber.name,
        reader.state.value,
        reader.cadence.value,
        "; ".join(sorted(topic_names.get(one, str(one)) for one in reader.topics)),
        reader.language,
        f"{own.send_at:%H:%M}" if own else "",
        own.time_zone if own else "",
        reader.paused_until.isoformat() if reader.paused_until else "",
        reader.legal_basis.value,
        *(moment.isoformat() if moment else "" for moment in moments),
    ]
