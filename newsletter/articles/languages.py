"""Which language an article is in, when its feed says something else."""

import re

_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]"), {"ja"}),
    ("ko", re.compile(r"[\uac00-\ud7af]"), {"ko"}),
    ("zh", re.compile(r"[\u4e00-\u9fff]"), {"zh", "ja", "ko", "yue", "wuu"}),
    (
        "ru",
        re.compile(r"[\u0400-\u04ff]"),
        {"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "tt"},
    ),
    ("ar", re.compile(r"[\u0600-\u06ff]"), {"ar", "fa", "ur", "ps", "ku", "ckb", "sd", "ug", "dv"}),
    ("he", re.compile(r"[\u0590-\u05ff]"), {"he", "iw", "yi"}),
    ("el", re.compile(r"[\u0370-\u03ff]"), {"el"}),
    ("th", re.compile(r"[\u0e00-\u0e7f]"), {"th"}),
    ("hi", re.compile(r"[\u0900-\u097f]"), {"hi", "mr", "ne", "sa", "bho"}),
)


def language_tag(text: str) -> str | None:
    """Return a language tag in its usual form ("pt-BR"), or None for anything else."""
    text = text.strip()
    if not _TAG.fullmatch(text):
        return None
    first, *rest = re.split("[-_]", text)
    return "-".join([first.lower(), *(_subtag(each) for each in rest)])[:16].rstrip("-")


def _subtag(text: str) -> str:
    if len(text) == 2:
        return text.upper()
    return text.title() if len(text) == 4 and text.isalpha() else text.lower()


def language_of(text: str, stated: str | None) -> str | None:
    """Return the stated language unless the text's script contradicts it.

    Blogs often keep the "en" their software came with.
    """
    sample = [letter for letter in text[:2000] if letter.isalpha()]
    if len(sample) < 4:
        return stated
    for language, script, users in _SCRIPTS:
        share = sum(1 for letter in sample if script.match(letter)) / len(sample)
        if share > (0.1 if language == "ja" else 0.4):
            return stated if stated and stated.split("-")[0] in users else language
    return stated
