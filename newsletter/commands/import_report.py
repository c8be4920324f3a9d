"""The report of an import: lines that were refused, as CSV beside the file."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import click

from newsletter.spreadsheets import plain_cell
from newsletter.subscriptions.import_lines import Refusal


class ImportReport:
    """Writes refused lines; the file appears with the first of them, readable by its owner."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: TextIO | None = None
        path.unlink(missing_ok=True)  # an earlier run's, which would be taken for this one's

    def __enter__(self) -> "ImportReport":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, refusals: Iterable[Refusal]) -> None:
        """Write one line for each refusal."""
        for refusal in refusals:
            self._file = self._file or self._open()
            cells = (str(refusal.line), refusal.value, refusal.reason)
            csv.writer(self._file).writerow([plain_cell(cell) for cell in cells])
            self.count += 1

    def _open(self) -> TextIO:
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise click.ClickException(
                f"The report {self.path} cannot be written: {error.strerror}. Name another place "
                "with --report."
            ) from None
        file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
        csv.writer(file).writerow(("line", "value", "reason"))
        return file
