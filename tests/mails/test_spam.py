"""SpamAssassin, which asks nobody else here, finds nothing worth half a point."""

import re
import shutil
import subprocess

from tests.mails.conftest import need
from tests.mails.kinds import KINDS, Mail

MOST_POINTS = 0.5

#: One process for all mails: starting it takes longer than judging them.
COMMAND = (
    "--local",
    "--nocreate-prefs",
    "--mbox",
    "--cf=report_safe 0",
    "--cf=add_header all Judged score=_SCORE_ rules=_TESTSSCORES(,)_",
)
_KIND = re.compile(r"^X-Kind: (\S+)", re.MULTILINE)
_JUDGED = re.compile(r"^X-Spam-Judged: score=(\S+) rules=(.*(?:\n\s.*)*)", re.MULTILINE)


def mbox(mails: dict[str, Mail]) -> bytes:
    """Return all mails as one folder; the kind stands in a header, as results may be shuffled."""
    parts = []
    for mail in mails.values():
        content = mail.content.replace(b"\r\n", b"\n")
        quoted = re.sub(rb"(?m)^(>*From )", rb">\1", content)
        parts.append(b"From x Thu Jan  1 00:00:00 2026\nX-Kind: %b\n" % mail.kind.encode() + quoted)
    return b"\n\n".join(parts) + b"\n"


def test_no_kind_of_mail_looks_like_spam(mails: dict[str, Mail]) -> None:
    program = need(shutil.which("spamassassin"), "spamassassin")
    ran = subprocess.run(
        [program, *COMMAND], input=mbox(mails), capture_output=True, timeout=120, check=True
    )
    told = ran.stdout.decode("utf-8", "replace").split("\nFrom x ")
    verdicts = {}
    for one in told:
        head = one.partition("\n\n")[0]
        kind, verdict = _KIND.search(head), _JUDGED.search(head)
        assert kind, head
        assert verdict, head
        verdicts[kind[1]] = (float(verdict[1]), "".join(verdict[2].split()))
    for name, (points, hit) in verdicts.items():
        print(f"{name}: {points} points by {hit}")  # shown by pytest when it fails, or with -s
    assert verdicts.keys() == KINDS.keys()
    # Rules were loaded and read the mails: each one has HTML.
    assert all("HTML_MESSAGE" in hit for _, hit in verdicts.values())
    assert {name: one for name, one in verdicts.items() if one[0] > MOST_POINTS} == {}
