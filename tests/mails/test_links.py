"""Every link of every kind of mail leads to a page of the running application, or to the site."""

import re
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient

from newsletter.digests.mail_tree import read_mail
from newsletter.digests.preflight import hrefs
from tests.factories import Make
from tests.mails.kinds import KINDS, Mail
from tests.mails.scene import BASE_URL, SITE, Scene, public_settings

_HEADER_LINK = re.compile(r"<(https?://[^>]+)>")
_TEXT_LINK = re.compile(r"https?://\S+")


def links_of(mail: Mail) -> set[str]:
    """Return where a mail leads or what it loads: by its headers and both of its parts."""
    tree = read_mail(mail.html)
    headers = " ".join(
        str(mail.message.get(name, "")) for name in ("List-Unsubscribe", "List-Archive")
    )
    return {
        *hrefs(tree),
        *(one.attrs["src"] for one in tree.find("img")),
        *_HEADER_LINK.findall(headers),
        *_TEXT_LINK.findall(mail.text),
    }


def answer_of(client: FlaskClient, link: str) -> int:
    """Return what a link of ours comes to in the end; one that is counted leads on to the site."""
    for _redirect in range(5):
        response = client.get(link, base_url=BASE_URL, headers={"Accept": "text/html"})
        if response.location is None:
            return response.status_code
        link = urljoin(link, response.location)
        if not link.startswith(f"{BASE_URL}/"):
            return 200 if link.startswith(SITE) else 404
    return 508


#: The links of a proof that open nothing: it is nobody's mail, of a digest that is not out yet.
DEAD_IN_A_PROOF = {"archive", "preferences", "unsubscribe"}


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"digest_of_forty_long_articles"}))
def test_every_link_leads_somewhere(app: Flask, make: Make, client: FlaskClient, kind: str) -> None:
    with public_settings(app):
        links = links_of(Mail(kind, KINDS[kind](Scene(make)).content))
        ours = {link for link in links if link.startswith(f"{BASE_URL}/")}
        answers = {link: answer_of(client, link) for link in sorted(ours)}
    dead = {link.split("/")[3] for link, status in answers.items() if status != 200}
    assert ours
    assert dead == (DEAD_IN_A_PROOF if kind == "proof" else set()), answers
    others = {link for link in links - ours if not link.startswith(SITE)}
    assert others <= {"mailto:desk@example.net"}
