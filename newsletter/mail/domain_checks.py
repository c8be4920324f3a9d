"""Looks at what receivers ask of a sending domain: each check asks DNS, and writes nothing."""

from collections.abc import Sequence

from newsletter.mail.dmarc import GONE_TAGS, BrokenDmarc, discover, organisation_of
from newsletter.mail.dns_questions import Address, Ask, addresses_of
from newsletter.mail.domain_findings import DnsRecord, DomainFinding, Part, State
from newsletter.mail.spf import MOST_LOOKUPS, BrokenSpf, Spf, read_spf


def check_spf(
    domain: str, *, senders: Sequence[Address], suggested: str, ask: Ask
) -> DomainFinding:
    """Judge the SPF record of the envelope's domain.

    Args:
        senders: addresses that mail is thought to leave from, as far as they are public.
        suggested: the term that allows them, such as "a:mail.example.org"; empty: nobody knows.
    """
    wanted = (DnsRecord(domain, "TXT", f"v=spf1 {suggested} ~all"),) if suggested else ()
    try:
        spf = read_spf(domain, ask=ask)
    except BrokenSpf as error:
        advice = "Mend the record, or set this one and add what else sends in this domain’s name."
        advice = advice if wanted else "Mend the record."
        return DomainFinding(Part.SPF, State.WRONG, str(error), advice, wanted)
    if spf is None:
        advice = "Set it; if the relay’s operator names a term to include, put that in instead."
        advice = advice if wanted else "Its record can be told once a relay of the world is set."
        return DomainFinding(Part.SPF, State.MISSING, f"{domain} has none.", advice, wanted)
    return _judge_spf(domain, spf, senders, suggested)


def _judge_spf(domain: str, spf: Spf, senders: Sequence[Address], suggested: str) -> DomainFinding:
    if spf.ending in ("+all", "?all") or not (spf.ending or "redirect=" in spf.record):
        says = f"ends with {spf.ending}" if spf.ending else "does not say how it ends"
        found = f"{domain} {says}, so it bars nobody from sending in its name."
        mended = spf.record.removesuffix(" +all").removesuffix(" all").removesuffix(" ?all")
        record = DnsRecord(domain, "TXT", f"{mended} ~all")
        return DomainFinding(Part.SPF, State.WRONG, found, "Let it end with ~all.", (record,))
    found = f"{domain} has a sound record, with {spf.lookups} of {MOST_LOOKUPS} questions."
    strangers = [str(one) for one in senders if not spf.allows(one)]
    if not strangers or spf.has_rules:
        return DomainFinding(Part.SPF, State.OK, found)
    record = DnsRecord(domain, "TXT", spf.record.replace("v=spf1", f"v=spf1 {suggested}", 1))
    advice = (
        f"It does not name {', '.join(strangers)}, where the relay takes our mail. Most "
        "relays send from other addresses; if yours sends from there, set this one."
    )
    return DomainFinding(Part.SPF, State.OK, found, advice, (record,))


def check_dmarc(domain: str, *, ask: Ask) -> DomainFinding:
    """Judge the policy that holds for the domain of the sender's address."""
    wanted = (DnsRecord(f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none"),)
    try:
        dmarc = discover(domain, ask=ask)
        if dmarc is None:
            advice = "Set it, since receivers of bulk mail ask for one; tighten p= later."
            found = f"Neither {domain} nor a domain above it has one."
            return DomainFinding(Part.DMARC, State.MISSING, found, advice, wanted)
        policy = dmarc.policy_of(domain)
    except BrokenDmarc as error:
        return DomainFinding(Part.DMARC, State.WRONG, str(error), "Leave one, such as:", wanted)
    found = f"{dmarc.domain} asks receivers: {policy}."
    gone = [tag for tag in GONE_TAGS if tag in dmarc.tags]
    hints = [
        policy == "none" and "Forged mail is let through; quarantine or reject would bar it.",
        dmarc.tags.get("t") == "y" and "It says that it is a test (t=y), so it is not enforced.",
        bool(gone) and f"Receivers heed {', '.join(gone)} no more (RFC 9989).",
    ]
    return DomainFinding(Part.DMARC, State.OK, found, " ".join(hint for hint in hints if hint))


def has_policy(domain: str, *, ask: Ask) -> bool:
    """Whether DMARC holds for a domain at all: without a record nothing has to be aligned."""
    try:
        return discover(domain, ask=ask) is not None
    except BrokenDmarc:
        return False


def is_aligned_with(domain: str, other: str, *, ask: Ask) -> bool:
    """Whether two domains are of one organisation, as DMARC's relaxed alignment has it."""
    if domain == other:
        return True
    return organisation_of(domain, ask=ask) == organisation_of(other, ask=ask)


def check_reverse(senders: Sequence[Address], *, helo: str, ask: Ask) -> DomainFinding:
    """Judge whether each address has a name that leads back to it (forward-confirmed PTR)."""
    if not senders:
        found = "The address that mail leaves from cannot be seen from here."
        return DomainFinding(Part.REVERSE, State.UNKNOWN, found, "Ask the relay’s operator.")
    for address in senders:
        names = ask(address.reverse_pointer, "PTR")
        record = DnsRecord(address.reverse_pointer, "PTR", helo)
        if not names:
            advice = "Whoever gave out the address sets this, a host’s or relay’s operator."
            found = f"{address} has no name."
            return DomainFinding(Part.REVERSE, State.MISSING, found, advice, (record,))
        if not any(address in addresses_of(name, ask=ask) for name in names):
            found = f"{address} is called {names[0]}, which does not lead back to it."
            advice = "Give the name that address, or the address a name of its own."
            return DomainFinding(Part.REVERSE, State.WRONG, found, advice, (record,))
    told = ", ".join(map(str, senders))
    return DomainFinding(Part.REVERSE, State.OK, f"{told}: the name leads back to the address.")
