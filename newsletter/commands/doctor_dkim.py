"""The doctor's look at DKIM keys: those that sign are known to DNS and fit their sender."""

from collections.abc import Iterator

import sqlalchemy as sa

from newsletter.commands.findings import Finding, Level
from newsletter.config import settings
from newsletter.extensions import db
from newsletter.mail.dkim_dns import DnsUnavailable, text_records
from newsletter.publications.dkim_keys import active_keys, is_aligned, record_of
from newsletter.publications.dkim_secrets import UnreadableKey, decrypted
from newsletter.publications.models import DkimKey


def dkim_findings() -> Iterator[Finding]:
    """Examine every active key; DNS is asked only where mail leaves this machine."""
    try:
        keys = active_keys()
    except sa.exc.SQLAlchemyError:
        db.session.rollback()  # the database has a finding of its own
        return
    for key in keys:
        yield key_finding(key)


def key_finding(key: DkimKey) -> Finding:
    """Judge whether mail can be signed with a key, and whether receivers can check it."""
    slug, selector = key.publication.slug, key.selector
    try:
        decrypted(key.private_key, secret=settings.secret_keys[-1])
    except UnreadableKey as error:
        advice = f"Bring that SECRET_KEY back, or: flask dkim retire {slug} {selector}"
        return Finding("dkim", Level.FAIL, f"{slug} cannot send: {error}", advice)
    if not is_aligned(key):
        return Finding(
            "dkim",
            Level.WARN,
            f"{slug} does not sign with {selector}: it no longer sends from {key.domain}.",
            f"flask dkim create {slug}; then flask dkim retire {slug} {selector}",
        )
    if settings.mail_goes_to_outbox:
        return Finding("dkim", Level.OK, f"{slug} signs with {selector}; DNS was not asked.")
    return _dns_finding(key, f"{slug} signs with {selector}")


def _dns_finding(key: DkimKey, signs: str) -> Finding:
    record = record_of(key)
    try:
        problem = record.problem_with(text_records(record.name))
    except DnsUnavailable as error:
        return Finding(
            "dkim", Level.WARN, f"{signs}. {error}", "Check the resolver of this machine."
        )
    if problem:
        return Finding(
            "dkim",
            Level.FAIL,
            f"{signs}, but receivers cannot check it. {problem}",
            "Put the record that flask dkim list --json shows into DNS, or retire the key.",
        )
    return Finding("dkim", Level.OK, f"{signs}, and DNS has its record.")
