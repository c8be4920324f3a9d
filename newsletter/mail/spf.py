"""SPF (RFC 7208): who may send in the name of a domain, read from DNS."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network

from newsletter.errors import PermanentError
from newsletter.mail.dns_questions import Address, Ask, addresses_of

#: Terms that ask DNS, all records together (§4.6.4).
MOST_LOOKUPS = 10
_MECHANISMS = {"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"}
_ASKING = {"include", "a", "mx", "ptr", "exists", "redirect"}


class BrokenSpf(PermanentError):
    """Receivers cannot use the record (permerror); the text says why."""


@dataclass
class Spf:
    """What a record and those it includes allow."""

    record: str
    networks: list[IPv4Network | IPv6Network] = field(default_factory=list)
    lookups: int = 0
    #: How the record ends: "-all", "~all", "?all", "+all"; empty if it does not say.
    ending: str = ""
    #: Whether it allows by rules that cannot be listed: macros, `exists`, `ptr`.
    has_rules: bool = False

    def allows(self, address: Address) -> bool:
        """Whether one of its networks holds the address."""
        return any(address in network for network in self.networks)


def read_spf(domain: str, *, ask: Ask) -> Spf | None:
    """Return what the domain's record allows; None if it has none.

    Raises:
        BrokenSpf, DnsUnavailable.
    """
    record = _record_at(domain, ask)
    if record is None:
        return None
    spf = Spf(record)
    _read(record, domain, spf, ask, outermost=True)
    return spf


def _record_at(domain: str, ask: Ask) -> str | None:
    records = [one for one in ask(domain, "TXT") if one.lower().split(" ")[0] == "v=spf1"]
    if len(records) > 1:
        raise BrokenSpf(f"{domain} has {len(records)} SPF records; receivers then heed none.")
    return records[0] if records else None


def _read(record: str, domain: str, spf: Spf, ask: Ask, *, outermost: bool) -> None:
    for term in record.split()[1:]:
        qualifier, rest = (term[0], term[1:]) if term[0] in "+-~?" else ("+", term)
        if "=" in rest.partition(":")[0]:
            _modifier(rest, domain, spf, ask, outermost=outermost)
            continue
        name, value, prefix = _parts(rest)
        if name not in _MECHANISMS:
            raise BrokenSpf(f"The SPF record of {domain} has a term that does not exist: {term}")
        if name == "all":
            spf.ending = f"{qualifier}all" if outermost else spf.ending
            return  # what follows is never read (§5.1)
        _count(name, spf)
        if qualifier == "+":
            _allow(name, value or domain, prefix, spf, ask)


def _parts(term: str) -> tuple[str, str, str]:
    """Return name, value and length of prefix of a mechanism such as `a:host/24`."""
    head, _, value = term.partition(":")
    if value and head.lower() in ("ip4", "ip6"):
        return head.lower(), value, ""
    whole, slash, prefix = term.partition("/")
    name, _, value = whole.partition(":")
    return name.lower(), value, prefix if slash else ""


def _modifier(text: str, domain: str, spf: Spf, ask: Ask, *, outermost: bool) -> None:
    name, _, value = text.partition("=")
    if name.lower() != "redirect":
        return  # exp= and what is unknown change nothing (§6)
    _count("redirect", spf)
    if record := _record_at(value, ask):
        _read(record, value, spf, ask, outermost=outermost)
        return
    raise BrokenSpf(f"The SPF record of {domain} hands on to {value}, which has none.")


def _count(name: str, spf: Spf) -> None:
    spf.lookups += name in _ASKING
    if spf.lookups > MOST_LOOKUPS:
        raise BrokenSpf(f"The SPF record asks DNS more than {MOST_LOOKUPS} times.")


def _allow(name: str, value: str, prefix: str, spf: Spf, ask: Ask) -> None:
    if "%" in value or name in ("ptr", "exists"):
        spf.has_rules = True
    elif name == "include":
        record = _record_at(value, ask)
        if record is None:
            raise BrokenSpf(f"The SPF record includes {value}, which has none.")
        _read(record, value, spf, ask, outermost=False)
    elif name in ("ip4", "ip6"):
        _add(value, spf)
    else:
        hosts = [value] if name == "a" else [one.split()[-1] for one in ask(value, "MX")]
        for host in hosts:
            for address in addresses_of(host, ask=ask):
                lengths = prefix.split("/")  # a/24//64: for IPv4, and for IPv6
                length = lengths[0] if address.version == 4 else "".join(lengths[1:])
                _add(f"{address}/{length}" if length else str(address), spf)


def _add(network: str, spf: Spf) -> None:
    try:
        spf.networks.append(ip_network(network, strict=False))
    except ValueError:
        raise BrokenSpf(f"The SPF record names a network that is none: {network}") from None
