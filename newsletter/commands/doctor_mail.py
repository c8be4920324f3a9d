"""The doctor's look at the mail path: relays greet and sign us in, or the outbox takes files."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

from newsletter.commands.findings import Finding, Level
from newsletter.config import settings
from newsletter.mail.outgoing import RelayUnavailable
from newsletter.mail.smtp_connection import connect
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import Relay, SmtpUrlError, parse_smtp_urls

#: A relay that needs longer to greet us holds up every mail.
TIMEOUTS = Timeouts.at_most(10)


def mail_findings() -> Iterator[Finding]:
    """Examine every relay, or the outbox folder where none is set; sends nothing."""
    if settings.mail_goes_to_outbox:
        yield outbox_finding(settings.outbox_dir)
        return
    try:
        relays = parse_smtp_urls(settings.smtp_url)
    except SmtpUrlError as error:
        yield Finding("mail", Level.FAIL, str(error), "Correct SMTP_URL.")
        return
    for relay in relays:
        yield relay_finding(relay)


def relay_finding(relay: Relay) -> Finding:
    """Greet one relay, sign in as mails would be, and leave."""
    try:
        connect(relay, tls_context=ssl.create_default_context(), timeouts=TIMEOUTS).close()
    except RelayUnavailable as unavailable:
        return Finding(
            "mail",
            Level.FAIL,
            str(unavailable),
            "Check SMTP_URL, and that this machine may reach the relay.",
        )
    return Finding("mail", Level.OK, f"{relay.describe()} greets and takes us.")


def outbox_finding(folder: Path) -> Finding:
    """Look whether the folder, or the one it will be made in, can be written."""
    nearest = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        return Finding(
            "mail",
            Level.FAIL,
            f"The outbox folder {folder} cannot be written.",
            "Change its owner, or set VAR_DIR or SMTP_URL.",
        )
    return Finding(
        "mail",
        Level.WARN,
        f"No relay is set: mail stays in {folder}.",
        "Set SMTP_URL before real readers sign up.",
    )
