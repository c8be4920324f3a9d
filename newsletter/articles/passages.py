"""The passage of an article that shows why it was found, in pieces: hits and what lies between."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from newsletter.articles.excerpt import shorten
from newsletter.articles.models import Article
from newsletter.articles.plain_text import text_of
from newsletter.articles.search_index import MOST_WORDS
from newsletter.articles.search_words import Wanted, Word, words_in

LONGEST_PASSAGE = 280

#: How much of a passage may stand before its first hit.
LEAD_IN = 80

#: How many hits of a text are weighed against each other.
MOST_SPANS = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of plain text, to be escaped by whoever shows it."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Where one of the wanted phrases stands in a text."""

    start: int
    end: int
    phrase: int


def marked(text: str, wanted: Wanted) -> tuple[Piece, ...]:
    """Return a whole text, its hits apart."""
    return _pieces(text, spans_of(text, wanted))


def passage_of(article: Article, wanted: Wanted) -> tuple[Piece, ...]:
    """Return the standfirst if it shows all that is wanted, else the best passage of the text."""
    standfirst = shorten(article.excerpt, LONGEST_PASSAGE)
    in_standfirst = spans_of(standfirst, wanted)
    if len({span.phrase for span in in_standfirst}) == len(wanted.phrases):
        return _pieces(standfirst, in_standfirst)
    text = text_of(article.content_html)
    spans = spans_of(text, wanted)
    if not spans:
        return _pieces(standfirst, in_standfirst)
    start, end = _window(text, spans)
    inside = [
        Span(span.start - start, span.end - start, span.phrase)
        for span in spans
        if span.start >= start and span.end <= end
    ]
    pieces = list(_pieces(text[start:end], inside))
    if start:
        pieces.insert(0, Piece("… ", False))
    if end < len(text):
        pieces.append(Piece(" …", False))
    return tuple(pieces)


def spans_of(text: str, wanted: Wanted) -> list[Span]:
    """Return where the wanted phrases stand, in the order of the text, none over another."""
    words = list(islice(words_in(text), MOST_WORDS["body"]))
    spans: list[Span] = []
    place = 0
    while place < len(words):
        found = _phrase_at(words, place, wanted.phrases)
        if found is None:
            place += 1
            continue
        last = place + len(wanted.phrases[found]) - 1
        spans.append(Span(words[place].start, words[last].end, found))
        place = last + 1
    return spans


def _phrase_at(
    words: Sequence[Word], place: int, phrases: tuple[tuple[str, ...], ...]
) -> int | None:
    """Return the number of the longest phrase that begins at a word."""
    fitting = [
        (len(phrase), number)
        for number, phrase in enumerate(phrases)
        if words[place].term == phrase[0]
        and tuple(word.term for word in words[place : place + len(phrase)]) == phrase
    ]
    return max(fitting, default=(0, None), key=lambda one: one[0])[1]


def _window(text: str, spans: list[Span]) -> tuple[int, int]:
    """Return the stretch with the most different hits, the earliest of equals, at word ends."""
    reach = LONGEST_PASSAGE - LEAD_IN
    spans = spans[:MOST_SPANS]

    def worth(first: Span) -> tuple[int, int]:
        near = [one for one in spans if first.start <= one.start and one.end <= first.start + reach]
        return len({one.phrase for one in near}), -first.start

    best = max(spans, key=worth)
    start = max(0, best.start - LEAD_IN)
    if start:
        start = _after_space(text, start, best.start)
    end = min(len(text), start + LONGEST_PASSAGE)
    if end < len(text):
        end = _before_space(text, end, best.end)
    return start, max(end, best.end)


def _after_space(text: str, place: int, before: int) -> int:
    """Move on to the next sentence or word before a hit."""
    sentence = text.rfind(". ", place, before)
    if sentence >= 0:
        return sentence + 2
    space = text.find(" ", place, before)
    return space + 1 if space >= 0 else place


def _before_space(text: str, place: int, after: int) -> int:
    space = text.rfind(" ", after, place)
    return space if space >= 0 else place


def _pieces(text: str, spans: list[Span]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    place = 0
    for span in spans:
        pieces += [Piece(text[place : span.start], False), Piece(text[span.start : span.end], True)]
        place = span.end
    pieces.append(Piece(text[place:], False))
    return tuple(piece for piece in pieces if piece.text)
