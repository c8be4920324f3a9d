"""Quoted-printable (RFC 2045 §6.7) in pieces, so that a message can be split at placeholders."""

import re
from functools import lru_cache

_NEWLINE = re.compile(r"\r\n|\r|\n")
_QUOTED = {
    octet: f"={octet:02X}"
    for octet in range(256)
    if octet == ord("=") or not ord(" ") <= octet <= ord("~")
}
_WIDTH = 75  # 76 with the "=" of a soft line break
_SOFT_BREAK = "=\r\n"


@lru_cache(maxsize=64)  # a link stands in both bodies of a mail
def encode_value(value: str) -> bytes:
    """Encode one line of text as soft-wrapped lines of its own.

    It must begin at the start of a line, and what follows it begins one too.
    """
    return _soften(_quote(value)).encode("ascii")


def encode_literal(text: str, *, continued: bool) -> bytes:
    """Encode text that begins at the start of a line; `continued` if a placeholder follows."""
    *whole, last = _NEWLINE.split(text)
    written = [_hard_line(line) + "\r\n" for line in whole]
    written.append(_soften(_quote(last)) if continued else _hard_line(last))
    return "".join(written).encode("ascii")


def _quote(line: str) -> str:
    if line.isascii() and line.isprintable():
        return line.replace("=", "=3D")
    return line.encode("utf-8", "replace").decode("latin-1").translate(_QUOTED)


def _hard_line(line: str) -> str:
    quoted = _quote(line)
    if quoted.endswith(" "):  # servers may cut white space at the end of a line
        quoted = quoted[:-1] + "=20"
    return _SOFT_BREAK.join(_soft_lines(quoted))


def _soften(quoted: str) -> str:
    return "".join(line + _SOFT_BREAK for line in _soft_lines(quoted))


def _soft_lines(quoted: str) -> list[str]:
    """Cut at 75 characters, never inside "=XX", and write a dot at the start as "=2E".

    SMTP doubles leading dots (RFC 5321 §4.5.2); without any, nothing on the way has to.
    """
    lines = []
    start, size = 0, len(quoted)
    while start < size:
        dot = quoted[start] == "."
        end = start + (_WIDTH - 2 if dot else _WIDTH)
        if end < size and (cut := quoted.rfind("=", end - 2, end)) != -1:
            end = cut
        lines.append("=2E" + quoted[start + 1 : end] if dot else quoted[start:end])
        start = end
    return lines
