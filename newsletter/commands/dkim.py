"""Commands about DKIM keys: what this service signs its mail with."""

from typing import Any

import click

from newsletter.clock import utc_now
from newsletter.commands.output import (
    CommandGroup,
    json_option,
    named_publication,
    print_json,
    print_table,
)
from newsletter.extensions import db
from newsletter.mail.dkim_dns import text_records
from newsletter.mail.dkim_record import Algorithm, DkimRecord
from newsletter.publications.dkim_keys import (
    activate_key,
    all_keys,
    check_activation,
    create_key,
    is_aligned,
    key_called,
    record_of,
    retire_key,
)
from newsletter.publications.models import DkimKey, DkimKeyState
from newsletter.staff import audit
from newsletter.unit_of_work import unit_of_work

_KEEP = "Leave its record in DNS for a week: mails on their way are checked by it."

dkim = CommandGroup("dkim", help="Keys that sign a publication's mail (DKIM).")


@dkim.command("create")
@click.argument("publication")
@click.option("--selector", default="", help="Name of the key in DNS; by itself algorithm-month.")
@click.option(
    "--algorithm",
    type=click.Choice([algorithm.value for algorithm in Algorithm]),
    default=Algorithm.RSA.value,
    show_default=True,
    help="rsa (2048 bits) is checked everywhere; ed25519 beside it by some.",
)
def create(publication: str, selector: str, algorithm: str) -> None:
    """Make a key for PUBLICATION and print its DNS record; nothing is signed with it yet."""
    with unit_of_work():
        key = create_key(
            publication=named_publication(publication),
            algorithm=Algorithm(algorithm),
            selector=selector,
            now=utc_now(),
        )
        _note("dkim_key_created", key)
        record, name = record_of(key), key.selector
    click.echo(record.zone_line)
    click.echo("")
    click.echo("Put this into DNS. Where a form asks for name and value, these are:")
    click.echo(f"  {record.name}")
    click.echo(f"  {record.value}")
    click.echo(f"Once DNS has it: flask dkim activate {publication} {name}")


@dkim.command("list")
@json_option
def show(as_json: bool) -> None:
    """List the keys of all publications and how they stand; private keys are never shown."""
    found = [_described(key) for key in all_keys()]
    if as_json:
        print_json(found)
    elif not found:
        click.echo("There is no key: mail leaves unsigned, and the relay may sign it.")
    else:
        columns = ("publication", "selector", "domain", "algorithm", "state", "created")
        rows = [tuple(one[column] for column in columns) for one in found]
        print_table(tuple(column.capitalize() for column in columns), rows)


@dkim.command("activate")
@click.argument("publication")
@click.argument("selector")
@click.option("--without-dns", is_flag=True, help="Do not ask DNS whether it has the record.")
def activate(publication: str, selector: str, without_dns: bool) -> None:
    """Sign PUBLICATION's mail with the key SELECTOR, in place of its last one of that algorithm."""
    key = _key(publication, selector)
    check_activation(key)
    record = record_of(key)
    db.session.rollback()  # nothing stays open while DNS is asked
    if not without_dns:
        _check_dns(record)
    with unit_of_work():
        key = _key(publication, selector)
        replaced = activate_key(key=key)
        _note("dkim_key_activated", key)
        retired = replaced.selector if replaced else ""
    click.echo(f"Mail of {publication} is signed with {selector} from now on.")
    if retired:
        click.echo(f"{retired} is retired. {_KEEP}")


@dkim.command("retire")
@click.argument("publication")
@click.argument("selector")
def retire(publication: str, selector: str) -> None:
    """Never sign with the key SELECTOR of PUBLICATION again, and forget its private half."""
    with unit_of_work():
        key = _key(publication, selector)
        retire_key(key=key)
        _note("dkim_key_retired", key)
        signs = any(one.state is DkimKeyState.ACTIVE for one in key.publication.dkim_keys)
    click.echo(f"{selector} is retired. {_KEEP}")
    if not signs:
        click.echo(f"Mail of {publication} leaves unsigned now.")


def _key(publication: str, selector: str) -> DkimKey:
    return key_called(publication=named_publication(publication), selector=selector)


def _check_dns(record: DkimRecord) -> None:
    """Refuse a key that receivers would not find. Raises DnsUnavailable."""
    problem = record.problem_with(text_records(record.name))
    if problem:
        raise click.ClickException(
            f"{problem} A new record may take an hour to be seen; --without-dns does not ask."
        )


def _note(action: str, key: DkimKey) -> None:
    audit.record(
        action,
        staff=None,
        now=utc_now(),
        object_kind="publication",
        object_id=key.publication_id,
        detail=key.selector,
    )


def _described(key: DkimKey) -> dict[str, Any]:
    return {
        "publication": key.publication.slug,
        "selector": key.selector,
        "domain": key.domain,
        "algorithm": key.algorithm.value,
        "state": key.state.value if is_aligned(key) else f"{key.state.value}, other domain",
        "created": f"{key.created_at:%Y-%m-%d}",
        "record": record_of(key).value,
    }
