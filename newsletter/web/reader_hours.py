"""The hour and time zone on the preference page: what to choose from, and what was chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache, lru_cache
from importlib.resources import files

from newsletter.publications.check import checked_time_zone, read_hour
from newsletter.publications.models import Publication
from newsletter.publications.schedule import Hours
from newsletter.subscriptions.models import Subscription
from newsletter.web.forms import PreferencesForm

#: Hours to choose from; a form of somebody's own may name any minute.
WHOLE_HOURS = tuple(f"{time(hour):%H:%M}" for hour in range(24))

#: The zones that people live in, one a line, in the third column (`tz`, theory.html).
_ZONE_TABLE = ("zoneinfo", "zone.tab")


@dataclass(frozen=True, slots=True)
class TypedHours:
    """What the two fields hold; empty: the publication's."""

    hour: str
    time_zone: str


def typed_hours(subscription: Subscription) -> TypedHours:
    """Return what the fields show before anything is typed."""
    own = subscription.own_hours
    return TypedHours(f"{own.send_at:%H:%M}", own.time_zone) if own else TypedHours("", "")


def chosen_hours(form: PreferencesForm, subscription: Subscription) -> Hours | None:
    """Return the hours that a form asks for; None: the publication's.

    A form without these fields, such as one of before they were there, changes nothing.

    Raises:
        UnusableDetail: of the field `send_at` or `time_zone`.
    """
    if form.hour is None and form.time_zone is None:
        return subscription.hours if subscription.own_hours else None
    publication = subscription.publication
    zone = checked_time_zone((form.time_zone or "").strip() or publication.time_zone)
    if not (form.hour or "").strip():
        same = zone == publication.time_zone
        return None if same else Hours(publication.send_at, zone)
    return Hours(read_hour(form.hour or ""), zone)


def hour_choices(typed: TypedHours) -> list[str]:
    """Return the hours to choose from, with what was typed among them."""
    return sorted({*WHOLE_HOURS, typed.hour} - {""})


def zone_choices(
    publication: Publication, typed: TypedHours
) -> Mapping[str, list[tuple[str, str]]]:
    """Return time zones by continent, name and label of each, with what was typed among them."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    names = {*_zones_of_people(), publication.time_zone, typed.time_zone} - {""}
    for name in sorted(names):
        area, slash, _ = name.partition("/")
        grouped.setdefault(area if slash else "Other", []).append((name, zone_label(name)))
    return grouped


@lru_cache(maxsize=1024)  # the page has four hundred of them
def zone_label(name: str) -> str:
    """Write a zone without its continent: "Argentina, Buenos Aires"."""
    places = name.partition("/")[2] or name
    return places.replace("_", " ").replace("/", ", ")


@cache
def _zones_of_people() -> frozenset[str]:
    table = files("tzdata").joinpath(*_ZONE_TABLE).read_text(encoding="utf-8")
    lines = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return frozenset({"UTC", *(cells[2] for cells in lines)})
