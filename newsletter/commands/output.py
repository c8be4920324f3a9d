"""What commands share: --json, progress on standard error, refusals as one sentence."""

import json
import sys
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, TypeVar

import click
from flask.cli import AppGroup
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

from newsletter.errors import NewsletterError
from newsletter.publications.find import publication_by_slug
from newsletter.publications.models import Publication

T = TypeVar("T")

json_option: Callable[[Any], Any] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for scripts instead of text."
)


class CommandGroup(AppGroup):
    """A group of commands whose refusals end as one sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except NewsletterError as error:
            raise click.ClickException(str(error)) from error
        except (OperationalError, ProgrammingError, InterfaceError) as error:
            raise click.ClickException(_database_trouble(error)) from error


def print_json(value: Any) -> None:
    """Print `value` as one JSON document."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def print_table(headings: tuple[str, ...], rows: Collection[tuple[str, ...]]) -> None:
    """Print `rows` in columns under `headings`."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def progress(
    items: Collection[T], *, label: str, quiet: bool = False
) -> AbstractContextManager[Any]:
    """Iterate over `items` behind a progress bar, which only a person at a terminal sees."""
    hidden = quiet or not sys.stderr.isatty()
    return click.progressbar(items, label=label, file=sys.stderr, hidden=hidden)


def named_publication(slug: str) -> Publication:
    """Return the publication that the operator named, or refuse."""
    publication = publication_by_slug(slug)
    if publication is None:
        raise click.ClickException(f"There is no publication called {slug}.")
    return publication


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _database_trouble(error: Exception) -> str:
    text = str(getattr(error, "orig", error))
    if "no such table" in text or ("relation" in text and "does not exist" in text):
        return "The database is not prepared for this version: run `flask db upgrade` first."
    return "The database does not answer: " + text.strip().partition("\n")[0]
