"""Divide the readers of a file among processes, each of which reads the whole file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """Some of the readers of a file: the `number`-th of `of` shares, counted from 0.

    All lines of one reader fall to the same share, so the first of them still wins.
    """

    number: int = 0
    of: int = 1

    def has(self, address: str) -> bool:
        """Say whether the reader with this address, as the file writes it, is of this share.

        By the part before the @, in which no two spellings of an address differ but by letter
        case. Processes agree that were forked from one, since `hash` is another in each that was
        not.
        """
        return hash(address.casefold().rpartition("@")[0]) % self.of == self.number

    @property
    def has_unreadable(self) -> bool:
        """Whether lines that tell of nobody are of this share."""
        return self.number == 0


WHOLE = Share()
