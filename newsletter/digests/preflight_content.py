"""Preflight of what a mail says: its parts, subject, size, placeholders, headings and pictures."""

import re
from collections.abc import Iterator

from newsletter.digests.budget import BUDGET, LARGEST
from newsletter.digests.preflight import Finding, Level, Mend, Specimen, about
from newsletter.digests.subject import LONGEST
from newsletter.mail.markers import BrokenMarker, Placeholder

#: What other systems, and ours, write where a value is to be filled in.
_UNFILLED = re.compile(
    r"\{\{.{1,60}?\}\}|\{%.{1,60}?%\}|\*\|.{1,60}?\|\*|%%\w{1,60}%%|zz[0-9a-f]{16,64}[a-z]+zz"
)
_HEADING = re.compile(r"h[1-6]")


def check_content(mail: Specimen) -> Iterator[Finding]:
    """Examine everything that is to be read."""
    yield from _parts(mail)
    yield from _subject(mail)
    yield from _size(mail)
    yield from _markers(mail)
    yield from _unfilled(mail)
    yield from _headings(mail)
    yield from _pictures(mail)


def _parts(mail: Specimen) -> Iterator[Finding]:
    for key, words, name in (
        ("no-html", mail.body.text(), "HTML"),
        ("no-text", mail.text.strip(), "plain text"),
    ):
        if not words:
            yield Finding(
                key, Level.ERROR, f"The {name} part is empty.", Mend.DIGEST, overrulable=False
            )


def _subject(mail: Specimen) -> Iterator[Finding]:
    if not mail.subject.strip():
        yield Finding("no-subject", Level.ERROR, "The subject is empty.", Mend.DIGEST)
    elif len(mail.subject) > LONGEST:
        yield Finding(
            "long-subject",
            Level.WARNING,
            f"The subject has {len(mail.subject)} characters; "
            f"mail programs show at most {LONGEST}.",
            Mend.DIGEST,
        )


def _size(mail: Specimen) -> Iterator[Finding]:
    size = len(mail.html.encode())
    if size > LARGEST:
        yield too_large(size)
    elif size > BUDGET:
        yield Finding(
            "large",
            Level.WARNING,
            f"The HTML has {size / 1000:.0f} kB; "
            f"beyond {BUDGET // 1000} kB mail programs may cut it off.",
            Mend.DIGEST,
        )


def too_large(size: int | None = None) -> Finding:
    """Return the finding of a mail that loses its end, and the way to unsubscribe with it."""
    told = f"has {size / 1000:.0f} kB" if size else "stays too large, even with headlines alone"
    return Finding(
        "too-large",
        Level.ERROR,
        f"The HTML {told}; Gmail cuts off what is larger than {LARGEST // 1000} kB, "
        "and the link to unsubscribe with it.",
        Mend.DIGEST,
        overrulable=False,
    )


def _markers(mail: Specimen) -> Iterator[Finding]:
    """Each part needs the reader's own links, and no marker may have come to harm."""
    for name, part in (("HTML", mail.html), ("plain text", mail.text)):
        try:
            pieces = mail.markers.split(part)
        except BrokenMarker:
            yield Finding(
                f"broken-marker {name}",
                Level.ERROR,
                f"A personal place in the {name} part was changed while the mail was made.",
                Mend.OPERATOR,
                overrulable=False,
            )
            continue
        for needed, words in (
            (Placeholder.UNSUBSCRIBE_URL, "to unsubscribe"),
            (Placeholder.PREFERENCES_URL, "to change preferences"),
        ):
            if needed not in pieces:
                yield Finding(
                    f"missing {needed.value} {name}",
                    Level.ERROR,
                    f"The {name} part has no link {words}.",
                    Mend.OPERATOR,
                    overrulable=False,
                )


def _unfilled(mail: Specimen) -> Iterator[Finding]:
    visible = " ".join([mail.subject, mail.body.text()])
    ours = f"zz{mail.markers.nonce}"
    for found in dict.fromkeys(_UNFILLED.findall(visible)):
        if not found.startswith(ours):
            carried = mail.article_with(found)
            yield Finding(
                f"unfilled {found}",
                Level.WARNING,
                f"“{found}”{' in the text' + about(carried) if carried else ''} "
                "looks like a place that nobody filled in.",
                Mend.ARTICLE if carried else Mend.DIGEST,
                carried.id if carried else None,
            )


def _headings(mail: Specimen) -> Iterator[Finding]:
    headings = [one for one in mail.body.walk() if _HEADING.fullmatch(one.tag)]
    if sum(one.tag == "h1" for one in headings) != 1:
        yield Finding(
            "headings h1", Level.ERROR, "The mail has not one heading of its own.", Mend.OPERATOR
        )
    before, carried = 1, None
    for one in headings:
        level = int(one.tag[1])
        carried = mail.named(one) or carried if level == 2 else carried
        article_id = carried.id if carried else None
        if not one.text() and not any(each.attrs.get("alt") for each in one.find("img")):
            kind = Level.ERROR if level <= 2 else Level.WARNING
            words = f"A heading{about(carried)} is empty."
            mend = Mend.ARTICLE if carried else Mend.OPERATOR
            yield Finding(f"heading-empty {article_id}", kind, words, mend, article_id)
        if level > before + 1:
            yield Finding(
                f"heading-skips {article_id}",
                Level.WARNING,
                f"The text{about(carried)} skips a level of headings, "
                "which puzzles readers of screens.",
                Mend.ARTICLE if carried else Mend.OPERATOR,
                article_id,
            )
        before = level


def _pictures(mail: Specimen) -> Iterator[Finding]:
    for carried, story in mail.stories:
        pictures = story.find("img")
        if any("alt" not in one.attrs for one in pictures):
            yield Finding(
                f"no-alt {carried.id}",
                Level.ERROR,
                f"A picture{about(carried)} has no alternative text at all: screen readers spell "
                "out its address.",
                Mend.ARTICLE,
                carried.id,
            )
        mute = [one for one in pictures if not one.attrs.get("alt", "x").strip()]
        if mute:
            yield Finding(
                f"mute-picture {carried.id}",
                Level.WARNING,
                f"{'A picture' if len(mute) == 1 else f'{len(mute)} pictures'}{about(carried)} "
                f"{'has' if len(mute) == 1 else 'have'} an empty alternative text, so some "
                "readers will not know what is shown.",
                Mend.ARTICLE,
                carried.id,
            )
