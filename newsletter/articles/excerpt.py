"""The short text that stands for an article, and how long reading it takes."""

import math
import re
import unicodedata

LONGEST_EXCERPT = 300
LONGEST_LEAD = 600
WORDS_PER_MINUTE = 220
CHARACTERS_PER_MINUTE = 400  # Chinese, Japanese and Korean, which write without spaces

_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s)|[。！？](?:[”』」）]*)")
_ABBREVIATIONS = (
    "Mr|Mrs|Ms|Dr|Prof|St|Gov|Sen|Rep|Gen|Col|Lt|No|vs|cf|ca|Nr|bzw|usw|Sr|Sra|Jr|Inc|Ltd|Co|"
    "Corp|Mt|Ft|etc|Jan|Feb|Aug|Sept|Oct|Nov|Dec|г|стр|им"
)
_ABBREVIATION = re.compile(rf"(?:^|[\s(“\"'])(?:\w|(?:\w\.)+\w|{_ABBREVIATIONS})\.$")
_OMISSION = re.compile(r"\s*[\[(](?:…|\.\.\.)[\])]$")
_IDEOGRAPHIC = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")


def shorten(text: str, limit: int = LONGEST_EXCERPT) -> str:
    """Cut at the end of a sentence, or at a word with an ellipsis, within `limit` characters."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    sentence = _last_sentence(text, limit)
    if sentence >= limit * 0.4:
        return _OMISSION.sub("", text[:sentence].rstrip())
    return _cut_at_word(text, limit - 1).rstrip(" ,;:–—-(") + "…"


def _last_sentence(text: str, limit: int) -> int:
    best = 0
    for found in _SENTENCE_END.finditer(text, 0, limit + 1):
        ends = found.end() <= limit and not _ABBREVIATION.search(text[: found.start() + 1][-20:])
        following = text[found.end() :].lstrip()[:1]
        if ends and not following.islower():
            best = found.end()
    return best


def _cut_at_word(text: str, limit: int) -> str:
    cut = text[:limit]
    if not text[limit].isspace():
        space = cut.rfind(" ")
        if space > limit * 0.6:
            return cut[:space]
    while cut and unicodedata.combining(text[len(cut)]):
        cut = cut[:-1]  # never between a letter and its accent
    return cut.removesuffix("\u200d")


def reading_minutes(text: str) -> int:
    """Return the whole minutes that reading takes, at least one."""
    ideographs = len(_IDEOGRAPHIC.findall(text))
    words = sum(1 for word in _IDEOGRAPHIC.sub(" ", text).split() if any(map(str.isalnum, word)))
    minutes = words / WORDS_PER_MINUTE + ideographs / CHARACTERS_PER_MINUTE
    return max(1, math.ceil(minutes))
