"""DNS as a test writes it down: records by name and kind, and names that do not answer."""

from collections.abc import Mapping

from newsletter.mail.dkim_dns import DnsUnavailable

Records = Mapping[tuple[str, str], list[str]]


class ScriptedDns:
    """Answers as `dns_questions.Ask` does, and remembers what was asked."""

    def __init__(self, records: Records | None = None, *, silent: frozenset[str] = frozenset()):
        self.records = dict(records or {})
        self.silent = silent
        self.asked: list[tuple[str, str]] = []

    def __call__(self, name: str, kind: str) -> list[str]:
        self.asked.append((name, kind))
        if name in self.silent:
            raise DnsUnavailable(f"DNS does not answer for {name}; try again later.")
        return self.records.get((name, kind), [])
