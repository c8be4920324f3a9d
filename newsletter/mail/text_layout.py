"""Plain text as mail readers like it: lines of at most 72 characters."""

import textwrap

WIDTH = 72


def wrap(text: str, *, indent: str = "", first: str | None = None) -> str:
    """Wrap one paragraph; an address longer than a line keeps its own line whole.

    Args:
        indent: stands before every line.
        first: stands before the first line instead, such as a bullet.
    """
    lines = textwrap.wrap(
        " ".join(_breakable(text)),
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(line.rstrip() for line in lines)


def underlined(text: str, *, rule: str = "-") -> str:
    """Return a heading with a rule under it."""
    wrapped = wrap(text)
    longest = max((len(line) for line in wrapped.splitlines()), default=0)
    return f"{wrapped}\n{rule * longest}"


def _breakable(text: str) -> list[str]:
    """Return the words, scripts without spaces cut where a line must end anyway."""
    room = WIDTH // 2
    pieces: list[str] = []
    for word in text.split():
        if len(word) <= WIDTH or "://" in word or "mailto:" in word:
            pieces.append(word)
        else:
            pieces += [word[start : start + room] for start in range(0, len(word), room)]
    return pieces
