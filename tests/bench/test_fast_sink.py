"""The fast sink counts mails rightly however their octets are cut."""

import random
import socket
import time
from pathlib import Path

import pytest

from bench.sinks import Sink, can_build, fast_sink

OPENING = b"EHLO here\r\n"
ENVELOPE = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"

#: Contents that hold almost an end, or nothing at all.
CONTENTS = (
    b"Subject: one\r\n\r\nText.\r\n.\r\n",
    b".\r\n",
    b"\r\n.\r\n",
    b"\r\n..\r\n\r\n\r\n.\r\n",
    b"\r\n.\r.\r\n\n.\r\n\r\n.\r\n",
    b"x" * 100_000 + b"\r\n.\r\n",
)


@pytest.fixture(autouse=True)
def _compiler() -> None:
    if not can_build():
        pytest.skip("no C compiler")


def talk(sink: Sink, said: bytes, *, cuts: list[int], replies: int) -> list[bytes]:
    """Say all of it in pieces; return the last line of each reply."""
    with socket.create_connection(("127.0.0.1", sink.port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start, end in zip([0, *cuts], [*cuts, len(said)], strict=True):
            connection.sendall(said[start:end])
            time.sleep(0.0005)  # so that the pieces arrive as pieces
        with connection.makefile("rb") as file:
            lines: list[bytes] = []
            while len(lines) < replies:
                line = file.readline()
                assert line, lines
                if line[3:4] == b" ":
                    lines.append(line)
    return lines


@pytest.mark.parametrize("seed", range(10))
def test_mails_are_counted_wherever_the_octets_are_cut(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    contents = [chance.choice(CONTENTS) for _ in range(8)]
    said = OPENING + b"".join(ENVELOPE + content for content in contents) + b"QUIT\r\n"
    near_ends = [place for place, octet in enumerate(said) if octet in b".\r\n"]
    cuts = sorted(set(chance.sample(near_ends, min(60, len(near_ends)))) - {0})
    with fast_sink(tmp_path) as sink:
        lines = talk(sink, said, cuts=cuts, replies=2 + 4 * len(contents) + 1)
    assert [line[:3] for line in lines] == [
        b"220",
        b"250",
        *[b"250", b"250", b"354", b"250"] * len(contents),
        b"221",
    ]
    assert sink.totals.messages == len(contents)
    assert sink.totals.octets == sum(map(len, contents))


def test_commands_that_came_together_are_answered_together_after_the_delay(tmp_path: Path) -> None:
    said = OPENING + ENVELOPE + CONTENTS[0] + ENVELOPE + CONTENTS[0] + b"QUIT\r\n"
    with fast_sink(tmp_path, delay_ms=200) as sink:
        started = time.monotonic()
        talk(sink, said, cuts=[], replies=11)
        seconds = time.monotonic() - started
    assert seconds >= 0.2  # a reply never leaves early; eleven of them in turn would take 2.2
    assert sink.totals.messages == 2


def test_an_unknown_command_is_refused_and_the_next_one_heard(tmp_path: Path) -> None:
    with fast_sink(tmp_path) as sink:
        lines = talk(sink, b"WHO\r\nNOOP\r\nQUIT\r\n", cuts=[], replies=4)
    assert [line[:3] for line in lines] == [b"220", b"500", b"250", b"221"]
