"""The command that examines a digest before anybody gets it."""

import sys
from dataclasses import asdict

import click

from newsletter.clock import utc_now
from newsletter.commands.digests_status import named_digest
from newsletter.commands.output import json_option, print_json
from newsletter.digests.gone_pages import overruled_in
from newsletter.digests.preflight import blocking
from newsletter.digests.preflight_variants import examine_digest


@click.command("preflight")
@click.argument("id", type=int)
@json_option
def preflight(id: int, as_json: bool) -> None:
    """Tell what is wrong with digest ID, in the variants that its readers get.

    Ends with 1 where an error keeps it from going out. Nothing is changed and no page is asked
    for: what servers said of links is what workers noted before.
    """
    digest = named_digest(id)
    examination = examine_digest(digest=digest, now=utc_now())
    errors = blocking(examination.findings, overruled=overruled_in(digest))
    if as_json:
        facts = {"examined": examination.examined, "variants": examination.variants}
        findings = [asdict(one) | {"blocks": one in errors} for one in examination.findings]
        print_json(facts | {"findings": findings})
    else:
        for one in examination.findings:
            click.echo(f"{one.level.value}: {one.sentence}")
        looked_at = f"{examination.examined:,} of {examination.variants:,} variants looked at"
        click.echo(f"{looked_at}; {len(errors)} of {len(examination.findings)} findings block.")
    if errors:
        sys.exit(1)
