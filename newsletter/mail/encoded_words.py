"""Header text that people read: encoded-words (RFC 2047), phrases and folding."""

import base64
import re

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPACES = re.compile(r"\s+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
# RFC 2047 §5 (3): in a phrase nothing else may stand bare; the same set is safe everywhere.
_Q_BARE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_WORD = 75  # the longest encoded-word
_LINE = 76  # the longest line that holds one
_FRAME = len("=?utf-8?q??=")
_PLAIN_TOKEN = 60  # a longer run without a space cannot be folded and is encoded instead


def without_controls(value: str) -> str:
    """Replace each run of control characters, line ends among them, by one space."""
    return value if value.isprintable() else _CONTROLS.sub(" ", value)


def one_line(text: str) -> str:
    """Return the text with every run of white space and control characters as one space."""
    return _SPACES.sub(" ", without_controls(text)).strip()


def encoded_words(text: str, *, first: int = _WORD) -> list[str]:
    """Encode as words of at most 75 characters, the first at most `first`; Q or B as is shorter."""
    octets = text.encode("utf-8", "replace")
    quoted = sum(1 if octet in _Q_BARE or octet == 0x20 else 3 for octet in octets)
    letter, encode = ("q", _q) if quoted <= -(-len(octets) // 3) * 4 else ("b", _b)
    words, run, room = [], "", first - _FRAME
    for character in text:
        if run and len(encode(run + character)) > room:
            words.append(f"=?utf-8?{letter}?{encode(run)}?=")
            run, room = "", _WORD - _FRAME
        run += character
    if run:
        words.append(f"=?utf-8?{letter}?{encode(run)}?=")
    return words


def phrase(name: str) -> str:
    """Write a display name: bare, quoted or encoded, with single spaces where it may be folded."""
    name = one_line(name)
    if _needs_encoding(name):
        return " ".join(encoded_words(name, first=_LINE - len("Reply-To: ")))
    if _ATOMS.fullmatch(name) or not name:
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unstructured(text: str, *, used: int) -> str:
    """Write a subject, folded; `used` characters of its first line are taken by the name."""
    text = one_line(text)
    if _needs_encoding(text):
        return "\r\n ".join(encoded_words(text, first=_LINE - used))
    return fold(text, used=used)


def fold(value: str, *, used: int) -> str:
    """Break a header value before spaces so that lines stay within 76 characters (RFC 5322)."""
    lines, line = [], ""
    for token in re.findall(r"\s*\S+", value):
        if line.strip() and used + len(line) + len(token) > _LINE:
            lines.append(line)
            line, used = token, 0
        else:
            line += token
    return "\r\n".join([*lines, line])


def _needs_encoding(text: str) -> bool:
    plain = text.isascii() and "=?" not in text
    return not plain or any(len(token) > _PLAIN_TOKEN for token in text.split(" "))


def _q(text: str) -> str:
    octets = text.encode("utf-8", "replace")
    return "".join(
        chr(octet) if octet in _Q_BARE else "_" if octet == 0x20 else f"={octet:02X}"
        for octet in octets
    )


def _b(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
