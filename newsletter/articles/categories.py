"""Which of a feed's categories are meant for readers."""

import re
from collections.abc import Iterable

from newsletter.articles.plain_text import plain_line, says_nothing

LONGEST_CATEGORY = 100
MOST_CATEGORIES = 30

# Systems file under this name what nobody filed.
_UNFILED = {
    *("uncategorized", "uncategorised", "sin categoría", "sin categoria", "sem categoria"),
    *("non classé", "senza categoria", "geen categorie", "ongecategoriseerd", "unkategorisiert"),
    *("okategoriserade", "ukategorisert", "ikke kategoriseret", "bez kategorii", "nezařazené"),
    *("без рубрики", "без категорії", "без категория", "kategorisiz", "genel kategori"),
    *("غير مصنف", "未分类", "未分類", "미분류", "luokittelematon", "fără categorie"),
    *("χωρίς κατηγορία", "egyéb kategória", "kategorizálatlan", "sense categoria", "unfiled"),
}
# What an editorial system tells itself: a slug with underscores, a place on the front page,
# an instruction to another program, Ghost's internal tags.
_INTERNAL = re.compile(
    "|".join(
        (
            r"[a-z0-9]+(_[a-z0-9]+)+|_.*|#.+|[A-Za-z0-9]|\d{1,3}",
            r"(home ?page|front ?page)\b.*|(auto[ -]?)?(post|share|push|send) to \S+",
            r"(hide|exclude|do not|don[’']t|no)[ _-](from|show|rss|feed|home|ads?|index)\b.*",
            r"featured( ?(posts?|articles?|stor(y|ies)|images?))?|top stor(y|ies)",
            r"sticky|slider|carousel|hero",
        )
    ),
    re.IGNORECASE,
)


def readers_categories(names: Iterable[str]) -> tuple[str, ...]:
    """Return the categories a reader would understand, each once, in the feed's order."""
    kept: dict[str, str] = {}
    for name in names:
        shown = plain_line(name[:1000])[:LONGEST_CATEGORY].strip(" ,;")
        if not says_nothing(shown) and not _is_internal(shown):
            kept.setdefault(shown.casefold(), shown)
    return tuple(kept.values())[:MOST_CATEGORIES]


def _is_internal(name: str) -> bool:
    return name.casefold() in _UNFILED or bool(_INTERNAL.fullmatch(name))
