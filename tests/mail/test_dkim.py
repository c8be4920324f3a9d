"""DKIM: whatever a mail holds, judges that are not ours find its signatures right."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.mail.dkim import SignedMessage, Signer, SigningKey
from newsletter.mail.dkim_record import Algorithm
from newsletter.mail.message import Placeholder, compile_message
from tests.mail.dkim_judges import (
    DOMAIN,
    dkimpy_accepts,
    opendkim,
    opendkim_accepts,
    signing_key,
)
from tests.mail.messages import (
    ANY_TEXT,
    AWKWARD,
    MARKERS,
    VALUES,
    assert_fit_for_the_wire,
    compiled,
    headers,
    mark,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RSA, ED25519 = Algorithm.RSA, Algorithm.ED25519
EITHER_OR_BOTH = ((RSA,), (ED25519,), (RSA, ED25519))

SPACED = st.text(st.sampled_from(" \t\nab.=é"), max_size=300)
BODY = st.one_of(SPACED, ANY_TEXT, AWKWARD)
LOCAL_PART = st.text("abcXYZ019.!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=64)
TOKENS = st.lists(st.sampled_from(list(Placeholder)[:2]), max_size=4)

#: Header and body as nobody here writes them: folds, tabs, white space wherever it may stand.
VALUE = st.text(" \tab=;:<>", max_size=60)
FOLDED = st.lists(VALUE.map(lambda value: f"x{value}"), min_size=1, max_size=4).map("\r\n\t ".join)
LINES = st.lists(st.text(" \tab=", max_size=90), max_size=12).map("\r\n".join)


def keys(algorithms: tuple[Algorithm, ...]) -> list[SigningKey]:
    return [signing_key(algorithm) for algorithm in algorithms]


def signer(algorithms: tuple[Algorithm, ...] = (RSA, ED25519)) -> Signer:
    return Signer(keys(algorithms), now=NOW)


def signed_head(content: bytes) -> str:
    """Return the signatures that stand in front of a mail."""
    return content.partition(b"From:")[0].decode("ascii")


@pytest.fixture
def judge_folder(tmp_path: Path) -> Path:
    if opendkim() is None:
        reason = "not installed: opendkim"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return tmp_path


@pytest.mark.parametrize("algorithms", EITHER_OR_BOTH)
@settings(deadline=None, max_examples=60)
@given(name=BODY, local_part=LOCAL_PART, subject=BODY, text=BODY, html=BODY, tokens=TOKENS)
def test_dkimpy_accepts_whatever_a_mail_holds(
    algorithms, name, local_part, subject, text, html, tokens
):
    marked = "".join(map(mark, tokens))
    message = compile_message(
        headers=headers(f"{subject}{mark(Placeholder.NAME)}", to_name=True),
        text=f"{text}{marked}{text}",
        html=f"{html}{marked}",
        markers=MARKERS,
    )
    values = VALUES | {Placeholder.NAME: name, Placeholder.ADDRESS: f"{local_part}@example.com"}
    content = SignedMessage(message, signer(algorithms)).stamp(values)
    assert dkimpy_accepts(content, keys(algorithms)) == [True] * len(algorithms)
    assert_fit_for_the_wire(content)


@settings(deadline=None)
@given(name=BODY, before=BODY, after=BODY, tokens=TOKENS, html=st.booleans())
@example(name="", before="", after="", tokens=[Placeholder.NAME], html=False)
@example(name="", before="\n\n", after="\n\n \n", tokens=[Placeholder.NAME], html=False)
@example(name="a  b ", before="", after="", tokens=[Placeholder.NAME], html=True)
@example(name="x", before="a  b", after="  \n", tokens=[Placeholder.NAME] * 2, html=False)
def test_what_is_made_ready_once_changes_no_signature(name, before, after, tokens, html):
    marked = before + "".join(map(mark, tokens)) + after
    message = compile_message(
        headers=headers(), text=marked, html=marked if html else None, markers=MARKERS
    )
    values = VALUES | {Placeholder.NAME: name}
    whole = signer().sign(message.stamp(values))
    assert SignedMessage(message, signer()).stamp(values) == whole
    assert dkimpy_accepts(whole, keys((RSA, ED25519))) == [True, True]


@settings(deadline=None, max_examples=60)
@given(subject=FOLDED, listed=FOLDED, body=LINES)
@example(subject="x", listed="x", body="")
@example(subject="x", listed="x", body=" \r\n\t\r\n")
@example(subject="x", listed="x", body="a\r\n\r\n\r\n")
def test_white_space_is_reduced_as_dkimpy_reduces_it(subject, listed, body):
    content = (
        f"From: A <a@{DOMAIN}>\r\nSubject: {subject}\r\nList-Id:{listed}\r\n\r\n{body}\r\n"
    ).encode()
    assert dkimpy_accepts(signer().sign(content), keys((RSA, ED25519))) == [True, True]


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=BODY, text=BODY)
def test_opendkim_accepts_what_a_mail_holds(judge_folder, name, text):
    message = compiled(text=f"{text}{mark(Placeholder.NAME)}\n\n", html=f"<p>{text}</p>")
    content = SignedMessage(message, signer()).stamp(VALUES | {Placeholder.NAME: name})
    assert opendkim_accepts(content, keys((RSA, ED25519)), judge_folder) == [True, True]


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(subject=FOLDED, body=LINES)
def test_opendkim_accepts_white_space_anywhere(judge_folder, subject, body):
    content = f"From: A <a@{DOMAIN}>\r\nSubject: {subject}\r\n\r\n{body}\r\n".encode()
    content = signer().sign(content)
    assert opendkim_accepts(content, keys((RSA, ED25519)), judge_folder) == [True, True]


@pytest.mark.parametrize(
    "altered",
    [
        (b"From: IRIA News", b"From: Aria News"),
        (b"From: IRIA News", b"From: other@example.net\r\nFrom: IRIA News"),  # oversigned
        (b"To: reader@", b"To: leader@"),
        (b"Subject: News", b"Subject: Old news"),
        (b"Date: Mon, 23", b"Date: Mon, 30"),
        (b"Message-ID: <17", b"Message-ID: <18"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.1"),
        (b"Content-Type: multipart/alt", b"Content-Type: multipart/mix"),
        (b"Reply-To: desk@", b"Reply-To: disk@"),
        (b"List-Id: <iria", b"List-Id: <aria"),
        (b"List-Unsubscribe: <https:", b"List-Unsubscribe: <http:"),
        (b"=One-Click", b"=Two-Click"),
        (b"List-Archive: <https:", b"List-Archive: <http:"),
        (b"Feedback-ID: a", b"Feedback-ID: b"),
        (b"Hello.", b"Hallo."),
        (b"--\r\n", b"--\r\nMore.\r\n"),  # no l=: nothing can be put behind
        (b"t=1772442000", b"t=1772442001"),
    ],
)
def test_no_judge_accepts_what_was_changed_on_the_way(altered, judge_folder):
    message = compiled(
        reply_to="desk@example.org", archive_url="https://example.org/a", feedback_id="a:b:c:d"
    )
    content = SignedMessage(message, signer()).stamp(VALUES)
    assert content.count(altered[0]) >= 1
    forged = content.replace(*altered)
    both = keys((RSA, ED25519))
    assert dkimpy_accepts(content, both) == [True, True]
    assert dkimpy_accepts(forged, both) == [False, False]
    assert opendkim_accepts(forged, both, judge_folder) == [False, False]


def test_a_signature_names_what_it_signs_and_when():
    head = signed_head(SignedMessage(compiled(), signer((RSA,))).stamp(VALUES))
    assert head.startswith("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;")
    assert f" t={int(NOW.timestamp())};" in head
    assert " l=" not in head
    assert head.replace("\r\n ", "").split("h=")[1].split(";")[0].split(":") == [
        *("from", "from", "to", "subject", "date", "message-id", "mime-version"),
        *("content-type", "list-id", "list-unsubscribe", "list-unsubscribe-post"),
    ]


def test_lines_of_a_signature_are_short_unless_a_name_is_long():
    long = SigningKey(".".join(["a" * 60] * 4), "s" * 63, ED25519, signing_key(ED25519).private_key)
    content = Signer([long], now=NOW).sign(compiled().stamp(VALUES))
    *others, longest = sorted(signed_head(content).split("\r\n"), key=len)
    assert longest == f" d={long.domain};"
    assert max(map(len, others)) <= 76
    assert dkimpy_accepts(content, [long]) == [True]


def test_the_signature_of_rsa_stands_above_the_other():
    head = signed_head(SignedMessage(compiled(), signer()).stamp(VALUES))
    assert head.index("a=rsa-sha256") < head.index("a=ed25519-sha256")


def test_without_a_key_a_mail_stays_as_it_is():
    message = compiled()
    nobody = Signer([], now=NOW)
    assert SignedMessage(message, nobody).stamp(VALUES) == message.stamp(VALUES)
    assert nobody.sign(message.stamp(VALUES)) == message.stamp(VALUES)


def test_a_key_does_not_show_itself():
    assert "private" not in repr(signing_key(RSA))
