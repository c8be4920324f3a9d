"""What a compiled message is made of: octets that stay and slots that are filled."""

from dataclasses import dataclass
from enum import StrEnum

from newsletter.mail.markers import Placeholder


class Place(StrEnum):
    """Where a personal value stands, which decides how it is escaped. Stored: never rename one."""

    TEXT = "text"  # body, plain
    HTML = "html"  # body, in an element or a quoted attribute
    WORDS = "words"  # header read by people
    FIRST_WORDS = "firstwords"  # the same, at the start of the value
    PHRASE = "phrase"  # display name before an address
    ADDRESS = "address"  # the address in a header
    MACHINE = "machine"  # header read by machines


@dataclass(frozen=True)
class Slot:
    """One gap in a message: which value, and escaped for which place."""

    placeholder: Placeholder
    place: Place


Piece = bytes | Slot
