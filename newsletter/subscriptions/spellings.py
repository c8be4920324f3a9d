"""Spellings: what many ways to write one mailbox have in common, for limits and nothing else.

Mail always goes to the address as it was typed. Two people whose addresses differ by a tag alone
share a limit, which costs the second of them a day at most.
"""

from contextlib import suppress

from newsletter.config import settings
from newsletter.keyed_hash import keyed_hash
from newsletter.mail.addresses import AddressError, ascii_domain

#: Providers that pass over dots in the part before the @.
DOTLESS = frozenset({"gmail.com", "googlemail.com"})
#: Domains that are another name of the same mailboxes.
SAME_MAILBOXES = {"googlemail.com": "gmail.com"}


def common_spelling(address: str) -> str:
    """Return one spelling for all that reach the same mailbox: case, tags after a plus, dots."""
    local_part, _, domain = address.strip().casefold().rpartition("@")
    with suppress(AddressError):  # such an address gets no letter anyway
        domain = ascii_domain(domain)
    local_part = local_part.partition("+")[0] or local_part
    if domain in DOTLESS:
        local_part = local_part.replace(".", "")
    return f"{local_part}@{SAME_MAILBOXES.get(domain, domain)}"


def spelling_hash(address: str) -> str:
    """Return the keyed hash of the common spelling, 64 hexadecimal digits."""
    keyed = keyed_hash(b"spelling:" + settings.secret_keys[-1].encode())
    return keyed.digest(common_spelling(address).encode()).hex()
