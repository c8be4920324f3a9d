"""A Postfix of our own: configuration, queue and log in one folder, a port on loopback."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.production import children
from tests.standalone.service import free_port

PROGRAM = shutil.which("postfix", path=os.environ.get("PATH", "") + ":/usr/sbin")

#: What goes to this domain is passed on to the port that the test listens on; the rest is thrown
#: away once it was accepted.
PASSED_ON = "passed-on.example.org"
#: What goes to this domain is accepted, and then comes back: nobody there is known.
UNKNOWN = "unknown.example.net"
#: What comes back goes to this domain, and from here by LMTP to us, as docs/operating.md says.
BOUNCES = "bounces.example.org"

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
myhostname = relay.example.net
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_tls_security_level = none
smtp_tls_security_level = none
smtp_dns_support_level = disabled
smtpd_reject_unlisted_recipient = no
smtpd_recipient_restrictions =
  check_recipient_access texthash:{folder}/refused, permit_mynetworks, reject
default_transport = discard:
transport_maps = inline:{{
  {passed_on}=smtp:[127.0.0.1]:{next_port},
  {{ {unknown} = error:5.1.1 No such user here }},
  {bounces}=lmtp:inet:[127.0.0.1]:{bounces_port} }}
"""

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
scache unix - - n - 1 scache
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""

_DELIVERY = re.compile(r"to=<([^>]+)>, .*status=(\w+) \((.*)\)$", re.MULTILINE)


@dataclass(frozen=True)
class Handled:
    """What became of a mail that was accepted, by the server's own log."""

    recipient: str
    status: str
    reason: str


class Postfix:
    """A running server, known by its folder."""

    def __init__(self, folder: Path, *, port: int, bounces_port: int) -> None:
        self.port = port
        self.bounces_port = bounces_port  # where it hands on what comes back, if somebody listens
        self._folder = folder
        self._log = folder / "maillog"
        self._refused = folder / "refused"

    @property
    def log(self) -> str:
        """Everything it wrote down so far."""
        return self._log.read_text() if self._log.exists() else ""

    def refuse(self, **answers: str) -> None:
        """Answer RCPT for `name@…` with the given code and text from now on; take all others."""
        rows = (f"{name}@ {answer}\n" for name, answer in answers.items())
        self._refused.write_text("".join(rows))
        _postfix(self._folder, "reload")

    def handled(self, recipient: str) -> list[Handled]:
        """Return what became of every mail to one address, in order."""
        found = (Handled(*match) for match in _DELIVERY.findall(self.log))
        return [one for one in found if one.recipient == recipient]


@contextmanager
def postfix_server(folder: Path, *, next_port: int) -> Iterator[Postfix]:
    """Run a Postfix that shares nothing with one of this machine; it needs root to start."""
    port, bounces_port = free_port(), free_port()
    for name in ("settings", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    (folder / "refused").write_text("")
    values = {
        "folder": folder,
        "passed_on": PASSED_ON,
        "next_port": next_port,
        "port": port,
        "unknown": UNKNOWN,
        "bounces": BOUNCES,
        "bounces_port": bounces_port,
    }
    (folder / "settings/main.cf").write_text(MAIN.format(**values))
    (folder / "settings/master.cf").write_text(MASTER.format(**values))
    _postfix(folder, "check")  # makes the folders of its queue
    # Not `start-fg`: it stays between us and the server, so that a signal would not reach it.
    master = [f"{_setting(folder, 'daemon_directory')}/master", "-s", "-c"]
    log = folder / "output"
    process = children.start([*master, str(folder / "settings")], log=log)
    try:
        children.wait_for_port(port, process, log=log)
        yield Postfix(folder, port=port, bounces_port=bounces_port)
    finally:
        children.stop(process)


def _postfix(folder: Path, order: str) -> None:
    _run([PROGRAM or "postfix", "-c", str(folder / "settings"), order])


def _setting(folder: Path, name: str) -> str:
    program = Path(PROGRAM or "postfix").with_name("postconf")
    return _run([str(program), "-c", str(folder / "settings"), "-h", name]).strip()


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
