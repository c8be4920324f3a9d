"""Turn the bytes of a feed into text, whatever their encoding claims to be."""

import codecs
import re

from charset_normalizer import from_bytes

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_LANGUAGE = re.compile(rb"<(?:dc:)?language>\s*([A-Za-z]{2})", re.IGNORECASE)
# Python knows codecs that are no character sets (zlib, punycode, unicode_escape).
_CHARACTER_SET = re.compile(
    r"(utf-?_?(8|16|32)|iso-|iso8859|latin|windows-|cp\d|koi8|gb|hz|big5|euc|shift|sjis|"
    r"ks_c|mac|us-ascii|ascii|tis)",
    re.IGNORECASE,
)
_BY_LANGUAGE = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "sr", "mk"), "cp1251"),
    **dict.fromkeys(("pl", "cs", "sk", "hu", "sl", "hr", "ro"), "cp1250"),
    **{"el": "cp1253", "tr": "cp1254", "he": "cp1255", "ar": "cp1256", "vi": "cp1258"},
    **{"zh": "gb18030", "ja": "cp932", "ko": "cp949", "th": "cp874"},
}
_GUESSES = ["cp1251", "gb18030", "big5", "cp932", "euc_jp", "cp949", "cp1253", "cp1255", "cp1256"]


def decode(content: bytes, *, content_type: str = "") -> tuple[str, list[str]]:
    """Return the text and, where the encoding had to be guessed or mended, a warning.

    UTF-8 that decodes strictly is taken for UTF-8 whatever is declared: other encodings
    practically never form valid UTF-8 by accident, while declarations are often copied.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace"), []
    if b"\x00" in content[:4]:
        encoding = "utf-16-be" if content.startswith(b"\x00") else "utf-16-le"
        return content.decode(encoding, "replace"), []
    declared = _declared(content, content_type)
    if not (declared.startswith(("iso-2022", "hz")) and b"\x1b" in content):
        try:
            return content.decode("utf-8"), []
        except UnicodeDecodeError:
            pass
    return _decode_other(content, declared)


def _declared(content: bytes, content_type: str) -> str:
    inside = _DECLARED.match(content[:500])
    outside = _CHARSET.search(content_type)
    if inside:
        return inside[1].decode("ascii").lower()
    return outside[1].lower() if outside else ""


def _decode_other(content: bytes, declared: str) -> tuple[str, list[str]]:
    if declared in ("", "utf-8", "utf8") and _mostly_utf8(content):
        return content.decode("utf-8", "replace"), ["Some characters are damaged in the feed."]
    text = _try(content, _as_browsers_do(declared))
    if text is not None:
        return text, []
    encoding = _guess(content)
    told = f"is not {declared} as it claims" if declared else "does not say its encoding"
    return (
        content.decode(encoding, "replace"),
        [f"The feed {told}; it was read as {encoding}."],
    )


def _as_browsers_do(declared: str) -> str:
    """Replace declared encodings by the larger ones that servers really mean."""
    if declared in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"):
        return "cp1252"
    if declared in ("gb2312", "gbk", "gb_2312-80"):
        return "gb18030"
    return {"shift_jis": "cp932", "x-sjis": "cp932", "ks_c_5601-1987": "cp949"}.get(
        declared, declared
    )


def _try(content: bytes, encoding: str) -> str | None:
    if not _CHARACTER_SET.match(encoding) or encoding in ("utf-8", "utf8"):
        return None
    if encoding == "cp1252":  # five bytes are undefined there and never a reason to give up
        return content.decode("cp1252", "replace")
    try:
        return content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _mostly_utf8(content: bytes) -> bool:
    """Tell UTF-8 with some broken bytes from text in another encoding."""
    damaged = content.decode("utf-8", "replace")
    broken = damaged.count("�")
    whole = sum(1 for letter in damaged if letter > "\x7f") - broken
    return whole > broken * 3


def _guess(content: bytes) -> str:
    language = _LANGUAGE.search(content[:4000])
    if language:
        named = _BY_LANGUAGE.get(language[1].decode("ascii").lower())
        if named and _try(content, named) is not None:
            return named
    high = sum(1 for byte in content if byte > 0x7F)
    letters = sum(1 for byte in content if chr(byte).isalpha() and byte < 0x80)
    if high < letters * 0.15:  # accents between plain letters: a western European language
        return "cp1252"
    best = from_bytes(content[:50_000], cp_isolation=_GUESSES).best()
    return best.encoding if best else "cp1252"
