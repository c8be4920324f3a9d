"""A name server on loopback that knows a few records, and a resolver that asks it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest

#: The strings of each record, by name; a name that stands here without records has other ones.
Zone = dict[str, list[list[str]]]


class NameServer:
    """Answers over UDP from a zone that a test may change; `broken` answers SERVFAIL."""

    def __init__(self) -> None:
        self.zone: Zone = {}
        #: Records of other types: `{("example.org", "MX"): ["10 mx.example.org."]}`.
        self.records: dict[tuple[str, str], list[str]] = {}
        self.broken = self.silent = False
        self.asked = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))

    def serve(self) -> None:
        """Answer until the socket is shut."""
        while True:
            question, client = self.socket.recvfrom(4096)
            if not question:  # the sign to end
                return
            self.asked += 1
            if not self.silent:
                self.socket.sendto(self._answer(dns.message.from_wire(question)), client)

    def _answer(self, question: dns.message.Message) -> bytes:
        answer = dns.message.make_response(question)
        asked = question.question[0]
        name = asked.name.to_text().rstrip(".")
        if self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.zone and not any(name == one for one, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        kind = dns.rdatatype.to_text(asked.rdtype)
        if not self.broken and (found := self.records.get((name, kind))):
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *found))
        for strings in [] if self.broken else self.zone.get(name, []):
            text = " ".join(f'"{one}"' for one in strings)
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "TXT", text))
        return answer.to_wire()


@contextmanager
def name_server(patch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    """Run a name server and let this process ask it instead of the machine's own."""
    server = NameServer()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.socket.getsockname()[1]
    patch.setattr(dns.resolver, "default_resolver", resolver)
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield server
    server.socket.sendto(b"", server.socket.getsockname())
    thread.join()
    server.socket.close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    with name_server(monkeypatch) as running:
        yield running
