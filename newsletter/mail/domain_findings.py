"""What a look at a sending domain found: a state, a sentence, and the records to set."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Part(StrEnum):
    """What is looked at, in the order in which receivers do. Stored: never rename one."""

    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"
    REVERSE = "reverse"  # the name of the address that mail comes from (PTR)
    RELAY = "relay"
    RETURN_PATH = "return_path"
    ONE_CLICK = "one_click"


class State(StrEnum):
    """How it stands. Stored: never rename one."""

    OK = "ok"
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "unknown"  # could not be looked up


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """A record as it has to stand in DNS."""

    name: str
    kind: str  # TXT, MX, PTR
    value: str


@dataclass(frozen=True, slots=True)
class DomainFinding:
    """One part of a sending domain, and what to do about it."""

    part: Part
    state: State
    found: str
    advice: str = ""
    records: tuple[DnsRecord, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return plain values, for the database; `from_json` reads them back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "DomainFinding":
        """Read what `as_json` wrote."""
        return cls(
            part=Part(stored["part"]),
            state=State(stored["state"]),
            found=stored["found"],
            advice=stored["advice"],
            records=tuple(DnsRecord(**one) for one in stored["records"]),
        )
