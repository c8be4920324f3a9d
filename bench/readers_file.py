"""A file of made-up readers, as services export them: repeats, mistakes, umlauts, dates."""

import random
from pathlib import Path

_TOPS = ("com", "org", "net")

#: Of each so many lines one has no address, one repeats an earlier reader, one is international.
PERIOD = 200


def write_readers(path: Path, lines: int) -> None:
    """Write so many lines below the names of the columns; the same lines each time."""
    chance = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        file.write("email,name,signed up\n")
        for number in range(lines):
            day, minute = chance.randrange(1, 29), chance.randrange(24 * 60)
            moment = f"2021-{1 + number % 12:02}-{day:02} {minute // 60:02}:{minute % 60:02}"
            file.write(f"{_address(number, chance)},Reader {number},{moment}\n")


def _address(number: int, chance: random.Random) -> str:
    top = _TOPS[number % 3]
    match number % PERIOD:
        case 0:
            return f"nobody {number}"
        case 1 if number > PERIOD:
            earlier = max(number - 10 * PERIOD + 2, 3)  # a plain one
            return f"{_local_part(earlier)}@example.{_TOPS[earlier % 3]}".upper()
        case 2:
            return f"{_local_part(number)}@bücher.example.{top}"
        case kind if kind % 5 == 0:
            return f"{_local_part(number)}@office{chance.randrange(100_000)}.example.{top}"
    return f"{_local_part(number)}@example.{top}"


def _local_part(number: int) -> str:
    """Return a local part that, like people's names, does not come in alphabetical order."""
    return f"r{number * 2_654_435_761 % 2**32:08x}.{number}"
