"""The DNS record of a DKIM key (RFC 6376 §3.6.1): written, and compared with what DNS says."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_STRING_OCTETS = 255  # RFC 1035 §3.3
_SPACES = re.compile(r"\s+")


class Algorithm(StrEnum):
    """How a key signs; the value is the `k=` of its record. Stored: never rename one."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class DkimRecord:
    """What has to stand in DNS so that receivers can check a signature."""

    name: str
    value: str

    @classmethod
    def of_key(
        cls, *, domain: str, selector: str, algorithm: Algorithm, public_key: str
    ) -> "DkimRecord":
        """Return the record of a key, given its public half as base64."""
        return cls(
            name=f"{selector}._domainkey.{domain}",
            value=f"v=DKIM1; k={algorithm.value}; p={public_key}",
        )

    @property
    def strings(self) -> list[str]:
        """The value in the strings of at most 255 octets that a TXT record is made of."""
        return [
            self.value[start : start + _STRING_OCTETS]
            for start in range(0, len(self.value), _STRING_OCTETS)
        ]

    @property
    def zone_line(self) -> str:
        """The record as a line of a zone file."""
        strings = " ".join(f'"{one}"' for one in self.strings)
        return f"{self.name}. IN TXT ( {strings} )"

    def problem_with(self, published: Iterable[str]) -> str:
        """Return in one sentence why these TXT records do not let us sign; nothing if they do.

        Tags may be written otherwise than by us, in another order and with more of them. Several
        keys under one name make receivers' choice undefined (RFC 6376 §3.6.2.2).
        """
        keys = [tags for tags in map(_tags, published) if "p" in tags]
        if not keys:
            return f"DNS has no DKIM key at {self.name}."
        if len(keys) > 1:
            return f"DNS has {len(keys)} DKIM keys at {self.name}; one is allowed."
        return self._problem_with(keys[0], _tags(self.value))

    def _problem_with(self, found: dict[str, str], wanted: dict[str, str]) -> str:
        if found.get("v", "DKIM1") != "DKIM1":
            return f"The record at {self.name} does not begin with v=DKIM1."
        if not found["p"]:
            return f"The record at {self.name} says that its key was withdrawn."
        if (found.get("k", "rsa"), found["p"]) != (wanted["k"], wanted["p"]):
            return f"DNS has another key at {self.name} than this one."
        if "sha256" not in found.get("h", "sha256").split(":"):
            return f"The record at {self.name} does not allow SHA-256."
        if not {"*", "email"} & set(found.get("s", "*").split(":")):
            return f"The record at {self.name} is not meant for mail."
        return ""


def _tags(value: str) -> dict[str, str]:
    """Return the tags of a record (RFC 6376 §3.2), white space within values left out."""
    tags = {}
    for part in value.split(";"):
        name, equals, content = part.partition("=")
        if equals:
            tags[name.strip()] = _SPACES.sub("", content)
    return tags
