"""What preflight says of a digest, as its page shows it: each finding with the way to mend it."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from newsletter.digests.gone_pages import overruled_in
from newsletter.digests.models import Digest, DigestKind, DigestState
from newsletter.digests.preflight import Finding, Level, Mend, blocking
from newsletter.digests.preflight_gate import MOST_AT_ONCE
from newsletter.digests.preflight_hold import hold_of
from newsletter.digests.preflight_variants import examine_digest


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One finding, with the page where it is mended."""

    finding: Finding
    overruled: bool
    address: str
    link: str

    @property
    def word(self) -> str:
        """How bad it is, in one word."""
        return "overruled" if self.overruled else self.finding.level.value


@dataclass(frozen=True, slots=True)
class ShownPreflight:
    """All that was found, and what of it keeps the digest from going out."""

    findings: tuple[ShownFinding, ...]
    blocking: tuple[Finding, ...]
    examined: int
    variants: int

    @property
    def count_words(self) -> str:
        """How many errors and warnings there are, in words."""
        kinds = [one.word for one in self.findings]
        counts = [
            f"{number} {word if number == 1 or word == 'overruled' else word + 's'}"
            for word, number in Counter(kinds).items()
        ]
        return ", ".join(counts) or "nothing was found"

    @property
    def may_be_overruled(self) -> bool:
        """Whether staff may send it anyway."""
        return all(one.overrulable for one in self.blocking)


def preflight_of(digest: Digest, *, now: datetime) -> ShownPreflight | None:
    """Examine a draft or a held digest; of others there is nothing left to mend."""
    if digest.state is not DigestState.DRAFT and hold_of(digest) is None:
        return None
    examination = examine_digest(digest=digest, now=now, most=MOST_AT_ONCE)
    if not examination.examined:
        return None
    overruled = overruled_in(digest)
    errors = blocking(examination.findings, overruled=overruled)
    shown = (
        ShownFinding(one, one.level is Level.ERROR and one not in errors, *_way(digest, one))
        for one in examination.findings
    )
    return ShownPreflight(tuple(shown), tuple(errors), examination.examined, examination.variants)


def _way(digest: Digest, finding: Finding) -> tuple[str, str]:
    """Return where a finding is mended, and the words of the link there."""
    if finding.mend is Mend.ARTICLE and finding.article_id is not None:
        return url_for("admin.article", article_id=finding.article_id), "The article"
    if finding.mend is Mend.SETTINGS:
        return f"{url_for('admin.settings')}#field-{finding.field}", "Settings"
    if finding.mend is Mend.DIGEST and digest.state is DigestState.DRAFT:
        is_correction = digest.kind is DigestKind.CORRECTION
        page = "admin.digest" if is_correction else "admin.digest_edit"
        return (
            f"{url_for(page, digest_id=digest.id)}#field-{finding.field or 'subject'}",
            "The draft",
        )
    return "", ""
