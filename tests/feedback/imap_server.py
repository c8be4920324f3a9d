"""A small IMAP server for one mailbox (RFC 3501): what a poller needs, over a real socket."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

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
            self._say("* OK ready")
            while line := self.rfile.readline():
                tag, _, rest = line.decode().strip().partition(" ")
                answer, over = _answer(store, rest, self._say, self.wfile.write)
                self._say(f"{tag} {answer}")
                if over:
                    return

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        store.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield store
        server.shutdown()
        thread.join()


def _answer(store: Store, command: str, say, write) -> tuple[str, bool]:  # type: ignore[no-untyped-def]
    words = command.upper().split()
    name = " ".join(words[:2]) if words[0] == "UID" else words[0]
    store.commands.append(name)
    box = store.folders["INBOX"]
    uid = int(words[2]) if name in ("UID FETCH", "UID COPY", "UID STORE") else 0
    if name == store.refuses:
        return "NO not now", False
    if name == "CAPABILITY":
        say("* CAPABILITY IMAP4rev1")
    elif name == "LOGIN":
        if command != f'LOGIN {USER} "{PASSWORD}"':
            return f"NO wrong: {command}", False
    elif name in ("SELECT", "EXAMINE"):
        say(f"* {len(box)} EXISTS")
    elif name == "CREATE":
        folder = command.split(" ", 1)[1].strip('"')
        if folder in store.folders:
            return "NO it is there", False
        store.folders[folder] = {}
    elif name == "UID SEARCH":
        found = [one for one in sorted(box) if one not in store.deleted]
        say(f"* SEARCH {' '.join(map(str, found))}")
    elif name == "UID FETCH":
        mail = box[uid][: int(re.search(r"<0\.(\d+)>", command)[1])]  # type: ignore[index]
        write(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(mail)}}}\r\n".encode() + mail + b")\r\n")
    elif name == "UID COPY":
        store.folders[command.split('"')[1]][uid] = box[uid]
    elif name == "UID STORE":
        store.deleted.add(uid)
    elif name == "EXPUNGE":
        for one in store.deleted & box.keys():
            del box[one]
    elif name == "LOGOUT":
        say("* BYE")
        return "OK", True
    return "OK done", False
