"""Preflight of the sender: what a publication says of itself, and can its mail be signed."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.config import settings
from newsletter.digests.preflight import Finding, Level, Mend
from newsletter.mail.addresses import AddressError, ascii_address
from newsletter.publications.dkim_keys import is_aligned
from newsletter.publications.dkim_secrets import UnreadableKey, decrypted
from newsletter.publications.models import DkimKey, DkimKeyState, Publication

#: Providers that ask others to refuse mail from their domains that they did not send (DMARC).
_MAILBOX_DOMAINS = frozenset(
    {
        *("gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "aol.com", "outlook.com"),
        *("hotmail.com", "live.com", "icloud.com", "me.com", "gmx.net", "gmx.de", "web.de"),
        *("ukr.net", "proton.me", "protonmail.com"),
    }
)


def check_sender(publication: Publication) -> Iterator[Finding]:
    """Examine what the rows and settings tell; what DNS tells, `flask doctor` asks."""
    yield from _address(publication)
    yield from _keys(publication)
    if not publication.postal_address.strip():
        yield _warning(
            "no-postal-address",
            "The publisher's postal address is missing; many countries ask for it in every mail.",
            field="postal_address",
        )
    if not settings.mail_goes_to_outbox and not _can_be_reached(settings.base_url):
        yield _warning(
            "base-url",
            f"The links of the mail begin with {settings.base_url}, where no reader gets to. "
            "Set BASE_URL.",
            Mend.OPERATOR,
        )


def _address(publication: Publication) -> Iterator[Finding]:
    if not publication.from_name.strip():
        yield _warning("no-from-name", "The sender has no name.", field="from_name")
    try:
        domain = ascii_address(publication.from_email).rpartition("@")[2].casefold()
    except AddressError as error:
        yield _error(
            "from-address", f"The sender's address cannot be used: {error}", field="from_email"
        )
        return
    if domain in _MAILBOX_DOMAINS:
        yield _warning(
            "mailbox-domain",
            f"The sender's address is one of {domain}, which asks others to refuse mail that it "
            "did not send itself. Send from a domain of your own.",
            field="from_email",
        )


def _keys(publication: Publication) -> Iterator[Finding]:
    active = [key for key in publication.dkim_keys if key.state is DkimKeyState.ACTIVE]
    unreadable = [key for key in active if is_aligned(key) and not _is_readable(key)]
    for key in unreadable:
        yield _error(
            f"dkim-key {key.selector}",
            f"The mail cannot be signed with the key {key.selector}: SECRET_KEY is not the one "
            "that it was stored with.",
            Mend.OPERATOR,
        )
    if not settings.mail_goes_to_outbox and not any(map(is_aligned, active)):
        yield _warning(
            "no-dkim",
            "The mail is not signed here: no DKIM key is active. Gmail and Yahoo ask for one, "
            "unless your relay signs.",
            Mend.OPERATOR,
        )


def _is_readable(key: DkimKey) -> bool:
    try:
        decrypted(key.private_key, secret=settings.secret_keys[-1])
    except UnreadableKey:
        return False
    return True


def _can_be_reached(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and "." in (parts.hostname or "")


def _error(key: str, sentence: str, mend: Mend = Mend.SETTINGS, *, field: str = "") -> Finding:
    return Finding(key, Level.ERROR, sentence, mend, overrulable=False, field=field)


def _warning(key: str, sentence: str, mend: Mend = Mend.SETTINGS, *, field: str = "") -> Finding:
    return Finding(key, Level.WARNING, sentence, mend, field=field)
