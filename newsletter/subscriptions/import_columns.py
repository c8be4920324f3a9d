"""Find the columns of an imported file by the names that newsletter services give them."""

import re
from enum import StrEnum

from newsletter.subscriptions.import_lines import Record, UnreadableFile


class Column(StrEnum):
    """What a column can tell of a reader."""

    EMAIL = "email"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    CADENCE = "cadence"
    TOPICS = "topics"
    LANGUAGE = "language"
    SIGNED_UP = "signed_up"
    CONFIRMED = "confirmed"
    STATE = "state"
    HOUR = "hour"
    TIME_ZONE = "time_zone"
    PAUSED_UNTIL = "paused_until"


_NAMES: dict[Column, tuple[str, ...]] = {
    Column.EMAIL: ("email", "mail", "address", "emailaddress", "subscriber", "subscriberemail"),
    Column.NAME: ("name", "fullname", "displayname"),
    Column.FIRST_NAME: ("firstname", "givenname"),
    Column.LAST_NAME: ("lastname", "surname", "familyname"),
    Column.CADENCE: ("cadence", "frequency"),
    Column.TOPICS: ("topics", "topic", "categories", "category", "interests"),
    Column.LANGUAGE: ("language", "locale", "lang"),
    Column.SIGNED_UP: (
        *("signedup", "signedupat", "signup", "signupdate", "subscribedat", "subscribed"),
        *("optintime", "createdat", "created", "date", "dateadded"),
    ),
    Column.CONFIRMED: (
        *("confirmed", "confirmedat", "confirmeddate", "confirmationdate", "dateconfirmed"),
        *("confirmtime", "confirmationtime"),
    ),
    Column.STATE: ("state", "status"),
    Column.HOUR: ("hour", "sendat", "deliveryhour"),
    Column.TIME_ZONE: ("timezone", "tz"),
    Column.PAUSED_UNTIL: ("pauseduntil", "pauseuntil"),
}
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names}
_NOTHING = [""] * len(Column)
_NOT_LETTERS = re.compile(r"[^a-z]+")


class Columns:
    """Where each known column stands; `named` says whether the first record names them."""

    def __init__(self, places: dict[Column, int], *, named: bool) -> None:
        self.places = places
        self.named = named
        self._places = [(list(Column).index(column), place) for column, place in places.items()]

    def cells(self, record: Record) -> list[str]:
        """Return the text of each column's cell, in the order of `Column`."""
        _, cells = record
        count = len(cells)
        texts = _NOTHING.copy()
        for number, place in self._places:
            if place < count:
                texts[number] = plain_text(cells[place])
        return texts

    def cell(self, record: Record, column: Column) -> str:
        """Return the text of one cell; empty where there is none."""
        _, cells = record
        place = self.places.get(column, -1)
        return plain_text(cells[place]) if 0 <= place < len(cells) else ""


def find_columns(first: Record) -> Columns:
    """Read the first record as names of columns; a lone column of addresses needs none.

    Raises:
        UnreadableFile: it names no column of addresses.
    """
    places: dict[Column, int] = {}
    _, cells = first
    for place, cell in enumerate(cells):
        column = _COLUMN_OF.get(_NOT_LETTERS.sub("", cell.casefold()))
        if column is not None:
            places.setdefault(column, place)
    if Column.EMAIL in places:
        return Columns(places, named=True)
    if len(cells) == 1 and "@" in cells[0]:
        return Columns({Column.EMAIL: 0}, named=False)
    raise UnreadableFile(
        "The first line names no column of addresses: call that column “email”, or give a file "
        "with nothing but one address a line."
    )


def plain_text(cell: str) -> str:
    """Return a cell without the apostrophe that keeps spreadsheets from running it."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@") else text
