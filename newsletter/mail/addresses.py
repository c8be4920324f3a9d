"""Mail addresses and URLs in the form that mail servers read."""

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

import idna

from newsletter.errors import PermanentError

# RFC 5322 §3.4.1 dot-atom plus RFC 6531 §3.3 non-ASCII; quoted local parts are not taken:
# no publisher's reader has one, and every one seen in a signup was an attempt at injection.
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-\u00a1-\U0010ffff]+")
_A_LABEL_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_LOCAL_PART_OCTETS = 64


class AddressError(PermanentError):
    """This address cannot be written in a mail; only mail to this one recipient fails."""


class NonAsciiLocalPart(AddressError):
    """The part before the @ is not ASCII, so every server on the way must speak SMTPUTF8."""


@lru_cache(maxsize=4096)  # most readers are with a few providers
def ascii_domain(domain: str) -> str:
    """Return the domain in lower case with IDNA A-labels (RFC 5891)."""
    name = domain.lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise AddressError("The domain of the address is not a valid name.") from None
    if not _A_LABEL_DOMAIN.fullmatch(name):
        raise AddressError("The domain of the address is not a valid name.")
    return name


@lru_cache(maxsize=64)  # a mail has its address in the envelope and in headers
def mailable_address(address: str) -> str:
    """Return the address with an A-label domain; a non-ASCII local part is kept (RFC 6531)."""
    local_part, at, domain = address.rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local_part):
        raise AddressError("The address is not of the form name@domain.")
    try:
        octets = len(local_part.encode("utf-8"))
    except UnicodeEncodeError:
        raise AddressError("The address holds half a character.") from None
    if octets > _LOCAL_PART_OCTETS:
        raise AddressError("The part of the address before the @ is longer than 64 octets.")
    return f"{local_part}@{ascii_domain(domain)}"


def address_key(address: str) -> str:
    """Return what makes two spellings of an address one: no letter case, no A-labels.

    Lists of other services write "reader@xn--bcher-kva.example.org"; a signup stores what stands
    for it, as readers write it.
    """
    key = address.strip().casefold()
    local_part, at, domain = key.rpartition("@")
    if "xn--" not in domain:
        return key
    try:
        return f"{local_part}{at}{idna.decode(domain).casefold()}"
    except idna.IDNAError:
        return key


def ascii_address(address: str) -> str:
    """Return the address wholly in ASCII, or raise NonAsciiLocalPart."""
    mailable = mailable_address(address)
    if not mailable.isascii():
        raise NonAsciiLocalPart("The part of the address before the @ is not ASCII.")
    return mailable


def ascii_url(url: str) -> str:
    """Return the URL in ASCII: host as A-labels, the rest percent-encoded (RFC 3987 §3.1)."""
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    name, colon, port = host.partition(":")
    if not name.isascii():
        name = ascii_domain(name)
    keep = "%/:?#[]@!$&'()*+,;=~"
    return urlunsplit(
        (
            parts.scheme,
            f"{quote(userinfo, safe=keep)}{at}{name}{colon}{port}",
            quote(parts.path, safe=keep),
            quote(parts.query, safe=keep),
            quote(parts.fragment, safe=keep),
        )
    )
