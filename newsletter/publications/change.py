"""Change a publication and its topics."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.publications.check import (
    UnusableDetail,
    checked_address,
    checked_colour,
    checked_day,
    checked_language,
    checked_languages,
    checked_line,
    checked_site,
    checked_time_zone,
    read_hour,
)
from newsletter.publications.models import Cadence, DatePolicy, DisposablePolicy, Publication, Topic
from newsletter.publications.topics import LONGEST_NAME

#: Minutes: a daily digest has its draft after the one of the day before went out.
LONGEST_LEAD = 20 * 60
#: After how many months of silence readers may be asked; 0: never.
ASK_AFTER_MONTHS = (0, 3, 6, 9, 12, 18, 24)


class UnusableDetails(PermanentError):
    """Details that cannot be stored: `problems` has one sentence for each field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


def change_publication(*, publication: Publication, typed: Mapping[str, str]) -> list[str]:
    """Store the details that are in `typed`, all or none; return the names of the changed ones.

    The slug stays: it stands in links and forms on other sites.

    Raises:
        UnusableDetails: naming every field that cannot be stored.
    """
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field, read in DETAILS.items():
        if field not in typed:
            continue
        try:
            values[field] = read(typed[field])
        except UnusableDetail as problem:
            problems[field] = str(problem)
    if problems:
        raise UnusableDetails(problems)
    changed = [field for field, value in values.items() if getattr(publication, field) != value]
    for field in changed:
        setattr(publication, field, values[field])
    db.session.flush()
    return changed


def change_topic(*, topic: Topic, name: str, offered: bool) -> bool:
    """Rename a topic, offer it to readers or not; say whether anything changed.

    The slug stays, so that the category of the feed keeps finding its topic. Readers who chose a
    topic keep it when it is no longer offered.

    Raises:
        UnusableDetail: no name, or one that is too long.
    """
    name = checked_line("name", name, called="The name", longest=LONGEST_NAME, empty=False)
    changed = (topic.name, topic.offered) != (name, offered)
    topic.name, topic.offered = name, offered
    db.session.flush()
    return changed


def _line(field: str, called: str, longest: int, *, empty: bool = True) -> Callable[[str], str]:
    return lambda text: checked_line(field, text, called=called, longest=longest, empty=empty)


def _text(text: str) -> str:
    """Return several lines of text, without characters that no database keeps."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join("".join(filter(str.isprintable, line)) for line in lines).strip()


def _address(field: str, called: str, text: str) -> str:
    if not text.strip():
        raise UnusableDetail(field, f"{called} is missing.")
    return checked_address(field, text, called=called)


def _optional_address(field: str, called: str, text: str) -> str:
    return checked_address(field, text, called=called) if text.strip() else ""


def _cadence(text: str) -> Cadence:
    try:
        return Cadence(text)
    except ValueError:
        raise UnusableDetail("default_cadence", "Choose one of the cadences.") from None


def _policy(field: str, text: str) -> DatePolicy:
    try:
        return DatePolicy(text)
    except ValueError:
        raise UnusableDetail(field, "Choose include, hold or ignore.") from None


def _disposable(text: str) -> DisposablePolicy:
    try:
        return DisposablePolicy(text)
    except ValueError:
        raise UnusableDetail("disposable_addresses", "Choose allow, warn or refuse.") from None


def _switch(field: str, text: str) -> bool:
    if text not in ("on", "off"):
        raise UnusableDetail(field, "Choose on or off.")
    return text == "on"


def _day(field: str, first: int, last: int, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 3):
        raise UnusableDetail(field, f"Choose a day from {first} to {last}.")
    return checked_day(field, int(text), first=first, last=last)


def _lead(text: str) -> int:
    """Read "0", "90" or "1:30" as the minutes that a draft is made ahead."""
    hours, colon, minutes = text.strip().rpartition(":")
    if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 5):
        raise _unusable_lead()
    if colon and not (hours.isascii() and hours.isdigit() and len(hours) < 3 and int(minutes) < 60):
        raise _unusable_lead()
    lead = int(hours or 0) * 60 + int(minutes)
    if lead > LONGEST_LEAD:
        raise _unusable_lead()
    return lead


def _unusable_lead() -> UnusableDetail:
    return UnusableDetail(
        "draft_lead_minutes",
        f"Give minutes from 0 to {LONGEST_LEAD}, or hours and minutes such as 1:30.",
    )


def _traces_days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= 365):
        raise UnusableDetail("traces_days", "Choose a number of days from 0 to 365.")
    return int(text)


def _months(text: str) -> int:
    if text not in [str(months) for months in ASK_AFTER_MONTHS]:
        raise UnusableDetail("ask_after_months", "Choose one of the times.")
    return int(text)


#: Every field that staff may change, and how its text is read.
DETAILS: dict[str, Callable[[str], Any]] = {
    "name": _line("name", "The name", 200, empty=False),
    "tagline": _text,
    "about": _text,
    "site_url": checked_site,
    "language": lambda text: checked_language(text.strip()),
    "languages": checked_languages,
    "from_name": _line("from_name", "The sender's name", 200, empty=False),
    "from_email": partial(_address, "from_email", "The sender's address"),
    "reply_to": partial(_optional_address, "reply_to", "The address for replies"),
    "contact_email": partial(_optional_address, "contact_email", "The contact address"),
    "postal_address": _text,
    "copyright_line": _line("copyright_line", "The copyright line", 300),
    "accent": lambda text: checked_colour(text.strip()),
    "logo": _line("logo", "The logo", 300),
    "welcome": partial(_switch, "welcome"),
    "default_cadence": _cadence,
    "time_zone": lambda text: checked_time_zone(text.strip()),
    "send_at": read_hour,
    "weekly_day": partial(_day, "weekly_day", 0, 6),
    "monthly_day": partial(_day, "monthly_day", 1, 28),
    "draft_lead_minutes": _lead,
    "counts_clicks": partial(_switch, "counts_clicks"),
    "counts_opens": partial(_switch, "counts_opens"),
    "ask_after_months": _months,
    "ends_unanswered": partial(_switch, "ends_unanswered"),
    "late_articles": partial(_policy, "late_articles"),
    "back_dated_articles": partial(_policy, "back_dated_articles"),
    "future_articles": partial(_policy, "future_articles"),
    "disposable_addresses": _disposable,
    "traces_days": _traces_days,
}
