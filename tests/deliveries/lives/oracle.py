"""The oracle: what readers must get, kept as plain sets and written without the code's cursors.

It knows nothing of positions and cursors. Each reader has a pile: the articles that were placed in
the ledger since she confirmed, and that no digest of hers has considered yet. A digest considers
the part of her pile that was placed before the digest was started; she gets what of it is open and
of her topics in that moment, and the rest of that part is knowingly left out.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.publications.models import Cadence

#: From one due moment to the next, when zone and hour change in between.
LONGEST_GAPS = {
    Cadence.DAILY: timedelta(hours=50),
    Cadence.WEEKLY: timedelta(days=9, hours=3),
    Cadence.MONTHLY: timedelta(days=33, hours=3),
}


@dataclass(frozen=True, slots=True)
class Clock:
    """The hours of a reader from a moment on; no hour: the publication's."""

    since: datetime
    hour: time | None = None
    zone: str = ""

    def is_due(self, slot: datetime, cadence: Cadence, *, weekday: int, monthday: int) -> bool:
        """Whether a moment is this hour on a day of the cadence, looked for minute by minute."""
        assert self.hour is not None
        day = slot.astimezone(ZoneInfo(self.zone)).date()
        wanted = datetime.combine(day, self.hour, ZoneInfo(self.zone)).astimezone(UTC)
        if cadence is Cadence.WEEKLY and day.weekday() != weekday:
            return False
        if cadence is Cadence.MONTHLY and day.day != monthday:
            return False
        return wanted == slot


@dataclass(slots=True)
class Piece:
    """An article: its place counts up each time it is put at the end of the ledger."""

    topics: frozenset[int]
    open: bool = True
    place: int | None = None


@dataclass(slots=True)
class Reader:
    """What she wishes at the moment, and what has become of every article for her."""

    cadence: Cadence
    topics: frozenset[int] = frozenset()
    confirmed: bool = True
    paused_until: datetime | None = None
    clocks: list[Clock] = field(default_factory=list)
    pile: set[int] = field(default_factory=set)
    got: list[int] = field(default_factory=list)
    left_out: dict[int, str] = field(default_factory=dict)
    round: int = 1

    def is_paused(self, now: datetime) -> bool:
        """Whether her pause holds."""
        return self.paused_until is not None and self.paused_until > now

    def clock_at(self, moment: datetime) -> Clock | None:
        """The hours that counted at a moment; None: she has changed them twice since."""
        counted = [one for one in self.clocks if one.since <= moment]
        return counted[-1] if counted else None


@dataclass(frozen=True, slots=True)
class Started:
    """A digest as it was started: everything placed so far may be in it."""

    id: int
    cadence: Cadence
    slot: datetime
    placed: int
    by_clock: bool
    at_own_hours: bool
    left_out: frozenset[int] = frozenset()  # by an editor
    also: frozenset[tuple[time, str]] = frozenset()  # hours that came while it was held


class Oracle:
    """The pile of every reader."""

    def __init__(self, *, weekday: int, monthday: int, home: Clock) -> None:
        #: The publication's hours; None once staff have moved them, which has a rule of its own.
        self.home: Clock | None = home
        self.readers: dict[int, Reader] = {}
        self.pieces: dict[int, Piece] = {}
        self.placed = 0
        self._days = {"weekday": weekday, "monthday": monthday}
        self._last_due: dict[tuple[int, int], datetime] = {}
        self._unsteady: set[int] = set()  # readers of whom the next gap says nothing

    def confirm(self, reader: int, *, cadence: Cadence, topics: frozenset[int]) -> None:
        """She begins, or begins again: with an empty pile and the publication's hours."""
        now = Clock(datetime.min.replace(tzinfo=UTC))
        known = self.readers.get(reader)
        if known is None:
            self.readers[reader] = Reader(cadence, topics, clocks=[now])
            return
        known.cadence, known.topics, known.confirmed = cadence, topics, True
        known.paused_until, known.clocks, known.round = None, [now], known.round + 1
        for article in known.pile:
            known.left_out[article] = "placed before she confirmed again"
        known.pile = set()

    def prefer(self, reader: int, *, cadence: Cadence, topics: frozenset[int]) -> None:
        """She changes her wish; her pile stays as it is."""
        person = self.readers[reader]
        if cadence is not person.cadence:
            self._unsteady.add(reader)
        person.cadence, person.topics = cadence, topics

    def turn(self, reader: int, clock: Clock, *, now: datetime) -> None:
        """Her hours change at a moment to come; a change that has not counted yet is forgotten."""
        person = self.readers[reader]
        assert now < clock.since <= now + timedelta(days=6), "it counts within some days"
        counting = [one for one in person.clocks if one.since <= now][-1:]
        person.clocks = [*counting, clock]

    def place(self, article: int, topics: frozenset[int]) -> None:
        """An article is put at the end of the ledger: all who are confirmed are to consider it."""
        self.placed += 1
        self.pieces[article] = Piece(topics, place=self.placed)
        for reader in self.readers.values():
            if reader.confirmed:
                reader.pile.add(article)
                reader.left_out.pop(article, None)

    def take_away(self, article: int) -> None:
        """An article is held that no digest has carried: it will be placed anew, if ever."""
        assert all(article not in reader.got for reader in self.readers.values())
        self.pieces[article].open, self.pieces[article].place = False, None
        for reader in self.readers.values():
            if article in reader.pile:
                reader.pile.discard(article)
                reader.left_out[article] = "held"

    def is_member(self, reader: Reader, digest: Started) -> bool:
        """Whether a digest's slot is the hour of a reader, as her hours were at the slot."""
        if not digest.by_clock:
            return True
        clock = reader.clock_at(digest.slot)
        if clock is None:
            return False
        if clock.hour is None:
            return not digest.at_own_hours
        if (clock.hour, clock.zone) in digest.also:
            return True
        return clock.is_due(digest.slot, digest.cadence, **self._days)

    def consider(self, digest: Started, now: datetime) -> dict[int, set[int]]:
        """Work off the piles of who is due; return what each reader is to get, if anything."""
        owed: dict[int, set[int]] = {}
        for number, reader in self.readers.items():
            if not self._is_due(reader, digest, now):
                continue
            part = self._part(reader, digest)
            mine = {one for one in part if self._is_for(reader, self.pieces[one])}
            mine -= digest.left_out
            reader.pile -= part
            for one in part - mine:
                reader.left_out[one] = (
                    "left out by an editor"
                    if one in digest.left_out
                    else "not of her topics, or held or dropped, when considered"
                )
            if mine:
                owed[number] = mine
        return owed

    def would_get(self, digest: Started, now: datetime) -> bool:
        """Whether anybody would get anything."""
        return any(
            self._is_due(reader, digest, now)
            and any(
                self._is_for(reader, self.pieces[one])
                for one in self._part(reader, digest) - digest.left_out
            )
            for reader in self.readers.values()
        )

    def receive(self, reader: int, articles: set[int], digest: Started) -> None:
        """A mail leaves: nothing in it may have come before, nor a second one on that day."""
        person = self.readers[reader]
        twice = articles & set(person.got)
        assert not twice, f"reader {reader} got {twice} twice"
        person.got.extend(articles)

    def miss(self, reader: int, articles: set[int], why: str) -> None:
        """A mail that was ready is not sent, with a reason in its delivery."""
        for one in articles:
            self.readers[reader].left_out[one] = why

    def falls_due(self, reader: int, moment: datetime) -> bool:
        """Whether her digest is due at a moment; then not twice on a day, nor after a gap."""
        person = self.readers[reader]
        clock = person.clock_at(moment)
        if clock is None:
            self._unsteady.add(reader)
            return False
        if clock.hour is None:
            if self.home is None:
                self._last_due.pop((reader, person.round), None)
                return False
            clock = self.home
        if not clock.is_due(moment, person.cadence, **self._days):
            return False
        last = self._last_due.get((reader, person.round))
        self._last_due[reader, person.round] = moment
        if last:
            day, day_before = (
                one.astimezone(ZoneInfo(clock.zone)).date() for one in (moment, last)
            )
            assert day > day_before, f"reader {reader}: {last} and {moment} are one day"
            longest = LONGEST_GAPS[person.cadence]
            assert reader in self._unsteady or moment - last <= longest, "a gap"
        self._unsteady.discard(reader)
        return True

    def lose_count(self) -> None:
        """The scheduler was away: what fell due meanwhile is made up for, and no gap counts."""
        self._unsteady.update(self.readers)

    def settle(self) -> dict[str, int]:
        """Ask that for each reader each article came once or was left out; count the reasons."""
        reasons: dict[str, int] = defaultdict(int)
        for number, reader in self.readers.items():
            assert len(reader.got) == len(set(reader.got))
            waiting = {one for one in reader.pile if reader.confirmed and self.pieces[one].open}
            assert not waiting, f"reader {number} still waits for {waiting}"
            for one in reader.left_out.keys() - set(reader.got):
                reasons[reader.left_out[one]] += 1
        return dict(reasons)

    def _is_due(self, reader: Reader, digest: Started, now: datetime) -> bool:
        wants = reader.confirmed and not reader.is_paused(now)
        return wants and reader.cadence is digest.cadence and self.is_member(reader, digest)

    def _part(self, reader: Reader, digest: Started) -> set[int]:
        return {one for one in reader.pile if (self.pieces[one].place or 0) <= digest.placed}

    def _is_for(self, reader: Reader, piece: Piece) -> bool:
        return piece.open and (not reader.topics or bool(piece.topics & reader.topics))
