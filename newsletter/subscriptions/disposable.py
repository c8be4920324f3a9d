"""Disposable addresses: domains that give anybody a mailbox for an hour."""

from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_name("disposable-email-domains") / "domains.txt"


def is_disposable(domain: str) -> bool:
    """Say whether a domain, or one that it belongs to, is in the vendored list."""
    labels = domain.casefold().split(".")
    return any(".".join(labels[start:]) in _domains() for start in range(len(labels) - 1))


@cache  # ten thousand names, read once
def _domains() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="ascii").split())
