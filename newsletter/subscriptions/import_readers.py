"""Read one record of an imported file as a reader, or say why it is none."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from newsletter.errors import PermanentError
from newsletter.publications.check import UnusableDetail, checked_language
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.topics import topic_slug
from newsletter.subscriptions.import_addresses import read_address
from newsletter.subscriptions.import_columns import Columns
from newsletter.subscriptions.import_lines import Record, Refusal
from newsletter.subscriptions.signup import UnusableAddress

#: What other services call readers who get mail, and those who have not confirmed.
_ACTIVE = ("", "confirmed", "subscribed", "enabled", "active")
_WAITING = ("pending", "unconfirmed", "inactive")
_DATE_FORMS = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S")
_LONGEST_NAME = 200
#: Different texts of one column whose meaning is kept, since most lines repeat it.
_KEPT_TEXTS = 10_000


class UnusableCell(PermanentError):
    """A cell that cannot be read; the text says why."""


class FileReader(NamedTuple):
    """One reader as the file tells of her; `key` makes two spellings of an address one reader."""

    line: int
    email: str
    key: str
    name: str
    cadence: Cadence
    topics: frozenset[int]
    language: str
    signed_up_at: datetime | None
    confirmed_at: datetime | None


class RecordReader:
    """Reads the records of one file for one publication."""

    def __init__(
        self,
        *,
        columns: Columns,
        publication: Publication,
        cadence: Cadence | None,
        confirmed: bool,
        now: datetime,
    ) -> None:
        self._columns = columns
        self._name = publication.name
        self._topics = {topic.slug: topic.id for topic in publication.offered_topics}
        self._cadence = cadence or publication.default_cadence
        self._language = publication.language
        self._confirmed = confirmed
        self._now = now
        kept = lru_cache(_KEPT_TEXTS)
        self._check_state = kept(self._checked_state)
        self._read_cadence = kept(self._cadence_named)
        self._read_topics = kept(self._topics_named)
        self._read_language = kept(self._language_named)

    def read(self, record: Record) -> FileReader | Refusal:
        """Return the reader of a record, or the first reason why there is none."""
        (
            email,
            name,
            first_name,
            last_name,
            cadence,
            topics,
            language,
            signed_up,
            confirmed,
            state,
        ) = self._columns.cells(record)
        try:
            self._check_state(state)
            address = read_address(email)
            return FileReader(
                record.line,
                address,
                address.casefold(),
                _full_name(name, first_name, last_name),
                self._read_cadence(cadence),
                self._read_topics(topics),
                self._read_language(language),
                self._read_moment(signed_up) if signed_up else None,
                self._read_moment(confirmed) if confirmed else None,
            )
        except UnusableAddress:
            return Refusal(record.line, email[:320], "not an address that can receive mail")
        except (UnusableCell, UnusableDetail) as error:
            return Refusal(record.line, email[:320], str(error))

    def _checked_state(self, text: str) -> None:
        state = text.casefold()
        if state in _ACTIVE or (state in _WAITING and not self._confirmed):
            return
        if state in _WAITING:
            raise UnusableCell(f"the file says {state}, so there is no confirmation to take over")
        raise UnusableCell(f"the file says {state}")

    def _cadence_named(self, text: str) -> Cadence:
        if not text:
            return self._cadence
        try:
            return Cadence(text.casefold())
        except ValueError:
            choices = ", ".join(Cadence)
            raise UnusableCell(f"the cadence {text!r} is none of {choices}") from None

    def _topics_named(self, text: str) -> frozenset[int]:
        """Read slugs or names, divided by semicolons; all of them is the same as none."""
        chosen = set()
        for name in filter(None, (part.strip() for part in text.split(";"))):
            topic = self._topics.get(name) or self._topics.get(topic_slug(name))
            if topic is None:
                raise UnusableCell(f"{self._name} offers no topic {name!r}")
            chosen.add(topic)
        return frozenset() if chosen == set(self._topics.values()) else frozenset(chosen)

    def _language_named(self, text: str) -> str:
        return checked_language(text.replace("_", "-")) if text else self._language

    def _read_moment(self, text: str) -> datetime:
        moment = _moment(text)
        if moment is None:
            raise UnusableCell(f"the date {text!r} cannot be read: expected such as 2021-03-31")
        if moment > self._now:
            raise UnusableCell(f"the date {text!r} lies in the future")
        return moment


def _full_name(*parts: str) -> str:
    name = " ".join(" ".join(parts).split())
    if not name.isprintable():
        name = "".join(sign for sign in name if sign.isprintable())
    return name[:_LONGEST_NAME]


def _moment(text: str) -> datetime | None:
    """Return the moment that a cell names; without a time zone it is UTC."""
    moment = None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        for form in _DATE_FORMS:
            try:
                moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is set below
                break
            except ValueError:
                continue
    if moment is None or moment.year < 1990:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
