"""What comes back through a Postfix: by its transport to our LMTP listener, and into the rows."""

import smtplib
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from newsletter import PROJECT_DIR
from newsletter.extensions import db
from newsletter.subscriptions import links
from newsletter.subscriptions.models import Letter, Subscriber, Subscription
from newsletter.suppressions.suppress import suppression_of
from tests.production import children, postfix, readers
from tests.production.installation import PATIENCE_SECONDS, Installation
from tests.production.postfix import Postfix
from tests.standalone.service import wait_until

pytestmark = pytest.mark.production

NOBODY = f"nobody@{postfix.UNKNOWN}"
READER = "leaving@example.net"


@pytest.fixture
def listening(installation: Installation, relay: Postfix) -> Iterator[None]:
    """Our listener, where the transport of that Postfix leads."""
    where = f"127.0.0.1:{relay.bounces_port}"
    log = installation.log_path("listen")
    process = children.start(
        ["flask", "bounces", "listen", "--lmtp", where],
        log=log,
        cwd=PROJECT_DIR,
        environment=installation.environment,
    )
    children.wait_for_port(relay.bounces_port, process, log=log)
    yield
    assert children.stop(process) == 0


@pytest.mark.usefixtures("listening")
def test_a_bounce_and_an_unsubscribing_mail_come_back_through_postfix_by_lmtp(
    installation: Installation, relay: Postfix
) -> None:
    installation.flask(
        *("publications", "create", "returned", "--name", "The Returned"),
        *("--from", "news@returned.example.org", "--site-url", "https://returned.example.org"),
    )
    readers.sign_up(installation, NOBODY, publication="returned")
    readers.sign_up(installation, READER, publication="returned")
    wait_until(lambda: suppressed(installation), PATIENCE_SECONDS, "the bounce of a confirmation")
    assert letter(installation) == ("bounced", "5.1.1 No such user here")

    readers.confirm(installation, READER)
    address = unsubscribe_address(installation)
    with smtplib.SMTP("127.0.0.1", relay.port) as server:
        server.sendmail(READER, [address], f"From: {READER}\r\nTo: {address}\r\n\r\n")
    wait_until(
        lambda: readers.state_of(installation, READER) == "unsubscribed",
        PATIENCE_SECONDS,
        "the end by mail",
    )
    handed_on = [one for one in relay.log.splitlines() if "postfix/lmtp" in one]
    assert len(handed_on) == 2
    assert all("status=sent (250 2.0.0 Stored)" in one for one in handed_on), handed_on


def suppressed(installation: Installation) -> bool:
    with installation.app.app_context():
        return suppression_of(address=NOBODY) is not None


def letter(installation: Installation) -> tuple[str, str]:
    """Return what became of the confirmation, in the words that staff read."""
    with installation.app.app_context():
        found = db.session.scalars(
            sa.select(Letter)
            .join(Subscription, Subscription.id == Letter.subscription_id)
            .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
            .where(Subscriber.email == NOBODY)
        ).one()
        return found.state.value, found.reason


def unsubscribe_address(installation: Installation) -> str:
    """Return the address that List-Unsubscribe names in a mail to the reader."""
    with installation.app.app_context():
        reader = db.session.scalars(
            sa.select(Subscription).join(Subscriber).where(Subscriber.email == READER)
        ).one()
        token = links.link_writer().reader_links(subscription_id=reader.id).unsubscribe_token
        return f"unsubscribe+{token}@{postfix.BOUNCES}"
