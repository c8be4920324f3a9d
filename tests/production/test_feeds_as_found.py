"""Feeds as sites really serve them, mailed article by article and looked at behind the relay."""

import re
from contextlib import ExitStack
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from newsletter.digests.budget import BUDGET
from tests.mail.smtp_servers import Inbox
from tests.production import readers
from tests.production.feed_as_found import FeedAsFound, Item, served
from tests.production.installation import PATIENCE_SECONDS, PUBLIC_ADDRESS, Installation
from tests.production.postfix import PASSED_ON
from tests.standalone.service import wait_until

FEEDS = Path(__file__).resolve().parents[3] / "shared/data/feeds"

pytestmark = [
    pytest.mark.production,
    pytest.mark.skipif(not FEEDS.is_dir(), reason="the collection of feeds is not here"),
]

SITES = {
    "iria": "iria.xml",
    "collective": "wp-en-collectiveaction.xml",
    "publica": "wp-pt-apublica.xml",
}

#: Items of each feed that appear after it was connected.
NEW_ITEMS = 4

#: UTF-8 read as something else, or a character that was lost.
MOJIBAKE = re.compile("â€|Ã[\x80-\xbf©£§¡³µ­]|Â[\xa0-\xbf]|\ufffd")
ENTITY = re.compile(r"&(#\d+|#x[0-9a-f]+|[a-z]+[0-9]*);", re.IGNORECASE)


@dataclass(frozen=True)
class Arrived:
    """A mail as the server behind the relay took it, and the item it is about."""

    site: str
    item: Item
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def parts(self) -> tuple[str, str]:
        """Its text and its HTML."""
        text, html = self.message.iter_parts()
        return text.get_content(), html.get_content()

    @property
    def words(self) -> tuple[str, str]:
        """What a reader of either part sees, the line ends of the layout undone."""
        text, html = self.parts
        body = LexborHTMLParser(html).body
        assert body is not None
        return " ".join(text.split()), " ".join(body.text(separator=" ").split())


def reader_of(site: str, cadence: str) -> str:
    return f"{site}-{cadence}@{PASSED_ON}"


def mails_to(inbox: Inbox, reader: str) -> list[bytes]:
    return [one.content for one in inbox.envelopes if one.rcpt_tos == [reader]]


def digests_to(inbox: Inbox, reader: str) -> list[bytes]:
    """Return what came after the confirmation mail and the welcome."""
    return mails_to(inbox, reader)[2:]


def connect(installation: Installation, inbox: Inbox, site: str, feed: FeedAsFound) -> None:
    """Set a publication up and let two readers subscribe to it."""
    installation.flask(
        *("publications", "create", site, "--name", f"{site.title()} News"),
        *("--from", f"news@{site}.example.org", "--site-url", f"https://{site}.example.org"),
    )
    installation.flask("feeds", "add", site, feed.url)
    for cadence in ("instant", "daily"):
        reader = reader_of(site, cadence)
        readers.sign_up(installation, reader, publication=site, cadence=cadence)
        wait_until(
            lambda reader=reader: mails_to(inbox, reader) != [],
            PATIENCE_SECONDS,
            f"the confirmation mail to {reader}",
        )
        readers.confirm(installation, reader)
        wait_until(
            lambda reader=reader: len(mails_to(inbox, reader)) == 2,
            PATIENCE_SECONDS,
            f"the welcome to {reader}",
        )


@pytest.fixture(scope="module")
def mails(installation: Installation, arrived: Inbox) -> list[Arrived]:
    """One mail for each new item of each feed."""
    with ExitStack() as sites:
        feeds = {
            site: sites.enter_context(served(FEEDS / name, held_back=NEW_ITEMS))
            for site, name in SITES.items()
        }
        for site, feed in feeds.items():
            connect(installation, arrived, site, feed)
        published: dict[str, list[Item]] = {site: [] for site in SITES}
        while any(feed.held_back for feed in feeds.values()):
            for site, feed in feeds.items():
                if feed.held_back:
                    published[site].append(feed.publish())
            readers.poll_soon(installation)
            wait_until(
                lambda: all(
                    len(digests_to(arrived, reader_of(site, "instant"))) >= len(items)
                    for site, items in published.items()
                ),
                PATIENCE_SECONDS,
                f"a mail for each of {published}",
            )
    return [
        Arrived(site, item, raw)
        for site, items in published.items()
        for item, raw in zip(items, digests_to(arrived, reader_of(site, "instant")), strict=True)
    ]


def test_each_new_item_is_one_mail_with_its_headline_as_subject(mails: list[Arrived]) -> None:
    assert len(mails) == 1 + 2 * NEW_ITEMS
    for mail in mails:
        assert mail.message["Subject"] == mail.item.title
        for words in mail.words:
            assert mail.item.title in words


def test_captions_and_credits_stand_in_both_parts(mails: list[Arrived]) -> None:
    assert sum(len(mail.item.captions) for mail in mails) > 5
    assert any(mail.item.credits for mail in mails)
    for mail in mails:
        for words in mail.words:
            assert [one for one in mail.item.captions if one not in words] == []
            assert [one for one in mail.item.credits if one not in words] == []


def test_characters_are_those_of_the_article(mails: list[Arrived]) -> None:
    for mail in mails:
        for words in mail.words:
            assert MOJIBAKE.search(words) is None
            assert ENTITY.search(words) is None
    assert any("ção" in mail.words[0] for mail in mails)
    assert any("’" in mail.words[0] for mail in mails)


def test_the_message_is_one_that_every_server_and_program_takes(mails: list[Arrived]) -> None:
    for mail in mails:
        assert mail.message.get_content_type() == "multipart/alternative"
        kinds = [part.get_content_type() for part in mail.message.iter_parts()]
        assert kinds == ["text/plain", "text/html"]
        assert max(map(len, mail.raw.split(b"\r\n"))) <= 998
        assert mail.raw.isascii()
        assert len(mail.parts[1].encode()) <= BUDGET
        (header,) = mail.message.get_all("List-Unsubscribe")
        assert header.startswith(f"<{PUBLIC_ADDRESS}/unsubscribe/")
        assert mail.message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
        assert len(mail.message.get_all("Message-ID")) == 1


def test_a_front_page_of_all_of_them_arrives_whole(
    installation: Installation, mails: list[Arrived], arrived: Inbox
) -> None:
    reader = reader_of("publica", "daily")
    composed = installation.flask_json("digests", "compose", "publica", "--cadence", "daily")
    titles = [mail.item.title for mail in mails if mail.site == "publica"]
    assert (composed["articles"], composed["readers"]) == (titles[::-1], 1)
    installation.flask("digests", "send", str(composed["id"]))
    wait_until(lambda: digests_to(arrived, reader) != [], PATIENCE_SECONDS, "the front page")
    (raw,) = digests_to(arrived, reader)
    front = Arrived("publica", mails[-1].item, raw)
    assert front.message["Subject"] == f"{titles[-1]} and {NEW_ITEMS - 1} more"
    for words in front.words:
        assert [title for title in titles if title not in words] == []
        assert MOJIBAKE.search(words) is None
        assert ENTITY.search(words) is None
    assert len(front.parts[1].encode()) <= BUDGET
