"""Read one record of an imported file as a reader, or say why it is none."""

from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.errors import PermanentError
from newsletter.publications.check import UnusableDetail, checked_language
from newsletter.publications.models import Cadence, Publication
from newsletter.publications.topics import topic_slug
from newsletter.subscriptions.import_columns import Column, Columns
from newsletter.subscriptions.import_lines import Record, Refusal
from newsletter.subscriptions.signup import UnusableAddress, usable_address

#: What other services call readers who get mail, and those who have not confirmed.
_ACTIVE = ("", "confirmed", "subscribed", "enabled", "active")
_WAITING = ("pending", "unconfirmed", "inactive")
_DATE_FORMS = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S")
_LONGEST_NAME = 200


class UnusableCell(PermanentError):
    """A cell that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReader:
    """One reader as the file tells of her."""

    line: int
    email: str
    name: str
    cadence: Cadence
    topics: frozenset[int]
    language: str
    signed_up_at: datetime | None
    confirmed_at: datetime | None

    @property
    def key(self) -> str:
        """What makes two spellings of an address one reader."""
        return self.email.casefold()


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

    def read(self, record: Record) -> FileReader | Refusal:
        """Return the reader of a record, or the first reason why there is none."""
        try:
            self._check_state(self._cell(record, Column.STATE))
            return FileReader(
                line=record.line,
                email=usable_address(self._cell(record, Column.EMAIL)),
                name=self._full_name(record),
                cadence=self._read_cadence(self._cell(record, Column.CADENCE)),
                topics=self._read_topics(self._cell(record, Column.TOPICS)),
                language=self._read_language(self._cell(record, Column.LANGUAGE)),
                signed_up_at=self._read_moment(self._cell(record, Column.SIGNED_UP)),
                confirmed_at=self._read_moment(self._cell(record, Column.CONFIRMED)),
            )
        except UnusableAddress:
            return self._refusal(record, "not an address that can receive mail")
        except (UnusableCell, UnusableDetail) as error:
            return self._refusal(record, str(error))

    def _cell(self, record: Record, column: Column) -> str:
        return self._columns.cell(record, column)

    def _refusal(self, record: Record, reason: str) -> Refusal:
        return Refusal(record.line, self._cell(record, Column.EMAIL)[:320], reason)

    def _full_name(self, record: Record) -> str:
        parts = (Column.NAME, Column.FIRST_NAME, Column.LAST_NAME)
        words = " ".join(self._cell(record, part) for part in parts).split()
        return "".join(sign for sign in " ".join(words) if sign.isprintable())[:_LONGEST_NAME]

    def _check_state(self, text: str) -> None:
        state = text.casefold()
        if state in _ACTIVE or (state in _WAITING and not self._confirmed):
            return
        if state in _WAITING:
            raise UnusableCell(f"the file says {state}, so there is no confirmation to take over")
        raise UnusableCell(f"the file says {state}")

    def _read_cadence(self, text: str) -> Cadence:
        if not text:
            return self._cadence
        try:
            return Cadence(text.casefold())
        except ValueError:
            choices = ", ".join(Cadence)
            raise UnusableCell(f"the cadence {text!r} is none of {choices}") from None

    def _read_topics(self, text: str) -> frozenset[int]:
        """Read slugs or names, divided by semicolons; all of them is the same as none."""
        chosen = set()
        for name in filter(None, (part.strip() for part in text.split(";"))):
            topic = self._topics.get(name) or self._topics.get(topic_slug(name))
            if topic is None:
                raise UnusableCell(f"{self._name} offers no topic {name!r}")
            chosen.add(topic)
        return frozenset() if chosen == set(self._topics.values()) else frozenset(chosen)

    def _read_language(self, text: str) -> str:
        return checked_language(text.replace("_", "-")) if text else self._language

    def _read_moment(self, text: str) -> datetime | None:
        if not text:
            return None
        moment = _moment(text)
        if moment is None:
            raise UnusableCell(f"the date {text!r} cannot be read: expected such as 2021-03-31")
        if moment > self._now:
            raise UnusableCell(f"the date {text!r} lies in the future")
        return moment


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
