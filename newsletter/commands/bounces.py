"""Commands that take mail which came back, from a mail server on this machine."""

import os
import sys

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from newsletter.clock import utc_now
from newsletter.commands.bounces_listen import listen_lmtp
from newsletter.commands.output import CommandGroup
from newsletter.extensions import db
from newsletter.feedback.receive import EmptyMail, receive_mail
from newsletter.mail.bounce_reports import MOST_OCTETS
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

bounces = CommandGroup("bounces", help="Mail that came back: take it from a mail server.")


@bounces.command("receive")
@click.option("--recipient", default="", metavar="ADDRESS", help="Whom it came to.")
@click.pass_context
def receive(ctx: click.Context, recipient: str) -> None:
    """Store one mail from standard input; a worker reads it.

    For an alias of Postfix, which tells the recipient by itself. Ends with the codes of
    sysexits.h: 0 stored or known, 65 nothing in it, 75 try again later.
    """
    octets = sys.stdin.buffer.read(MOST_OCTETS)
    while sys.stdin.buffer.read(MOST_OCTETS):
        pass  # whoever pipes the rest must not meet a closed pipe
    # postfix local(8), "External command delivery".
    told = recipient or os.environ.get("ORIGINAL_RECIPIENT") or os.environ.get("RECIPIENT", "")
    try:
        with unit_of_work():
            receive_mail(octets=octets, recipient=told, now=utc_now())
    except EmptyMail as nothing:
        click.echo(str(nothing), err=True)
        ctx.exit(os.EX_DATAERR)
    except SQLAlchemyError as error:
        # Whatever the database says, the mail server keeps the mail and comes again.
        db.session.rollback()
        log.error("bounce_not_stored", error=type(error).__name__)
        click.echo("The database does not answer; try again later.", err=True)
        ctx.exit(os.EX_TEMPFAIL)


@bounces.command("listen")
@click.option(
    "--lmtp",
    "where",
    default="127.0.0.1:8024",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen; unix:/PATH for a socket. Keep strangers away from it.",
)
def listen(where: str) -> None:
    """Take mail by LMTP (RFC 2033) until stopped; workers read it."""
    listen_lmtp(where)
