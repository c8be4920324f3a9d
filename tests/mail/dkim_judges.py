"""Judges of DKIM signatures that are not ours: dkimpy and OpenDKIM, with keys in place of DNS."""

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import dkim

from newsletter.mail.dkim import SigningKey
from newsletter.mail.dkim_record import Algorithm, DkimRecord
from newsletter.publications.dkim_secrets import new_private_key, public_half

DOMAIN = "example.org"


@cache  # making an RSA key takes a tenth of a second
def signing_key(algorithm: Algorithm, selector: str = "") -> SigningKey:
    """Return a key of this algorithm, the same one for a whole run."""
    key = new_private_key(algorithm)
    return SigningKey(DOMAIN, selector or algorithm.value, algorithm, key)


def record_of(key: SigningKey) -> DkimRecord:
    """Return what would stand in DNS."""
    return DkimRecord.of_key(
        domain=key.domain,
        selector=key.selector,
        algorithm=key.algorithm,
        public_key=public_half(key.private_key),
    )


def dkimpy_accepts(content: bytes, keys: Sequence[SigningKey]) -> list[bool]:
    """Return dkimpy's verdict on each signature, from the top."""
    records = {record_of(key).name: record_of(key).value.encode() for key in keys}

    def ask(name: bytes, timeout: int = 5) -> bytes | None:
        return records.get(name.decode().rstrip("."))

    found = len(re.findall(rb"(?m)^DKIM-Signature:", content.partition(b"\r\n\r\n")[0]))
    return [_dkimpy_accepts_one(content, number, ask) for number in range(found)]


def _dkimpy_accepts_one(content: bytes, number: int, ask: Callable[..., bytes | None]) -> bool:
    try:
        return bool(dkim.DKIM(content).verify(number, dnsfunc=ask))
    except dkim.ValidationError:  # of a body; of a header it says False
        return False


def opendkim() -> str | None:
    """Return the path of OpenDKIM, which Debian keeps where only root looks."""
    return shutil.which("opendkim") or shutil.which("opendkim", path="/usr/sbin")


def opendkim_accepts(content: bytes, keys: Sequence[SigningKey], folder: Path) -> list[bool]:
    """Return OpenDKIM's verdict on each signature, from the top."""
    program = opendkim()
    assert program
    message, public, settings = (folder / name for name in ("message", "keys", "conf"))
    message.write_bytes(content)
    records = map(record_of, keys)
    public.write_text("".join(f"{record.name} {record.value}\n" for record in records))
    settings.write_text(f"Mode v\nTestPublicKeys {public}\n")
    command = [program, "-x", str(settings), "-vv", "-t", str(message)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    said = ran.stdout + ran.stderr
    assert "dkim=" in said or "message not signed" in said, said
    return [verdict == "pass" for verdict in re.findall(r"dkim=(\w+)", said)]
