"""Read one record of an imported file as a reader, or say why it is none."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from newsletter.database import id_set_text
from newsletter.publications.check import (
    UnusableDetail,
    checked_language,
    checked_time_zone,
    read_hour,
)
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.schedule import hours_of
from newsletter.publications.topics import topic_slug
from newsletter.subscriptions.import_addresses import read_address
from newsletter.subscriptions.import_columns import Column, Columns
from newsletter.subscriptions.import_lines import Record, Refusal, UnusableCell
from newsletter.subscriptions.import_moments import read_moment, read_pause
from newsletter.subscriptions.import_plan import ImportPlan
from newsletter.subscriptions.import_share import WHOLE, Share
from newsletter.subscriptions.signup import UnusableAddress
from newsletter.suppressions.suppress import address_hasher

#: What other services call readers who get mail, and those who have not confirmed.
_ACTIVE = ("", "confirmed", "subscribed", "enabled", "active")
_WAITING = ("pending", "unconfirmed", "inactive")
_LONGEST_NAME = 200
#: Different texts of one column whose meaning is kept, since most lines repeat it.
_KEPT_TEXTS = 10_000
_MINUTES = len("2021-03-31 00:00")


class FileReader(NamedTuple):
    """One reader as the file tells of her, in the words of the database; moments are in UTC.

    A tuple, so that it goes to the database as it is: very many of them do.
    """

    line: int
    email_key: str  # what makes two spellings of an address one reader
    email: str
    address_hash: str
    name: str
    cadence: str
    topics: str
    language: str
    signed_up_at: str | None
    confirmed_at: str | None
    evidence: str
    send_at: str | None = None  # the hour of her own, on the clock of the time zone beside it
    time_zone: str | None = None
    paused_until: str | None = None


class RecordReader:
    """Reads the records of one file for one publication."""

    def __init__(
        self,
        *,
        columns: Columns,
        publication: Publication,
        plan: ImportPlan,
        now: datetime,
        share: Share = WHOLE,
    ) -> None:
        self._columns = columns
        self._share = share
        self._name = publication.name
        self._topics = {topic.slug: topic.id for topic in publication.offered_topics}
        self._cadence = (plan.cadence or publication.default_cadence).value
        self._language = publication.language
        self._confirmed = plan.confirmed
        self._evidence = plan.evidence.strip()
        self._now = now.astimezone(UTC).replace(tzinfo=None)
        self._hashed = address_hasher()
        kept = lru_cache(_KEPT_TEXTS)
        self._check_state = kept(self._checked_state)
        self._read_cadence = kept(self._cadence_named)
        self._read_topics = kept(self._topics_named)
        self._read_language = kept(self._language_named)
        self._read_hours = kept(self._hours_named)
        self._hours = hours_of(publication)

    def read_all(self, records: Iterable[Record | Refusal]) -> Iterator[FileReader | Refusal]:
        """Read the records that are of our share."""
        share, columns = self._share, self._columns
        for record in records:
            if isinstance(record, Refusal):
                if share.has_unreadable:
                    yield record
            elif share is WHOLE or share.has(columns.cell(record, Column.EMAIL)):
                yield self.read(record)

    def read(self, record: Record) -> FileReader | Refusal:
        """Return the reader of a record, or the first reason why there is none."""
        line, _ = record
        cells = self._columns.cells(record)
        try:
            return self._reader(line, *cells)
        except UnusableAddress:
            return Refusal(line, cells[0][:320], "not an address that can receive mail")
        except (UnusableCell, UnusableDetail) as error:
            return Refusal(line, cells[0][:320], str(error))

    def _reader(
        self,
        line: int,
        email: str,
        name: str,
        first_name: str,
        last_name: str,
        cadence: str,
        topics: str,
        language: str,
        signed_up: str,
        confirmed: str,
        state: str,
        hour: str,
        time_zone: str,
        paused_until: str,
    ) -> FileReader:
        """Read the cells, which come in the order of `Column`."""
        self._check_state(state)
        address = read_address(email)
        send_at, zone = self._read_hours(hour, time_zone)
        return FileReader(
            line,
            address.casefold(),
            address,
            self._hashed(address),
            _full_name(name, first_name, last_name),
            self._read_cadence(cadence),
            self._read_topics(topics),
            self._read_language(language),
            signed_up_at := read_moment(signed_up, latest=self._now) if signed_up else None,
            confirmed_at := read_moment(confirmed, latest=self._now) if confirmed else None,
            self._told(signed_up_at, confirmed_at),
            send_at,
            zone,
            read_pause(paused_until, now=self._now) if paused_until else None,
        )

    def _checked_state(self, text: str) -> None:
        state = text.casefold()
        if state in _ACTIVE or (state in _WAITING and not self._confirmed):
            return
        if state in _WAITING:
            raise UnusableCell(f"the file says {state}, so there is no confirmation to take over")
        raise UnusableCell(f"the file says {state}")

    def _cadence_named(self, text: str) -> str:
        if not text:
            return self._cadence
        try:
            return Cadence(text.casefold()).value
        except ValueError:
            choices = ", ".join(Cadence)
            raise UnusableCell(f"the cadence {text!r} is none of {choices}") from None

    def _topics_named(self, text: str) -> str:
        """Read slugs or names, divided by semicolons; all of them is the same as none."""
        chosen = set()
        for name in filter(None, (part.strip() for part in text.split(";"))):
            topic = self._topics.get(name) or self._topics.get(topic_slug(name))
            if topic is None:
                raise UnusableCell(f"{self._name} offers no topic {name!r}")
            chosen.add(topic)
        return "" if chosen == set(self._topics.values()) else id_set_text(chosen)

    def _language_named(self, text: str) -> str:
        return checked_language(text.replace("_", "-")) if text else self._language

    def _hours_named(self, hour: str, time_zone: str) -> tuple[str, str] | tuple[None, None]:
        """Read an hour and a zone; for the one that is missing the publication's counts."""
        if not (hour or time_zone):
            return None, None
        zone = checked_time_zone(time_zone) if time_zone else self._hours.time_zone
        send_at = read_hour(hour) if hour else self._hours.send_at
        return send_at.isoformat("microseconds"), zone

    def _told(self, signed_up_at: str | None, confirmed_at: str | None) -> str:
        """Return the evidence that is kept with the reader's consent."""
        told = self._evidence
        if signed_up_at:
            told += f" Signed up {signed_up_at[:_MINUTES]} UTC."
        if confirmed_at:
            told += f" Confirmed {confirmed_at[:_MINUTES]} UTC."
        return told.lstrip()


def _full_name(*parts: str) -> str:
    name = " ".join(" ".join(parts).split())
    if not name.isprintable():
        name = "".join(sign for sign in name if sign.isprintable())
    return name[:_LONGEST_NAME]
