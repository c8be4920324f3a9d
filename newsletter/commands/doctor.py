"""The command that examines an installation and says what to do."""

import click
from flask.cli import with_appcontext

from newsletter.clock import utc_now
from newsletter.commands.doctor_checks import examine
from newsletter.commands.findings import Finding, Level
from newsletter.commands.output import json_option, print_json

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


@click.command("doctor")
@json_option
@click.pass_context
@with_appcontext
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Examine database, queue, workers, mail path, addresses and clock; nothing is sent.

    Each line says ok, warn or fail, and what to do about it. Exits 1 if anything failed.
    """
    findings = []
    for finding in examine(now=utc_now()):
        findings.append(finding)
        if not as_json:
            _tell(finding)
    if as_json:
        print_json([vars_of(finding) for finding in findings])
    if any(finding.level is Level.FAIL for finding in findings):
        ctx.exit(1)


def vars_of(finding: Finding) -> dict[str, str]:
    """Return a finding as plain values."""
    return {
        "part": finding.part,
        "level": finding.level.value,
        "found": finding.found,
        "advice": finding.advice,
    }


def _tell(finding: Finding) -> None:
    level = click.style(f"{finding.level.value:<4}", fg=_COLOURS[finding.level])
    click.echo(f"{level}  {finding.part:<13}{finding.found}")
    if finding.advice:
        click.echo(f"{'':<19}{finding.advice}")
