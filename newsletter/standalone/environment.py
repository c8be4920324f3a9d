"""What the all-in-one start chooses where the environment says nothing."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from newsletter.config import Settings, load_settings
from newsletter.standalone import embedded_redis, folder
from newsletter.standalone.embedded_redis import EmbeddedRedis
from newsletter.standalone.errors import CannotStart

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Environment:
    """Usable settings, what of them was chosen here, and the queue to run, if any."""

    settings: Settings
    chosen: dict[str, str]
    queue: EmbeddedRedis | None


def choose() -> Environment:
    """Fill the gaps of the environment of this process, which every program inherits.

    Raises:
        UnusableSetting: a given value is malformed.
        CannotStart: no queue server is to be had.
    """
    var_dir = Path(os.environ.get("VAR_DIR") or "var").absolute()
    queue = None if "REDIS_URL" in os.environ else embedded_redis.find(var_dir / "redis")
    port = os.environ.get("PORT", "8000")
    defaults = {
        "SECRET_KEY": folder.kept_key(var_dir),
        "DATABASE_URL": f"sqlite:///{var_dir}/newsletter.sqlite3",
        "BASE_URL": f"http://{HOST}:{port}",
        "PORT": port,
        # Without a relay this is a trial: its sample feed comes from this very machine.
        "FETCH_ALLOW": "" if os.environ.get("SMTP_URL") else HOST,
    }
    if queue:
        defaults["REDIS_URL"] = queue.url
    chosen = {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.update(chosen)
    os.environ["VAR_DIR"] = str(var_dir)
    kept = chosen | {"SECRET_KEY": defaults["SECRET_KEY"]}
    return Environment(settings=load_settings(), chosen=kept, queue=queue)


def require_free_port(port: int) -> None:
    """Refuse a port that another program listens on.

    Raises:
        CannotStart: with a port that is free.
    """
    if not _is_free(port):
        other = next((one for one in range(port + 1, min(port + 100, 65536)) if _is_free(one)), 0)
        raise CannotStart(
            f"port {port} is taken by another program; choose another one: PORT={other} make run"
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
