"""Read the addresses of a long file: the plain ones at once, the others as a signup does."""

import re

from email_validator import SPECIAL_USE_DOMAIN_NAMES

from newsletter.subscriptions.signup import usable_address

# Narrower than RFC 5322 §3.2.3 and RFC 1123 §2.1 on purpose: whatever this takes, email-validator
# takes too, and changes nothing but the case of the domain. A double hyphen may be Punycode.
_PLAIN = re.compile(
    r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@((?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+([A-Za-z]+))"
)
_SPECIAL = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)
#: A domain no longer than one of its parts may be has no part that is too long (RFC 1035 §2.3.1).
_LONGEST_PART = 63
_LONGEST_ADDRESS = 254


def read_address(text: str) -> str:
    """Return what `usable_address` returns, at once where nothing is unusual.

    Raises:
        UnusableAddress: not one address that mail could reach.
    """
    return plain_address(text) or usable_address(text)


def plain_address(text: str) -> str | None:
    """Return the address as it will be mailed to; None where only the whole check can tell."""
    match = _PLAIN.fullmatch(text)
    if match is None or len(text) > _LONGEST_ADDRESS:
        return None
    local, domain, top = match.groups()
    domain = domain.lower()
    if len(domain) > _LONGEST_PART or top.lower() in _SPECIAL:
        return None
    if local.isalpha() and not local.islower():
        return None  # "INFO" may be a role, whose case does not count (RFC 2142)
    return f"{local}@{domain}"
