"""Letters: one purpose, one link."""

import re

import pytest
from selectolax.lexbor import LexborHTMLParser

from newsletter.publications.models import Publication
from newsletter.subscriptions.letter_mail import render_letter
from newsletter.subscriptions.models import LetterKind

LINK = "http://localhost/confirm/1-abc-def"

#: A welcome carries a digest and is written elsewhere.
OF_ONE_LINK = (LetterKind.CONFIRMATION, LetterKind.ALREADY_CONFIRMED)

pytestmark = pytest.mark.usefixtures("app")


def paper(**fields: object) -> Publication:
    return Publication(
        **{
            "name": "Paper & Sons",
            "site_url": "https://paper.example.org/",
            "language": "en",
            "accent": "#0B3D6B",
            "about": "Read our best pieces.",
            "contact_email": "desk@example.org",
            "postal_address": "1 Sample Street",
            "copyright_line": "© 2026 Paper",
            "logo": "",
        }
        | fields
    )


@pytest.mark.parametrize("kind", OF_ONE_LINK)
def test_a_letter_has_one_link_in_both_parts(kind: LetterKind) -> None:
    mail = render_letter(kind=kind, publication=paper(), link=LINK)
    links = LexborHTMLParser(mail.html).css("a[href]")
    assert [link.attributes["href"] for link in links] == [LINK]
    assert re.findall(r"https?://\S+", mail.text) == [LINK]


@pytest.mark.parametrize("kind", OF_ONE_LINK)
def test_a_letter_promotes_nothing(kind: LetterKind) -> None:
    mail = render_letter(kind=kind, publication=paper(), link=LINK)
    assert "Read our best pieces." not in mail.html + mail.text


def test_a_confirmation_to_an_imported_address_claims_no_signup() -> None:
    mail = render_letter(
        kind=LetterKind.CONFIRMATION, publication=paper(), link=LINK, imported=True
    )
    said = " ".join(mail.text.split())
    assert "stands on a list of readers that came to Paper & Sons from another service" in said
    assert "If you do not want it, ignore this mail." in said
    assert "sign-up form" not in said + mail.html


def test_a_confirmation_says_who_why_until_when_and_what_otherwise() -> None:
    mail = render_letter(
        kind=LetterKind.CONFIRMATION, publication=paper(), link=LINK, expires_days=7
    )
    said = " ".join(mail.text.split())
    assert mail.subject == "Confirm your subscription to Paper & Sons"
    assert "to receive Paper & Sons at this address" in said
    assert "works for 7 days" in said
    assert "If this was not you, ignore this mail" in said
    assert "Paper &amp; Sons" in mail.html


def test_one_day_is_one_day() -> None:
    mail = render_letter(
        kind=LetterKind.CONFIRMATION, publication=paper(), link=LINK, expires_days=1
    )
    assert "works for 1 day." in mail.text


def test_a_known_reader_is_told_that_nothing_has_changed() -> None:
    mail = render_letter(kind=LetterKind.ALREADY_CONFIRMED, publication=paper(), link=LINK)
    assert mail.subject == "You are already subscribed to Paper & Sons"
    assert "Nothing has changed" in mail.text


def test_a_name_cannot_break_the_subject() -> None:
    mail = render_letter(
        kind=LetterKind.CONFIRMATION, publication=paper(name="Paper\r\nBcc: x"), link=LINK
    )
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


def test_a_letter_speaks_in_the_direction_of_its_language() -> None:
    mail = render_letter(kind=LetterKind.CONFIRMATION, publication=paper(language="he"), link=LINK)
    assert 'dir="rtl"' in mail.html
