"""How the new articles of one poll enter the ledger: open, held or dropped, and by which alarm."""

from datetime import datetime

from newsletter.articles.admission import Verdict, admit
from newsletter.articles.alarms import raise_alarm
from newsletter.articles.breaker import doubt
from newsletter.articles.models import AlarmKind, ArticleState, Feed
from newsletter.articles.recognise import Recognised
from newsletter.articles.shapes import ParsedArticle
from newsletter.publications.models import Publication

#: States in which a new article has a position.
PLACED = (ArticleState.KNOWN, ArticleState.OPEN)

_BY_RULE = {
    AlarmKind.BACK_DATED: "Dated long before the last digest.",
    AlarmKind.LATE: "Dated before the last digest went out.",
}


class Entrance:
    """Judges the new articles of one document, and raises each alarm once."""

    def __init__(
        self,
        publication: Publication,
        feed: Feed,
        found: Recognised,
        *,
        last_digest_at: datetime | None,
        now: datetime,
    ) -> None:
        self._publication = publication
        self._feed = feed
        self._now = now
        self._last_digest_at = last_digest_at
        self._reasons = dict(_BY_RULE)
        self._alarms: dict[AlarmKind, int] = {}
        self._doubted: Verdict | None = None
        if feed.connected_at is not None:
            self._doubt(found)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What staff should know of the feed."""
        return (f"Held: {self._doubted.reason}",) if self._doubted else ()

    def judge(self, entry: ParsedArticle) -> Verdict:
        """Return how an article enters; what is ignored by rule is so in any case."""
        if self._feed.connected_at is None:
            return Verdict(ArticleState.KNOWN)
        verdict = admit(
            publication=self._publication,
            entry=entry,
            last_digest_at=self._last_digest_at,
            now=self._now,
        )
        if self._doubted is None or verdict.state is ArticleState.DROPPED:
            return verdict
        return self._doubted

    def alarm_of(self, verdict: Verdict) -> int | None:
        """Return the id of the alarm that holds an article of this verdict, raised if need be."""
        kind = verdict.alarm
        if kind is None:
            return None
        if kind not in self._alarms:
            reason = self._reasons[kind]
            alarm = raise_alarm(feed=self._feed, kind=kind, reason=reason, now=self._now)
            self._alarms[kind] = alarm.id
        return self._alarms[kind]

    def _doubt(self, found: Recognised) -> None:
        told = [*found.known, *((article, entry) for _, article, entry in found.renamed)]
        new = len(found.new) + len(found.claimed)
        renamed = sum(key is not None for key, _, _ in found.renamed)
        trouble = doubt(feed=self._feed, known=told, renamed=renamed, new=new, now=self._now)
        if trouble is not None:
            self._reasons[trouble.kind] = trouble.reason
            self._doubted = Verdict(ArticleState.HELD, trouble.reason, alarm=trouble.kind)
