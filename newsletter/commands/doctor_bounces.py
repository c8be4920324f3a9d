"""The doctor's look at the ways by which bounces and complaints reach us."""

from collections.abc import Iterator
from datetime import datetime

from newsletter.commands.findings import Finding, Level
from newsletter.config import settings
from newsletter.feedback.mailbox import MailboxUnavailable, look_into
from newsletter.feedback.models import NoticeSource
from newsletter.feedback.sources import SourceStanding, source_standings


def bounce_findings(*, now: datetime) -> Iterator[Finding]:
    """Examine every way that is set up; asks the mailbox, and changes nothing in it."""
    if settings.mail_goes_to_outbox:
        return
    if settings.bounce_imap_url:
        yield mailbox_finding(settings.bounce_imap_url)
    ready = [one for one in source_standings() if one.is_set]
    for standing in ready:
        yield _standing_finding(standing, now=now)
    if not ready:
        yield Finding(
            "bounces",
            Level.WARN,
            "Nothing tells us of bounces: they go to the sender's own mailbox.",
            "Set BOUNCE_DOMAIN or the webhook of the mail provider; see docs/operating.md.",
        )


def mailbox_finding(url: str) -> Finding:
    """Enter the mailbox of bounces and count what lies there."""
    try:
        waiting = look_into(url)
    except MailboxUnavailable as trouble:
        return Finding("bounces", Level.FAIL, str(trouble), "Check BOUNCE_IMAP_URL.")
    if not settings.bounce_domain:
        return Finding(
            "bounces",
            Level.WARN,
            "The mailbox is read, but BOUNCE_DOMAIN is not set.",
            "Without signed return paths only reports that return our mail’s headers are read.",
        )
    mails = "mail waits" if waiting == 1 else "mails wait"
    return Finding("bounces", Level.OK, f"The mailbox opens; {waiting:,} {mails} in it.")


def _standing_finding(one: SourceStanding, *, now: datetime) -> Finding:
    name = "mail" if one.source is NoticeSource.MAIL else f"the webhook of {one.source.value}"
    if one.last_at is None:
        return Finding(
            "bounces",
            Level.WARN,
            f"By {name} no report has come in the last 30 days.",
            "Try it: mail a digest to an address that does not exist, or use the provider's test.",
        )
    days = (now - one.last_at).days
    when = "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
    return Finding("bounces", Level.OK, f"By {name} the last report came {when}.")
