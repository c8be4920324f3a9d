"""The ways by which bounces reach us: which are set up, and when each last brought something."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.config import settings
from newsletter.extensions import db
from newsletter.feedback.models import Notice, NoticeResult, NoticeSource
from newsletter.feedback.webhooks import webhook_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStanding:
    """One way, and what it brought within the thirty days that notices are kept."""

    source: NoticeSource
    is_set: bool
    received: int
    changed: int  # told of a bounce or complaint that was not known
    strangers: int
    unclear: int
    last_at: datetime | None


def source_standings() -> list[SourceStanding]:
    """Return the ways that are set up, or that brought something."""
    rows = db.session.execute(
        sa.select(
            Notice.source,
            sa.func.count(),
            _count(NoticeResult.CHANGED),
            _count(NoticeResult.STRANGER),
            _count(NoticeResult.UNCLEAR),
            sa.func.max(Notice.received_at),
        ).group_by(Notice.source)
    )
    brought = {source: figures for source, *figures in rows}
    ready = {*webhook_sources(), *([NoticeSource.MAIL] if takes_mail() else [])}
    return [
        _standing(source, source in ready, brought.get(source))
        for source in NoticeSource
        if source in ready or source in brought
    ]


def takes_mail() -> bool:
    """Say whether bounces by mail come to addresses of our own, or lie in a mailbox of ours."""
    return bool(settings.bounce_domain or settings.bounce_imap_url)


def _standing(source: NoticeSource, is_set: bool, figures: list[object] | None) -> SourceStanding:
    received, changed, strangers, unclear, last_at = figures or (0, 0, 0, 0, None)
    return SourceStanding(
        source=source,
        is_set=is_set,
        received=received,  # type: ignore[arg-type]
        changed=changed,  # type: ignore[arg-type]
        strangers=strangers,  # type: ignore[arg-type]
        unclear=unclear,  # type: ignore[arg-type]
        last_at=last_at,  # type: ignore[arg-type]
    )


def _count(result: NoticeResult) -> sa.Function[int]:
    return sa.func.count(sa.case((Notice.result == result, 1)))
