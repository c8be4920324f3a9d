"""The words an article is found by: the same for what is stored and for what is asked.

Both databases are given these terms ready made, not text, so both find the same articles. Case
and marks do not count, nor does a plural's "s". Scripts that write without spaces count each
character as a word, so that a word of theirs is found as a phrase.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from newsletter.slugs import plain_letters

#: Of one word; what is longer is no word but an address or a key.
LONGEST_TERM = 64

_MARKS = "".join(
    chr(code) for code in range(0x300, 0x3100) if unicodedata.category(chr(code)).startswith("M")
)
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai and Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_WORD = re.compile(
    rf"(?=[^\W_])[{_UNSPACED}][{_MARKS}]*|(?![{_UNSPACED}])[^\W_](?:(?![{_UNSPACED}])[^\W_]|[{_MARKS}])*"
)
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_CHUNK = re.compile(r'"([^"]*)"|(\S+)')

#: Ends like a plural and is none, while the word without its "s" means something else.
_NO_PLURALS = {"news"}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: how it is looked up, and where it stands."""

    term: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader looks for: phrases of one or more terms, all of which must occur."""

    phrases: tuple[tuple[str, ...], ...]

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.phrases)


def words_in(text: str) -> Iterator[Word]:
    """Yield the words of `text` in their order."""
    for found in _WORD.finditer(text):
        term = term_of(found[0])
        if term:
            yield Word(term, found.start(), found.end())


def wanted_in(text: str) -> Wanted:
    """Read what somebody typed: words, and phrases in quotation marks; the rest says nothing.

    A word that falls into several terms ("north-east") is a phrase too.
    """
    chunks = (one[0] or one[1] for one in _CHUNK.findall(text.translate(_QUOTES)))
    phrases = (tuple(word.term for word in words_in(chunk)) for chunk in chunks)
    return Wanted(tuple(dict.fromkeys(phrase for phrase in phrases if phrase)))


@lru_cache(maxsize=8192)
def term_of(word: str) -> str:
    """Return the form under which a word is stored and asked for; empty if none is left."""
    plain = "".join(one for one in plain_letters(word) if one.isalnum() or ord(one) > 127)
    return _singular(plain)[:LONGEST_TERM]


def _singular(word: str) -> str:
    """Take a plural's ending off: Harman's S-stemmer (1991), harmless in languages without one."""
    if len(word) < 4 or not word.endswith("s") or not word.isascii() or word in _NO_PLURALS:
        return word
    if word.endswith("ies") and not word.endswith(("aies", "eies")):
        return word[:-3] + "y"
    return word if word.endswith(("us", "ss")) else word[:-1]
