"""The subject of a digest: its lead's headline and how many more there are, or "Correction"."""

from newsletter.digests.models import DigestKind
from newsletter.mail.templates import fill, one_line
from newsletter.mail.text_layout import shorten

LONGEST = 70


def subject_line(
    *,
    headline: str,
    wish: str,
    others: int,
    language: str,
    kind: DigestKind = DigestKind.DIGEST,
) -> str:
    """Return one line of at most 70 characters; what staff wrote themselves is kept whole."""
    if wished := one_line(wish):
        return wished
    frame = _subject(kind, "", others, language)
    return _subject(kind, shorten(one_line(headline), LONGEST - len(frame)), others, language)


def _subject(kind: DigestKind, headline: str, others: int, language: str) -> str:
    line = fill(f"{kind.value}/subject.txt", language=language, headline=headline, others=others)
    return line.strip("\r\n")
