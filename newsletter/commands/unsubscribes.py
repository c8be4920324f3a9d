"""Commands about unsubscribing by mail."""

import sys
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses

import click
from sqlalchemy.exc import DBAPIError

from newsletter.clock import utc_now
from newsletter.commands.output import CommandGroup, json_option, print_json
from newsletter.subscriptions.unsubscribe_mail import (
    UnsubscribeMail,
    handle_unsubscribe_mail,
    is_unsubscribe_address,
)
from newsletter.unit_of_work import unit_of_work

#: Exit codes that mail servers know (sysexits.h).
NO_SUCH_USER = 67
TRY_LATER = 75

#: Where a mail server notes to whom a mail came, the surest first.
RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")

#: A mail is read so far: its headers are enough.
MOST_OCTETS = 1_000_000

unsubscribes = CommandGroup("unsubscribes", help="Unsubscribing by mail.")


@unsubscribes.command("receive")
@click.option(
    "--to", "address", metavar="ADDRESS", help="The envelope's recipient; else the headers say."
)
@json_option
def receive(address: str | None, as_json: bool) -> None:
    """Take a mail to unsubscribe+…@BOUNCE_DOMAIN from standard input and end the subscription.

    For a mail server that pipes the mails of these addresses into a program. Nothing is
    answered. A repeated mail changes nothing and is no error.

    Exits 67 (no such user) if the address names no subscription, so that the server tells the
    sender; 75 (try later) if the database is away, so that the server keeps the mail.
    """
    head = sys.stdin.buffer.read(MOST_OCTETS)
    mail = BytesParser(policy=policy.default).parsebytes(head, headersonly=True)
    recipient = address or _recipient_in(mail)
    try:
        with unit_of_work():
            result = handle_unsubscribe_mail(
                address=recipient, sender=str(mail.get("From", "")), now=utc_now()
            )
    except DBAPIError as error:
        click.echo(f"The database does not answer ({type(error).__name__}).", err=True)
        raise click.exceptions.Exit(TRY_LATER) from error
    if as_json:
        print_json({"result": result.value})
    else:
        click.echo(_WORDS[result])
    if result in (UnsubscribeMail.UNKNOWN, UnsubscribeMail.NOT_FOR_US):
        raise click.exceptions.Exit(NO_SUCH_USER)


_WORDS = {
    UnsubscribeMail.ENDED: "Unsubscribed.",
    UnsubscribeMail.ENDED_BEFORE: "The subscription had ended before.",
    UnsubscribeMail.UNKNOWN: "The address names no subscription.",
    UnsubscribeMail.NOT_FOR_US: "The mail is not addressed to unsubscribe+….",
}


def _recipient_in(mail: EmailMessage) -> str:
    """Return the first address of the headers that is one to unsubscribe by, else none."""
    for name in RECIPIENT_HEADERS:
        for _, address in getaddresses([str(value) for value in mail.get_all(name, [])]):
            if is_unsubscribe_address(address):
                return address
    return ""
