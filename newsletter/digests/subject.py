"""The subject of a digest: its lead's headline and how many more there are."""

from newsletter.mail.templates import fill, one_line

LONGEST = 70
_ELLIPSIS = "…"
_LOOSE = " ,;:–—-"


def subject_line(*, headline: str, wish: str, others: int, language: str) -> str:
    """Return one line of at most 70 characters; what staff wrote themselves is kept whole."""
    if wished := one_line(wish):
        return wished
    frame = _subject("", others, language)
    return _subject(shorten(one_line(headline), LONGEST - len(frame)), others, language)


def shorten(text: str, longest: int) -> str:
    """Cut text at a word, with an ellipsis, where it is longer than asked for."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    words, space, _ = cut.rpartition(" ")
    # A script without spaces, or one very long word, is cut where it stands.
    kept = words if space and len(words) > longest // 2 else cut
    return kept.rstrip(_LOOSE) + _ELLIPSIS


def _subject(headline: str, others: int, language: str) -> str:
    line = fill("digest/subject.txt", language=language, headline=headline, others=others)
    return line.strip("\r\n")
