"""DMARC (RFC 9989): a domain's policy and its organisation, found by walking up the tree."""

from dataclasses import dataclass

from newsletter.errors import PermanentError
from newsletter.mail.dns_questions import Ask

#: Questions of one walk; a longer name is shortened to this many labels less one (§4.10).
MOST_LABELS = 8
POLICIES = ("none", "quarantine", "reject")

#: Tags of RFC 7489 that are heeded no more (RFC 9989, appendix C).
GONE_TAGS = ("pct", "rf", "ri")

Tags = dict[str, str]


class BrokenDmarc(PermanentError):
    """Receivers cannot use what stands there; the text says why."""


@dataclass(frozen=True)
class Dmarc:
    """The policy that holds for a domain."""

    domain: str  # where the record stands
    tags: Tags
    organisation: str

    def policy_of(self, domain: str) -> str:
        """Return what is asked of receivers for mail from `domain`.

        Raises:
            BrokenDmarc.
        """
        own = self.tags.get("p", "none" if "rua" in self.tags else "").lower()
        asked = own if domain == self.domain else self.tags.get("sp", own).lower()
        if asked in POLICIES:
            return asked
        raise BrokenDmarc(f"The DMARC record of {self.domain} names no policy (p=).")


def discover(domain: str, *, ask: Ask) -> Dmarc | None:
    """Return the policy of a domain; None where nobody set one.

    Raises:
        BrokenDmarc: the domain itself has more than one record.
        DnsUnavailable.
    """
    found = _walk(domain, ask)
    organisation = _organisation(domain, found)
    for place in (domain, organisation, *found):
        if place in found:
            return Dmarc(domain=place, tags=found[place], organisation=organisation)
    return None


def organisation_of(domain: str, *, ask: Ask) -> str:
    """Return the organisational domain, which relaxed alignment compares; raises as `discover`."""
    return _organisation(domain, _walk(domain, ask))


def _walk(domain: str, ask: Ask) -> dict[str, Tags]:
    """Return the records from the domain up to its root, by where they stand."""
    found: dict[str, Tags] = {}
    for place in _places(domain):
        records = [
            tags for tags in map(_tags, ask(f"_dmarc.{place}", "TXT")) if tags.get("v") == "DMARC1"
        ]
        if len(records) > 1 and place == domain:
            raise BrokenDmarc(f"_dmarc.{place} has {len(records)} records; receivers heed none.")
        if len(records) == 1:
            found[place] = records[0]
            if "psd" in records[0] and records[0]["psd"] in ("y", "n"):
                break
    return found


def _places(domain: str) -> list[str]:
    labels = domain.split(".")
    starts = range(len(labels))
    if len(labels) > MOST_LABELS:
        starts = range(len(labels) - MOST_LABELS + 1, len(labels))
        return [domain, *(".".join(labels[start:]) for start in starts)]
    return [".".join(labels[start:]) for start in starts]


def _organisation(domain: str, found: dict[str, Tags]) -> str:
    """Choose as §4.10.2 says: the one that says so, the one below a registry's, the highest."""
    for place, tags in found.items():
        if tags.get("psd") == "n":
            return place
        if tags.get("psd") == "y" and place != domain:
            below = domain.removesuffix(f".{place}").rpartition(".")[2]
            return f"{below}.{place}"
    return min(found, key=lambda place: place.count("."), default=domain)


def _tags(text: str) -> Tags:
    """Return the tags of a record whose first is the version; none for other texts."""
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    tags = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return tags if pairs and pairs[0][0].strip() == "v" else {}
