"""A Dovecot of our own: configuration, mails and log in one folder, a port on loopback."""

import grp
import imaplib
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.production import children
from tests.standalone.service import free_port

PROGRAM = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin")
USER, PASSWORD = "bounces", "p@ss/word?"

SETTINGS = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server with one mailbox."""

    port: int

    @property
    def url(self) -> str:
        """The mailbox as a setting."""
        return f"imap://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/INBOX"

    def add(self, *mails: bytes) -> None:
        """Let mails arrive."""
        with self._entered() as connection:
            for mail in mails:
                state, said = connection.append("INBOX", "", "", mail)
                assert state == "OK", said

    def count(self, folder: str = "INBOX") -> int:
        """Return how many mails lie in a folder."""
        with self._entered() as connection:
            state, said = connection.select(f'"{folder}"', readonly=True)
            assert state == "OK", said
            return int(said[0] or b"0")

    @contextmanager
    def _entered(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=20) as connection:
            connection.login(USER, PASSWORD)
            yield connection


@contextmanager
def dovecot_server() -> Iterator[Dovecot]:
    """Run it without rights; where we have them, as nobody."""
    assert PROGRAM
    me = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    as_user = ["setpriv", f"--reuid={me.pw_uid}", f"--regid={me.pw_gid}", "--clear-groups"]
    # Not in pytest's folder, which only its owner may enter; its sockets need a short name.
    folder = Path(tempfile.mkdtemp(prefix="dovecot"))
    port = free_port()
    values = {
        "folder": folder,
        "user": me.pw_name,
        "group": grp.getgrgid(me.pw_gid).gr_name,
        "password": PASSWORD,
    }
    (folder / "settings").write_text(SETTINGS.format(port=port, **values))
    log = folder / "output"
    log.touch()
    command = [PROGRAM, "-F", "-c", str(folder / "settings")]
    if os.getuid() == 0:
        shutil.chown(folder, me.pw_uid, me.pw_gid)
        command = as_user + command
    process = children.start(command, log=log)
    try:
        children.wait_for_port(port, process, log=log)
        yield Dovecot(port)
    finally:
        children.stop(process)
        shutil.rmtree(folder, ignore_errors=True)
