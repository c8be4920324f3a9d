"""The doctor's look at sending domains: what receivers ask of them, in DNS and at our address."""

from collections.abc import Iterator

import sqlalchemy as sa

from newsletter.commands.findings import Finding, Level
from newsletter.config import settings
from newsletter.extensions import db
from newsletter.mail.domain_findings import DomainFinding, Part, State
from newsletter.publications.domain_check import World, check_domain, real_world, setup_of
from newsletter.publications.find import all_publications

#: Parts that the doctor has lines of their own for; of DKIM, where a key signs.
ELSEWHERE = (Part.DKIM, Part.RELAY)

LEVELS = {
    State.OK: Level.OK,
    State.MISSING: Level.WARN,
    State.WRONG: Level.FAIL,
    State.UNKNOWN: Level.WARN,
}


def domain_findings(*, world: World | None = None) -> Iterator[Finding]:
    """Look at the domain of every publication, a few seconds each, where mail leaves us."""
    if settings.mail_goes_to_outbox:
        return
    try:
        setups = {setup_of(publication) for publication in all_publications()}
    except sa.exc.SQLAlchemyError:
        db.session.rollback()  # the database has a finding of its own
        return
    for setup in sorted(setups, key=lambda setup: setup.domain):
        for found in check_domain(setup, world=world or real_world()):
            unsigned = found.part is Part.DKIM and not any(signs for _, signs in setup.keys)
            if unsigned or found.part not in ELSEWHERE:
                yield _line(found)


def _line(found: DomainFinding) -> Finding:
    records = [f"{one.name} {one.kind} {one.value}" for one in found.records]
    advice = " ".join(filter(None, [found.advice, "; ".join(records)]))
    return Finding(found.part.value.replace("_", "-"), LEVELS[found.state], found.found, advice)
