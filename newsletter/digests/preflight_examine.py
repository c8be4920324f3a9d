"""Everything that preflight looks at in one rendered mail."""

from newsletter.digests.preflight import Finding, Specimen, each_once
from newsletter.digests.preflight_content import check_content
from newsletter.digests.preflight_links import check_links
from newsletter.digests.preflight_look import check_look


def examine(mail: Specimen) -> list[Finding]:
    """Return what is wrong with a mail, errors first; takes some 20 ms for a large one."""
    return each_once([*check_content(mail), *check_links(mail), *check_look(mail)])
