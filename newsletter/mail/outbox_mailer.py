"""The outbox mailer: each mail becomes a file, for development, demonstrations and tests."""

import itertools
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from newsletter.clock import utc_now
from newsletter.mail.outbox import TIME_FORMAT, envelope_path
from newsletter.mail.outgoing import Accepted, Outcome, OutgoingMail, RelayUnavailable

_numbers = itertools.count()


class OutboxMailer:
    """Writes mails to a folder and accepts them all."""

    def __init__(self, folder: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._folder = folder
        self._clock = clock

    def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
        """Write one mail, yield its outcome, then ask for the next.

        Raises RelayUnavailable when the folder cannot be written.
        """
        for mail in mails:
            try:
                name = self._write(mail)
            except OSError as error:
                raise RelayUnavailable(
                    f"The outbox folder {self._folder} cannot be written: {error.strerror}."
                ) from None
            yield [Accepted(mail.id, f"250 2.0.0 written to {name}")]

    def describe(self) -> str:
        """Return where the mails go."""
        return f"files in {self._folder}; no mail leaves this machine"

    def _write(self, mail: OutgoingMail) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        written_at = self._clock().strftime(TIME_FORMAT)
        name = f"{written_at}-{next(_numbers) % 1_000_000:06}-{secrets.token_hex(4)}.eml"
        path = self._folder / name
        envelope = {"id": mail.id, "sender": mail.sender, "recipient": mail.recipient}
        # The envelope first: a mail that can be listed always has one.
        _write_whole(envelope_path(path), json.dumps(envelope).encode("ascii"))
        _write_whole(path, mail.content)
        _sync_folder(self._folder)
        return name


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it appears under its name only when it is complete and on disk."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
