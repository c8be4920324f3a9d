"""Preflight of links: the same in both parts, and they lead somewhere."""

import re
from collections.abc import Iterator

from newsletter.articles.resolve_link import LinkAnswer
from newsletter.digests.preflight import (
    Carried,
    Finding,
    Level,
    Mend,
    Specimen,
    about,
    hrefs,
)

_IN_TEXT = re.compile(r"https?://[^\s<>\"]+")
_CLOSING = ".,;:!?)]}'\"”’»…"
_SHOWN = 80


def check_links(mail: Specimen) -> Iterator[Finding]:
    """Compare the parts, and tell what became of asking for each page."""
    yield from _only_in_html(mail)
    yield from _only_in_text(mail)
    yield from _unresolved(mail)


def _only_in_html(mail: Specimen) -> Iterator[Finding]:
    for address in dict.fromkeys(hrefs(mail.body)):
        if address.removeprefix("mailto:") in mail.text or mail.markers.nonce in address:
            continue  # of the reader's own links, `preflight_content` tells
        carried = mail.articles.get(address)
        yield Finding(
            f"only-html {address}",
            Level.ERROR if carried else Level.WARNING,
            f"The plain text lacks the link {_short(address)}{_where(mail, address, carried)}.",
            Mend.ARTICLE if carried else Mend.DIGEST,
            carried.id if carried else None,
        )


def _only_in_text(mail: Specimen) -> Iterator[Finding]:
    known = " ".join([*hrefs(mail.body), mail.body.text()])
    for address in dict.fromkeys(_IN_TEXT.findall(mail.text)):
        if address.rstrip(_CLOSING) not in known:
            yield Finding(
                f"only-text {address}",
                Level.WARNING,
                f"The HTML lacks the link {_short(address)}, which the plain text has.",
                Mend.DIGEST,
            )


def _unresolved(mail: Specimen) -> Iterator[Finding]:
    """An article whose own page is gone is an error: its readers would stand before nothing.

    A page that an article mentions may be gone without anybody here being able to help it, and a
    digest must not wait for that, nor for a sponsor's page. A site that does not answer us may well
    answer readers.
    """
    for address in dict.fromkeys(hrefs(mail.body)):
        answer = mail.links.get(address, LinkAnswer.OK)
        if answer is LinkAnswer.OK:
            continue
        own = mail.articles.get(address)
        carried = own or _carrying(mail, address)
        words = (
            f"leads nowhere: its server says that the page is gone{_where(mail, address, own)}."
            if answer is LinkAnswer.GONE
            else f"could not be checked: its server did not answer{_where(mail, address, own)}."
        )
        mend, field = _where_mended(mail, address, carried)
        yield Finding(
            f"link-{answer.value} {address}",
            Level.ERROR if own and answer is LinkAnswer.GONE else Level.WARNING,
            f"The link {_short(address)} {words}",
            mend,
            carried.id if carried else None,
            field=field,
        )


def _where_mended(mail: Specimen, address: str, carried: Carried | None) -> tuple[Mend, str]:
    """Return where a link is changed, and the field; what no editor wrote is the site's."""
    if carried:
        return Mend.ARTICLE, ""
    if address in mail.own:
        return Mend.DIGEST, mail.own[address]
    return Mend.SETTINGS, "site_url"


def _carrying(mail: Specimen, address: str) -> Carried | None:
    return next(
        (carried for carried, story in mail.stories if address in hrefs(story)),
        None,
    )


def _where(mail: Specimen, address: str, own: Carried | None) -> str:
    if own is not None:
        return f" – it is the page{about(own)} itself"
    carried = _carrying(mail, address)
    return f" – it stands in the text{about(carried)}" if carried else ""


def _short(address: str) -> str:
    return address if len(address) <= _SHOWN else address[: _SHOWN - 1] + "…"
