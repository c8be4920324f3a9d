"""Files of readers are read line by line, whatever wrote them."""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.subscriptions.import_columns import Column, find_columns
from newsletter.subscriptions.import_lines import (
    LONGEST_LINE,
    MOST_COLUMNS,
    ReaderFile,
    Record,
    Refusal,
    UnreadableFile,
)


def read(tmp_path: Path, content: bytes) -> list[Record | Refusal]:
    path = tmp_path / "readers.csv"
    path.write_bytes(content)
    with ReaderFile(path) as file:
        return list(file)


def cells(tmp_path: Path, content: bytes) -> list[list[str]]:
    records = read(tmp_path, content)
    assert not any(isinstance(one, Refusal) for one in records), records
    return [one[1] for one in records if not isinstance(one, Refusal)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = f'email{delimiter}name\na@example.org{delimiter}"Ann{delimiter} B"\n'
    assert cells(tmp_path, text.encode()) == [
        ["email", "name"],
        ["a@example.org", f"Ann{delimiter} B"],
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf_8_and_utf_16_are_read_with_and_without_a_mark(tmp_path: Path, encoding: str) -> None:
    text = "email,name\r\nzoë@example.org,Zoë\r\n"
    assert cells(tmp_path, text.encode(encoding)) == [["email", "name"], ["zoë@example.org", "Zoë"]]


def test_empty_lines_are_passed_over_and_line_numbers_stay_right(tmp_path: Path) -> None:
    records = read(tmp_path, b"\n\nemail\n\na@example.org\n")
    assert [one[0] for one in records] == [3, 5]


def test_a_cell_may_run_over_lines(tmp_path: Path) -> None:
    content = b'email,name\na@example.org,"Ann\nof Example"\nb@example.org,Ben\n'
    assert cells(tmp_path, content)[1:] == [
        ["a@example.org", "Ann\nof Example"],
        ["b@example.org", "Ben"],
    ]


def test_an_open_quotation_mark_costs_one_line_only(tmp_path: Path) -> None:
    records = read(tmp_path, b'email,name\na@example.org,"Ann\nb@example.org,Ben\n')
    assert isinstance(records[1], Refusal)
    assert "quotation mark" in records[1].reason
    assert records[2] == (3, ["b@example.org", "Ben"])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"a\x00@example.org", "NUL"),
        (b"caf\xe9@example.org", "UTF-8"),
        (b"a" * (LONGEST_LINE + 50), "longer than"),
        (b"," * (MOST_COLUMNS + 1), "columns"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_and_the_next_is_read(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    records = read(tmp_path, b"email,name\n" + line + b"\nb@example.org,Ben\n")
    assert isinstance(records[1], Refusal)
    assert reason in records[1].reason
    assert records[2] == (3, ["b@example.org", "Ben"])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "spreadsheet or an archive"),
        (b"\x1f\x8brest", "compressed"),
        ("email\na@example.org\n".encode("utf-16-le"), "UTF-16 without its mark"),
        ("email\n".encode("utf-32"), "UTF-32"),
    ],
)
def test_what_is_no_text_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, says: str
) -> None:
    with pytest.raises(UnreadableFile, match=says):
        read(tmp_path, content)


@pytest.mark.parametrize("heading", ["email", "E-Mail", "Email Address", "e_mail", "ADDRESS"])
def test_the_column_of_addresses_goes_by_many_names(heading: str) -> None:
    assert find_columns((1, ["id", heading])).places[Column.EMAIL] == 1


def test_a_lone_column_of_addresses_needs_no_heading() -> None:
    columns = find_columns((1, ["a@example.org"]))
    assert not columns.named
    assert columns.cell((1, [" a@example.org "]), Column.EMAIL) == "a@example.org"


def test_a_file_without_a_column_of_addresses_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="names no column of addresses"):
        find_columns((1, ["name", "town"]))


def test_the_apostrophe_of_a_harmless_formula_is_taken_off_again() -> None:
    columns = find_columns((1, ["email", "name"]))
    record = (2, ["'+a@example.org", "'tis Ann"])
    assert columns.cell(record, Column.EMAIL) == "+a@example.org"
    assert columns.cell(record, Column.NAME) == "'tis Ann"


@given(
    st.text(st.characters(exclude_characters='"\r\n\x00', codec="utf-8"), min_size=1),
    st.sampled_from(",;\t|"),
)
@example(",,a,", ",")
@example("a\x0bb\x1cc\x85d\u2028e", ",")
def test_a_line_without_quotation_marks_is_divided_as_the_csv_reader_does(
    text: str, delimiter: str
) -> None:
    expected = list(csv.reader([text], delimiter=delimiter, strict=True)) if text.strip() else []
    with TemporaryDirectory() as folder:
        assert cells(Path(folder), f"x{delimiter}y\n{text}\n".encode())[1:] == expected
