"""Sixty invented readers and what each of them did."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from newsletter.publications.models import Cadence

#: How far back the first of them signed up.
PAST = timedelta(days=60)

TOPICS = ("Africa", "Americas", "Analysis", "Asia", "Europe", "Middle East", "News", "Security")

_NAMES = """
Adela Brunvik, Amon Terwelle, Anouk Hesselin, Aroha Tamihana, Bastian Orlow, Beatriz Quimera,
Bram Oostveld, Celia Marangon, Chidi Ekwueni, Clara Wendhausen, Dagny Solheimer, Daria Volkonen,
Davor Petrinel, Dele Akinsholu, Edda Klarwein, Elif Sarmanlı, Emre Tandogar, Esra Bilginay, Fadi
Mansourel, Farah Zeidani, Femke Dijkhoven, Gaspar Relvao, Greta Lindqvall, Hana Moritake, Hedda
Nyquister, Idris Belkharoub, Ilkka Rantamo, Imani Wekesari, Ines Carvalhaes, Jarek Wolniak, Joana
Pestrela, Jonas Ehrenfeldt, Kaija Vesterlund, Kamal Idrissane, Karim Touhami, Katrin Losserand,
Kofi Anterwi, Laila Benhamra, Leander Voss, Lena Marschik, Lucia Ferrandini, Maren Oyedal, Marek
Dubravec, Mila Stojanek, Mirjam Haverkate, Nadia Rahmouni, Niels Torgaard, Noemi Castelvar,
Oluchi Nwafori, Oscar Brandmeier, Petra Zelinkova, Rana Qasimi, Rafael Monteagud, Ruta Kalnavis,
Samir Ouardani, Selma Haukland, Tomas Ardevol, Ulla Friedmar, Vera Kosmatou, Yara Nassiri
"""
_DOMAINS = ("example.org", "example.com", "example.net")

_PENDING = (49, 53, 56, 58, 59)
_LEFT = (4, 11, 17, 26, 33, 41)
_CHANGED = {8: Cadence.DAILY, 20: Cadence.MONTHLY, 31: Cadence.DAILY}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderStory:
    """What one reader did; moments are told as time before now."""

    number: int
    name: str
    email: str
    cadence: Cadence
    topics: tuple[str, ...]
    from_site: bool  # she signed up in the box under an article
    signed_up: timedelta
    confirmed: timedelta | None
    changed: tuple[timedelta, Cadence] | None
    left: timedelta | None


def reader_stories() -> Iterator[ReaderStory]:
    """Yield the readers in the order of their signups, which come ever closer together."""
    names = [name.strip() for name in _NAMES.replace("\n", " ").split(",")]
    for number, name in enumerate(names):
        signed_up = PAST * (1 - number / len(names)) ** 1.5 - timedelta(minutes=number * 7 % 60)
        halfway = signed_up / 2
        wish = _CHANGED.get(number)
        yield ReaderStory(
            number=number,
            name=name if number % 3 else "",
            email=f"{_mailbox(name)}@{_DOMAINS[number % len(_DOMAINS)]}",
            cadence=_cadence(number),
            topics=_topics(number),
            from_site=number % 3 == 1,
            signed_up=signed_up,
            confirmed=None if number in _PENDING else signed_up - _until_confirmed(number),
            changed=(halfway, wish) if wish else None,
            left=halfway if number in _LEFT else None,
        )


def _mailbox(name: str) -> str:
    return name.casefold().replace("ı", "i").replace(" ", ".")


def _cadence(number: int) -> Cadence:
    """Most take what the publication proposes."""
    cadences = {2: Cadence.DAILY, 6: Cadence.INSTANT, 9: Cadence.DAILY, 13: Cadence.MONTHLY}
    return cadences.get(number % 15, Cadence.WEEKLY)


def _topics(number: int) -> tuple[str, ...]:
    if number % 4 != 1:
        return ()
    first = number % len(TOPICS)
    return tuple({TOPICS[first], TOPICS[(first + 3) % len(TOPICS)]})


def _until_confirmed(number: int) -> timedelta:
    return timedelta(minutes=3 + number * 11 % 50)
