"""What a reader is asked about an address before it is taken: a slip, a mailbox of an hour.

All of it goes by the address alone, before anybody looks whether it is known. Nothing is ever
rewritten: a suggestion is taken, or the address kept, by the reader's own press of a button.
"""

from flask import current_app

from newsletter.config import settings
from newsletter.errors import PermanentError
from newsletter.languages import gettext as _
from newsletter.mail.addresses import ascii_domain
from newsletter.mail.exchangers import Exchangers
from newsletter.publications.models import DisposablePolicy, Publication
from newsletter.subscriptions.disposable import is_disposable
from newsletter.subscriptions.signup import UnusableAddress, usable_address
from newsletter.subscriptions.typos import likely_domain


class DoubtfulAddress(PermanentError):
    """An address that the reader is asked about; the text is the doubt in words."""

    def __init__(self, sentence: str, suggestion: str = "", *, may_keep: bool = True) -> None:
        super().__init__(sentence)
        self.suggestion = suggestion  # the address that was probably meant
        self.may_keep = may_keep


def settle_doubts(publication: Publication, address: str, *, keep: str) -> None:
    """Ask about a doubtful address by raising `DoubtfulAddress`.

    Args:
        keep: the address that the reader said to take as it is.
    """
    local_part, _at, name = address.rpartition("@")
    domain = ascii_domain(name)
    policy = publication.disposable_addresses
    meant = likely_domain(domain)
    suggestion = f"{local_part}@{meant}" if meant else ""
    if policy is DisposablePolicy.REFUSE and is_disposable(domain):
        words = _("This address would soon be gone. Please enter one that you keep.")
        raise DoubtfulAddress(words, suggestion, may_keep=False)
    if settings.asks_for_mail_servers and _exchangers().takes_mail(domain) is False:
        words = _("%(domain)s takes no mail. Is there a slip in it?", domain=name)
        raise DoubtfulAddress(words, suggestion, may_keep=False)
    if _is_kept(address, keep):
        return
    if suggestion:
        raise DoubtfulAddress(_("Did you mean %(domain)s?", domain=meant), suggestion)
    if policy is DisposablePolicy.WARN and is_disposable(domain):
        words = _("This address will soon be gone, and your subscription with it.")
        raise DoubtfulAddress(words)


def _is_kept(address: str, keep: str) -> bool:
    """Whether the reader said to take this address, however she wrote its domain."""
    try:
        return bool(keep) and usable_address(keep) == address
    except UnusableAddress:
        return False


def _exchangers() -> Exchangers:
    known: Exchangers = current_app.extensions["exchangers"]
    return known
