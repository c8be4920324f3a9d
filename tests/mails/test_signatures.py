"""dkimpy and OpenDKIM find the signatures of every kind of mail right."""

import re
import subprocess
from pathlib import Path

import dkim
import pytest

from tests.mail.dkim_judges import opendkim
from tests.mails.conftest import need
from tests.mails.kinds import KINDS, Mail


@pytest.mark.parametrize("kind", KINDS)
def test_dkimpy_accepts_both_signatures(
    mails: dict[str, Mail], dkim_records: dict[str, dict[str, str]], kind: str
) -> None:
    known = {f"{name}.": value.encode() for name, value in dkim_records[kind].items()}
    content = mails[kind].content
    verdicts = [
        dkim.DKIM(content).verify(number, dnsfunc=lambda name, timeout=5: known[name.decode()])
        for number in range(_signatures(content))
    ]
    assert verdicts == [True, True]


@pytest.mark.parametrize("kind", KINDS)
def test_opendkim_accepts_both_signatures(
    mails: dict[str, Mail],
    dkim_records: dict[str, dict[str, str]],
    kind: str,
    tmp_path: Path,
) -> None:
    program = need(opendkim(), "opendkim")
    message, public, settings = (tmp_path / name for name in ("message", "keys", "conf"))
    message.write_bytes(mails[kind].content)
    known = dkim_records[kind].items()
    public.write_text("".join(f"{name} {value}\n" for name, value in known))
    settings.write_text(f"Mode v\nTestPublicKeys {public}\n")
    command = [program, "-x", str(settings), "-vv", "-t", str(message)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert re.findall(r"dkim=(\w+)", ran.stdout + ran.stderr) == ["pass", "pass"]


def _signatures(content: bytes) -> int:
    return len(re.findall(rb"(?m)^DKIM-Signature:", content.partition(b"\r\n\r\n")[0]))
