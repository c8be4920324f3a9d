"""Figures as people read them."""


def number(value: float | int | None) -> str:
    """Return `12304` as "12,304"; an unknown figure is a dash."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}"


def counted(value: int, noun: str, plural: str = "") -> str:
    """Return "1 reader" or "12,304 readers"."""
    return f"{number(value)} {noun if value == 1 else plural or noun + 's'}"
