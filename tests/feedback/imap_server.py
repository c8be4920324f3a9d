"""A small IMAP server for one mailbox (RFC 3501): what a poller needs, over a real socket."""

import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from flask import Flask

USER, PASSWORD = "bounces", "a password of the mailbox"


@dataclass
class Store:
    """Folders with their mails by UID, and what was asked."""

    folders: dict[str, dict[int, bytes]] = field(default_factory=lambda: {"INBOX": {}})
    deleted: set[int] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)
    refuses: str = ""  # the command that is answered NO
    port: int = 0

    def add(self, *mails: bytes) -> None:
        """Let mails arrive."""
        for mail in mails:
            self.folders["INBOX"][len(self.commands) + len(self.folders["INBOX"]) + 1] = mail

    @property
    def url(self) -> str:
        """The mailbox as a setting."""
        return f"imap://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/INBOX"


@contextmanager
def imap_server() -> Iterator[Store]:
    """Serve one mailbox on a free port of this machine."""
    store = Store()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            session = Session(store, self.wfile.write)
            self.wfile.write(b"* OK ready\r\n")
            while line := self.rfile.readline():
                tag, _, command = line.decode().strip().partition(" ")
                self.wfile.write(f"{tag} {session.answer(command)}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        store.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield store
        server.shutdown()
        thread.join()


class Session:
    """One connection: a method for each command, which returns what is wrong, if anything."""

    def __init__(self, store: Store, write: Callable[[bytes], object]) -> None:
        self._store = store
        self._box = store.folders["INBOX"]
        self._write = write

    def answer(self, command: str) -> str:
        """Do what is asked and return the closing answer."""
        words = command.upper().split()
        name = " ".join(words[:2]) if words[0] == "UID" else words[0]
        self._store.commands.append(name)
        if name == self._store.refuses:
            return "NO not now"
        act = getattr(self, name.lower().replace(" ", "_"), None)
        trouble = act(command) if act else ""
        return f"NO {trouble}" if trouble else "OK done"

    def capability(self, _: str) -> None:
        self._say("CAPABILITY IMAP4rev1")

    def login(self, command: str) -> str:
        return "" if command == f'LOGIN {USER} "{PASSWORD}"' else "who is that"

    def select(self, _: str) -> None:
        self._say(f"{len(self._box)} EXISTS")

    examine = select

    def create(self, command: str) -> str:
        folder = command.split('"')[1]
        there = folder in self._store.folders
        self._store.folders.setdefault(folder, {})
        return "it is there" if there else ""

    def uid_search(self, _: str) -> None:
        found = [str(one) for one in sorted(self._box) if one not in self._store.deleted]
        self._say(f"SEARCH {' '.join(found)}")

    def uid_fetch(self, command: str) -> None:
        uid, asked = self._uid(command), re.search(r"<0\.(\d+)>", command)
        mail = self._box[uid][: int(asked[1]) if asked else None]
        self._say(f"1 FETCH (UID {uid} BODY[]<0> {{{len(mail)}}}")
        self._write(mail + b")\r\n")

    def uid_copy(self, command: str) -> None:
        uid = self._uid(command)
        self._store.folders[command.split('"')[1]][uid] = self._box[uid]

    def uid_store(self, command: str) -> None:
        self._store.deleted.add(self._uid(command))

    def expunge(self, _: str) -> None:
        for one in self._store.deleted & self._box.keys():
            del self._box[one]

    def logout(self, _: str) -> None:
        self._say("BYE")

    def _say(self, line: str) -> None:
        self._write(f"* {line}\r\n".encode())

    @staticmethod
    def _uid(command: str) -> int:
        return int(command.split()[2])


@pytest.fixture
def store(app: Flask) -> Iterator[Store]:
    with imap_server() as served:
        yield served
