"""Commands about publications."""

from collections.abc import Callable
from email.utils import parseaddr
from functools import partial
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
from newsletter.publications.change import change_publication
from newsletter.publications.check import read_hour
from newsletter.publications.create import create_publication
from newsletter.publications.find import all_publications
from newsletter.publications.models import Cadence, DatePolicy, Publication
from newsletter.unit_of_work import unit_of_work

publications = CommandGroup("publications", help="What readers subscribe to.")

POLICIES = [policy.value for policy in DatePolicy]
#: Options for the rules about odd dates: name, what it is about, default.
DATE_OPTIONS = {
    "late_articles": (
        "--late",
        "Articles dated before the last digest went out.",
        DatePolicy.INCLUDE,
    ),
    "back_dated_articles": (
        "--back-dated",
        "Articles dated more than 30 days before the last digest.",
        DatePolicy.HOLD,
    ),
    "future_articles": (
        "--future",
        "Articles dated in the future; held, they are released at their date.",
        DatePolicy.HOLD,
    ),
}


def date_options(command: Callable[..., None], *, defaults: bool) -> Callable[..., None]:
    """Add the options for odd dates; without `defaults` those not given change nothing."""
    for column, (name, about, default) in reversed(DATE_OPTIONS.items()):
        command = click.option(
            name,
            column,
            type=click.Choice(POLICIES),
            default=default.value if defaults else None,
            show_default=defaults,
            help=about,
        )(command)
    return command


@publications.command("create")
@click.argument("slug")
@click.option("--name", required=True, help='What readers see, such as "IRIA News".')
@click.option(
    "--from",
    "sender",
    required=True,
    help='Sender of its mail: news@example.org or "IRIA News <news@example.org>".',
)
@click.option("--site-url", required=True, help="Web address of the publisher's site.")
@click.option(
    "--cadence",
    type=click.Choice([cadence.value for cadence in Cadence]),
    default=Cadence.WEEKLY.value,
    show_default=True,
    help="What readers get who choose none.",
)
@click.option(
    "--hour",
    default="8",
    show_default=True,
    help='When digests go out by the clock of the time zone: "8" or "02:30".',
)
@click.option(
    "--timezone",
    "time_zone",
    default="UTC",
    show_default=True,
    help="IANA name of the time zone, such as Europe/Berlin.",
)
@click.option(
    "--language",
    default="en",
    show_default=True,
    help="Language of its articles, and of mails and pages to readers who choose none.",
)
@click.option(
    "--languages",
    default="",
    help='Further languages that readers can choose, such as "uk".',
)
@partial(date_options, defaults=True)
@json_option
def create(
    slug: str,
    name: str,
    sender: str,
    site_url: str,
    cadence: str,
    hour: str,
    time_zone: str,
    language: str,
    languages: str,
    late_articles: str,
    back_dated_articles: str,
    future_articles: str,
    as_json: bool,
) -> None:
    """Create the publication SLUG; the slug is its short name in addresses and commands."""
    from_name, from_email = _name_and_address(sender)
    with unit_of_work():
        publication = create_publication(
            slug=slug,
            name=name,
            from_name=from_name,
            from_email=from_email,
            site_url=site_url,
            cadence=Cadence(cadence),
            send_at=read_hour(hour),
            time_zone=time_zone,
            language=language,
            languages=languages,
            late_articles=DatePolicy(late_articles),
            back_dated_articles=DatePolicy(back_dated_articles),
            future_articles=DatePolicy(future_articles),
            now=utc_now(),
        )
    if as_json:
        print_json(_described(publication))
    else:
        click.echo(f"Created {publication.name}. Next: flask feeds add {publication.slug} URL")


@publications.command("change")
@click.argument("slug")
@partial(date_options, defaults=False)
@click.option(
    "--draft-lead",
    "draft_lead_minutes",
    help="Minutes before its hour at which a digest becomes a draft; 0 for none.",
)
@json_option
def change(slug: str, as_json: bool, **rules: str | None) -> None:
    """Change the rules of SLUG for odd dates and for drafts; they concern what comes afterwards."""
    typed = {column: rule for column, rule in rules.items() if rule is not None}
    if not typed:
        raise click.UsageError(
            "Nothing to change: give --late, --back-dated, --future or --draft-lead."
        )
    with unit_of_work():
        publication = named_publication(slug)
        change_publication(publication=publication, typed=typed)
    if as_json:
        print_json(_described(publication))
    else:
        told = ", ".join(f"{name} {policy}" for name, policy in _rules(publication).items())
        lead = publication.draft_lead_minutes
        ahead = f"; drafts {lead} minutes ahead" if lead else ""
        click.echo(f"{publication.name}: {told}{ahead}.")


@publications.command("list")
@json_option
def show(as_json: bool) -> None:
    """List the publications."""
    found = [_described(publication) for publication in all_publications()]
    if as_json:
        print_json(found)
    elif not found:
        click.echo("There is no publication yet.")
    else:
        columns = ("slug", "name", "from", "cadence", "hour", "timezone", "site_url")
        headings = ("Slug", "Name", "From", "Cadence", "Hour", "Time zone", "Site")
        print_table(headings, [tuple(row[column] for column in columns) for row in found])


def _name_and_address(sender: str) -> tuple[str, str]:
    """Split "Name <address>"; anything else is left to the check of the address."""
    if not sender.rstrip().endswith(">"):
        return "", sender
    name, address = parseaddr(sender)
    return (name, address) if address else ("", sender)


def _described(publication: Publication) -> dict[str, Any]:
    return {
        "slug": publication.slug,
        "name": publication.name,
        "from": publication.from_email,
        "site_url": publication.site_url,
        "cadence": publication.default_cadence.value,
        "hour": publication.send_at.strftime("%H:%M"),
        "timezone": publication.time_zone,
        "languages": publication.offered_languages,
        **_rules(publication),
    }


def _rules(publication: Publication) -> dict[str, str]:
    """Return the rules for odd dates by the names of their options."""
    return {
        name.removeprefix("--").replace("-", "_"): getattr(publication, column).value
        for column, (name, _, _) in DATE_OPTIONS.items()
    }
