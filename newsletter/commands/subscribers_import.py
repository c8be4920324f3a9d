"""The command that imports readers from a file."""

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from newsletter.clock import utc_now
from newsletter.commands.import_lanes import LaneEnded, stored
from newsletter.commands.import_report import ImportReport
from newsletter.commands.output import json_option, named_publication, print_json
from newsletter.publications.models import Cadence
from newsletter.subscriptions.bulk_import import Overtaken, SliceResult
from newsletter.subscriptions.import_lines import ReaderFile
from newsletter.subscriptions.import_plan import ImportPlan
from newsletter.subscriptions.models import LegalBasis

#: Seconds between two lines about the progress where no bar can be drawn.
LINE_SECONDS = 2.0


@dataclass
class Totals:
    """What came of all slices so far."""

    lines: int = 0
    added: int = 0
    already_there: int = 0
    refused: int = 0
    letters: int = 0

    def add(self, result: SliceResult) -> None:
        """Count one more slice."""
        self.lines += result.lines
        self.added += result.added
        self.already_there += result.there
        self.refused += len(result.refusals)
        self.letters += result.letters


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--publication", "slug", required=True, metavar="SLUG", help="What they subscribe to."
)
@click.option("--confirmed", is_flag=True, help="They confirmed elsewhere; needs --evidence.")
@click.option("--evidence", default="", metavar="TEXT", help="Where and how they confirmed.")
@click.option(
    "--legal-basis",
    type=click.Choice([LegalBasis.IMPORTED_EVIDENCE.value, LegalBasis.SOFT_OPT_IN.value]),
    default=LegalBasis.IMPORTED_EVIDENCE.value,
    show_default=True,
    help="With --confirmed: why they may be mailed; soft_opt_in: as customers.",
)
@click.option(
    "--cadence",
    type=click.Choice([cadence.value for cadence in Cadence]),
    help="For lines that name none; else the publication's own.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused lines are written; else FILE.errors.csv.",
)
@click.option("--yes", is_flag=True, help="Do not ask before confirmation letters are sent.")
@click.option("--strict", is_flag=True, help="Exit 1 if any line was refused.")
@json_option
@click.pass_context
def import_readers(
    ctx: click.Context,
    file: Path,
    slug: str,
    confirmed: bool,
    evidence: str,
    legal_basis: str,
    cadence: str | None,
    report: Path | None,
    yes: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Import readers from FILE: CSV with named columns, or one address a line.

    Columns, in any order and by their usual names: email, name (or first and last name),
    cadence, topics (slugs or names, divided by semicolons), language, signed up, confirmed,
    state. Commas, semicolons, tabs and bars divide; UTF-8 and UTF-16 are read.

    Without --confirmed readers stay pending and each gets a confirmation letter. With it they
    are confirmed at once, the evidence is kept with each, and nothing old is mailed to them.

    Who is there already stays untouched, so a second run changes nothing. Suppressed, erased
    and unsubscribed readers are refused. Every 25,000 lines are stored together: an import that
    breaks off keeps what it stored, and the same command goes on.

    Exits 0 when the whole file was read, refused lines or not; with --strict 1 if any was.
    """
    plan = ImportPlan(
        publication_id=named_publication(slug).id,
        confirmed=confirmed,
        evidence=evidence,
        legal_basis=LegalBasis(legal_basis),
        cadence=Cadence(cadence) if cadence else None,
    )
    if not confirmed and not yes and sys.stdin.isatty():
        _ask(file)
    path = report or file.with_name(file.name + ".errors.csv")
    with ReaderFile(file) as opened, ImportReport(path) as written:
        totals = _run(opened, plan, written, quiet=as_json)
    if as_json:
        print_json(asdict(totals) | {"report": str(path) if totals.refused else None})
    else:
        _tell(totals, path)
    if strict and totals.refused:
        ctx.exit(1)


def _ask(file: Path) -> None:
    with ReaderFile(file) as opened:
        count = sum(1 for _ in opened)
    click.confirm(
        f"Up to {count:,} readers will each get a confirmation letter. Go on?", abort=True, err=True
    )


def _run(opened: ReaderFile, plan: ImportPlan, report: ImportReport, *, quiet: bool) -> Totals:
    totals = Totals()
    now = utc_now()
    hidden = quiet or not sys.stderr.isatty()
    said = time.monotonic()
    with click.progressbar(
        length=opened.size, label="Importing", file=sys.stderr, hidden=hidden
    ) as bar:
        done = 0
        with _explained(totals), _garbage_left_alone():
            for result, position in stored(opened, plan=plan, now=now):
                totals.add(result)
                report.add(result.refusals)
                bar.update(position - done)
                done = position
                if hidden and not quiet and time.monotonic() - said > LINE_SECONDS:
                    said = time.monotonic()
                    click.echo(f"{totals.lines:,} lines read …", err=True)
    return totals


@contextmanager
def _explained(totals: Totals) -> Iterator[None]:
    """Say of an import that breaks off how far it came."""
    try:
        yield
    except (SQLAlchemyError, Overtaken, LaneEnded) as error:
        what = "database" if isinstance(error, SQLAlchemyError) else "import"
        raise click.ClickException(
            f"The {what} failed after {totals.lines:,} lines, which are stored "
            f"({type(error).__name__}). Run the same command again to go on."
        ) from error


@contextmanager
def _garbage_left_alone() -> Iterator[None]:
    """Search for garbage only where it is asked for: see `import_lanes`."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _tell(totals: Totals, report: Path) -> None:
    read = "1 line" if totals.lines == 1 else f"{totals.lines:,} lines"
    click.echo(f"{read} read: {totals.added:,} added, ", nl=False)
    click.echo(f"{totals.already_there:,} already there, {totals.refused:,} refused.")
    if totals.letters == 1:
        click.echo("1 confirmation letter waits for the workers.")
    elif totals.letters:
        click.echo(
            f"{totals.letters:,} confirmation letters wait for the workers, "
            "which send them bit by bit."
        )
    if totals.refused:
        click.echo(f"Refused lines and why: {report}")
