"""How the domain that a publication sends from stands: looked up together, kept, shown."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from newsletter.config import settings
from newsletter.extensions import db
from newsletter.mail.addresses import ascii_domain
from newsletter.mail.dkim_record import DkimRecord
from newsletter.mail.dns_questions import Address, Ask, addresses_of, ask_dns, public_only
from newsletter.mail.domain_checks import (
    check_dmarc,
    check_reverse,
    check_spf,
    has_policy,
    is_aligned_with,
)
from newsletter.mail.domain_findings import DnsRecord, DomainFinding, Part, State
from newsletter.mail.one_click_check import Post, check_one_click, post_once
from newsletter.mail.relay_check import Greet, check_relays, greet, is_this_machine
from newsletter.mail.return_path_check import Reach, check_return_path, takes_connections
from newsletter.mail.smtp_url import Relay, SmtpUrlError, parse_smtp_urls
from newsletter.mail.within import Look, look_within
from newsletter.publications.dkim_keys import is_aligned, record_of, sender_domain
from newsletter.publications.models import DkimKeyState, DomainCheck, Publication

#: Whoever asks waits no longer than this.
MOST_SECONDS = 5.0

#: What our own setup tells the records of.
_BY_DNS = (Part.SPF, Part.DKIM, Part.DMARC, Part.RETURN_PATH)


@dataclass(frozen=True)
class World:
    """What the looks ask: DNS, relays, our own public address, servers for mail."""

    ask: Ask
    greet: Greet
    post: Post
    reach: Reach


def real_world() -> World:
    """Return the world as it is, asked with patience for a few seconds at each step."""
    return World(ask=ask_dns, greet=greet, post=post_once, reach=takes_connections)


@dataclass(frozen=True)
class SendingSetup:
    """Everything the looks need of a publication, read before any of them begins."""

    domain: str
    bounce_domain: str
    mailbox_host: str  # from which bounces are fetched; empty: they are handed to us
    base_url: str
    relays: tuple[Relay, ...]
    keys: tuple[tuple[DkimRecord, bool], ...]  # with whether it signs already

    @property
    def envelope_domain(self) -> str:
        """The domain that SPF is asked of, and that bounces go to."""
        return self.bounce_domain or self.domain

    @property
    def host(self) -> str:
        """Our own name."""
        return urlsplit(self.base_url).hostname or ""


def setup_of(publication: Publication) -> SendingSetup:
    """Read what mail of the publication is sent with."""
    try:
        relays = parse_smtp_urls(settings.smtp_url) if settings.smtp_url else ()
    except SmtpUrlError:
        relays = ()  # no process starts with mail it cannot read; the doctor says why
    keys = [key for key in publication.dkim_keys if key.state is not DkimKeyState.RETIRED]
    return SendingSetup(
        domain=sender_domain(publication),
        bounce_domain=ascii_domain(settings.bounce_domain) if settings.bounce_domain else "",
        mailbox_host=urlsplit(settings.bounce_imap_url).hostname or "",
        base_url=settings.base_url,
        relays=relays,
        keys=tuple(
            (record_of(key), key.state is DkimKeyState.ACTIVE) for key in keys if is_aligned(key)
        ),
    )


def check_domain(
    setup: SendingSetup, *, world: World, seconds: float = MOST_SECONDS
) -> list[DomainFinding]:
    """Look at every part at once; each that takes longer than `seconds` is unknown."""
    found = look_within(_looks(setup, world), seconds=seconds)
    return [_with_records(one, setup, world) for one in found]


def _looks(setup: SendingSetup, world: World) -> dict[Part, Look]:
    ask = world.ask
    return {
        Part.SPF: lambda: _spf(setup, ask),
        Part.DKIM: lambda: _dkim(setup, ask),
        Part.DMARC: lambda: check_dmarc(setup.domain, ask=ask),
        Part.REVERSE: lambda: check_reverse(
            _senders(setup, ask), helo=_outgoing_host(setup), ask=ask
        ),
        Part.RELAY: lambda: check_relays(setup.relays, greet=world.greet),
        Part.RETURN_PATH: lambda: check_return_path(
            setup.envelope_domain,
            is_own=bool(setup.bounce_domain),
            suggested=_world_name(setup.mailbox_host or setup.host),
            ask=ask,
            reach=world.reach,
            mailbox=bool(setup.mailbox_host),
        ),
        Part.ONE_CLICK: lambda: check_one_click(setup.base_url, post=world.post),
    }


def _with_records(finding: DomainFinding, setup: SendingSetup, world: World) -> DomainFinding:
    """Tell what to set also where DNS did not answer: what a domain without any record needs."""
    unanswered = finding.state is State.UNKNOWN and not finding.advice
    if not unanswered or finding.part not in _BY_DNS:
        return finding
    bare = _looks(setup, replace(world, ask=_nothing_is_set))[finding.part]()
    advice = "If it is not set yet, set this one:" if bare.records else ""
    return replace(finding, advice=advice, records=bare.records)


def _nothing_is_set(name: str, kind: str) -> list[str]:
    return []


def keep_check(
    *, publication: Publication, findings: Sequence[DomainFinding], now: datetime
) -> None:
    """Keep what was found in place of what was found before."""
    stored = json.dumps([one.as_json() for one in findings])
    db.session.merge(DomainCheck(publication_id=publication.id, checked_at=now, findings=stored))
    db.session.flush()


def last_check(publication: Publication) -> tuple[datetime, list[DomainFinding]] | None:
    """Return when the domain was looked at last, and what was found; None: never."""
    kept = db.session.get(DomainCheck, publication.id)
    if kept is None:
        return None
    return kept.checked_at, [DomainFinding.from_json(one) for one in json.loads(kept.findings)]


def _outgoing_host(setup: SendingSetup) -> str:
    """Return the host that mail is thought to leave from: a relay elsewhere, or this machine."""
    far = [relay.host for relay in setup.relays if not is_this_machine(relay.host)]
    return far[0] if far else setup.host


def _senders(setup: SendingSetup, ask: Ask) -> list[Address]:
    return public_only(addresses_of(_outgoing_host(setup), ask=ask))


def _world_name(host: str) -> str:
    """Return a host's name if the world may know it; an address is none, nor is "localhost"."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return "" if is_this_machine(host) or "." not in host else host
    return ""


def _spf_term(host: str) -> str:
    """Return the SPF term that allows a host (RFC 7208 §5), if the world may know it."""
    if name := _world_name(host):
        return f"a:{name}"
    with suppress(ValueError):
        address = ip_address(host.strip("[]"))
        return f"ip{address.version}:{address}" if address.is_global else ""
    return ""


def _spf(setup: SendingSetup, ask: Ask) -> DomainFinding:
    return check_spf(
        setup.envelope_domain,
        senders=_senders(setup, ask),
        suggested=_spf_term(_outgoing_host(setup)),
        ask=ask,
    )


def _dkim(setup: SendingSetup, ask: Ask) -> DomainFinding:
    if not setup.keys:
        return _unsigned(setup, ask)
    for record, signs in setup.keys:
        published = ask(record.name, "TXT")
        if problem := record.problem_with(published):
            advice = "Set it, or retire the key, for its signatures fail." if signs else "Set it."
            state = State.WRONG if published else State.MISSING
            wanted = (DnsRecord(record.name, "TXT", record.value),)
            return DomainFinding(Part.DKIM, state, problem, advice, wanted)
    selectors = ", ".join(record.name.partition(".")[0] for record, _ in setup.keys)
    if not any(signs for _, signs in setup.keys):
        found = f"DNS has the record of {selectors}, and nothing signs with it yet."
        return DomainFinding(Part.DKIM, State.MISSING, found, "Run flask dkim activate.")
    return DomainFinding(Part.DKIM, State.OK, f"Mail is signed with {selectors}, and DNS has it.")


def _unsigned(setup: SendingSetup, ask: Ask) -> DomainFinding:
    found = "This service does not sign; whether the relay does cannot be seen from here."
    advice = "Look for dkim=pass in a proof to a mailbox elsewhere, or run flask dkim create."
    if has_policy(setup.domain, ask=ask) and not is_aligned_with(
        setup.domain, setup.envelope_domain, ask=ask
    ):
        advice += (
            f" DMARC rests on it: {setup.envelope_domain}, where bounces go, is of another "
            f"organisation than {setup.domain}."
        )
    return DomainFinding(Part.DKIM, State.UNKNOWN, found, advice)
