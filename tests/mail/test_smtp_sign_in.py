"""Signing in: SCRAM where it is offered, nothing to a server that cannot prove itself."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiosmtpd.smtp import AuthResult
from scramp import ScramException, ScramMechanism

from newsletter.mail.mailer import Accepted, OutgoingMail, RelayUnavailable, SmtpMailer
from newsletter.mail.outgoing import Outcome
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import parse_smtp_urls
from tests.mail.smtp_sending import tls as tls
from tests.mail.smtp_servers import Inbox, ScriptedServer, controller

PASSWORD = "korrekt-horse"
OFFERED = "250-scripted\r\n250 AUTH PLAIN LOGIN"
NOT_PROVEN = "did not prove that it knows the password"


class ScramInbox(Inbox):
    """Offers SCRAM beside PLAIN and LOGIN, by the other side of the library."""

    def __init__(self, *, knows: str = PASSWORD, proves: str | None = PASSWORD) -> None:
        super().__init__()
        self.mechanisms: list[str] = []  # by which a client tried
        self._knows = knows
        self._proves = proves

    async def auth_SCRAM__SHA__256(self, server, args) -> AuthResult:
        return await self._scram("SCRAM-SHA-256", server, args)

    async def auth_SCRAM__SHA__1(self, server, args) -> AuthResult:
        return await self._scram("SCRAM-SHA-1", server, args)

    async def auth_PLAIN(self, _server, _args) -> AuthResult:
        self.mechanisms.append("PLAIN")
        return AuthResult(success=True)

    async def _scram(self, name: str, server, args) -> AuthResult:
        self.mechanisms.append(name)
        mechanism = ScramMechanism(name)
        salt, stored_key, server_key, rounds = mechanism.make_auth_info(self._knows)
        if self._proves is not None:
            server_key = mechanism.make_auth_info(self._proves, rounds, salt)[2]
        scram = mechanism.make_server(lambda _name: (salt, stored_key, server_key, rounds))
        scram.set_client_first(b64decode(args[1]).decode())
        said = await server.challenge_auth(scram.get_server_first())
        try:
            scram.set_client_final(said.decode())
        except ScramException:
            await server.challenge_auth(scram.get_server_final())  # e=invalid-proof
            return AuthResult(success=False, handled=False)
        if self._proves is not None:
            await server.challenge_auth(scram.get_server_final())
        return AuthResult(success=True)


@contextmanager
def running(inbox: Inbox, **options) -> Iterator[int]:
    server = controller(inbox, auth_required=True, **options)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


def send(url: str, **options) -> list[Outcome]:
    mail = OutgoingMail("1", "bounces@example.org", "reader@example.com", b"Subject: x\r\n\r\n")
    mailer = SmtpMailer(parse_smtp_urls(url), timeouts=Timeouts.at_most(5), **options)
    return [outcome for group in mailer.send([mail]) for outcome in group]


def test_scram_is_taken_before_all_that_send_the_password(tls) -> None:
    inbox = ScramInbox()
    with running(inbox, tls_context=tls[0], require_starttls=True) as port:
        url = f"smtp://sender:{PASSWORD}@127.0.0.1:{port}?tls=starttls"
        assert [type(one) for one in send(url, tls_context=tls[1])] == [Accepted]
    assert inbox.mechanisms == ["SCRAM-SHA-256"]
    assert inbox.sessions[0].authenticated


def test_the_older_scram_does_where_the_newer_is_not_offered() -> None:
    inbox = ScramInbox()
    options = {"auth_require_tls": False, "auth_exclude_mechanism": ["SCRAM-SHA-256"]}
    with running(inbox, **options) as port:
        assert send(f"smtp://sender:{PASSWORD}@127.0.0.1:{port}")
    assert inbox.mechanisms == ["SCRAM-SHA-1"]


def test_a_password_outside_ascii_signs_in_by_scram() -> None:
    inbox = ScramInbox(knows="grün", proves="grün")
    with running(inbox, auth_require_tls=False) as port:
        assert send(f"smtp://sender:gr%C3%BCn@127.0.0.1:{port}")


def test_a_wrong_password_is_not_sent_by_a_weaker_way_after_scram_failed() -> None:
    inbox = ScramInbox(knows="another")
    refused = pytest.raises(RelayUnavailable, match="sign-in failed: 535")
    with running(inbox, auth_require_tls=False) as port, refused as raised:
        send(f"smtp://sender:{PASSWORD}@127.0.0.1:{port}")
    assert inbox.mechanisms == ["SCRAM-SHA-256"]
    assert PASSWORD not in str(raised.value)
    assert inbox.envelopes == []


@pytest.mark.parametrize("proves", ["another", None])
def test_a_server_that_lets_us_in_without_proof_gets_no_mail(proves: str | None) -> None:
    inbox = ScramInbox(proves=proves)
    refused = pytest.raises(RelayUnavailable, match=NOT_PROVEN)
    with running(inbox, auth_require_tls=False) as port, refused:
        send(f"smtp://sender:{PASSWORD}@127.0.0.1:{port}")
    assert inbox.mechanisms == ["SCRAM-SHA-256"]
    assert inbox.envelopes == []


@pytest.mark.parametrize(
    "replies",
    [
        ["235 2.7.0 come in"],
        ["503 5.5.1 you are in already"],
        ["334 Z2FyYmFnZQ=="],
        ["334 !!!!"],
        ["334 cj1ub25zZW5zZSxzPVFTWENSK1E2c2VrOGJmOTIsaT00MDk2"],
        ["334 "],
    ],
)
def test_what_is_no_scram_signs_nobody_in(replies: list[str]) -> None:
    ehlo = ["250-scripted\r\n250 AUTH PLAIN SCRAM-SHA-256"]
    with ScriptedServer(EHLO=ehlo, AUTH=replies) as server:
        with pytest.raises(RelayUnavailable, match="cannot be used"):
            send(f"smtp://sender:{PASSWORD}@127.0.0.1:{server.port}")
        assert not {"MAIL", "PLAIN"} & {
            word for line in server.transcripts[0] for word in line.split()
        }


def test_without_starttls_neither_password_nor_mail_leaves() -> None:
    with ScriptedServer(EHLO=[OFFERED]) as server:
        with pytest.raises(RelayUnavailable, match="STARTTLS"):
            send(f"smtp://sender:{PASSWORD}@127.0.0.1:{server.port}?tls=starttls")
        assert server.verbs() == ["ehlo"]


def test_what_was_said_before_tls_is_not_believed_after_it(tls) -> None:
    ehlo, injected = [f"{OFFERED}\r\n".replace("250 ", "250-STARTTLS\r\n250 ").strip()], OFFERED
    with ScriptedServer(EHLO=ehlo, STARTTLS=[f"220 go\r\n{injected}"]) as server:
        with pytest.raises(RelayUnavailable, match="more than it was asked"):
            send(
                f"smtp://sender:{PASSWORD}@127.0.0.1:{server.port}?tls=starttls",
                tls_context=tls[1],
            )
        assert [verb.upper() for verb in server.verbs()] == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_is_not_valid_gets_neither_password_nor_mail(tls, scheme) -> None:
    inbox = ScramInbox()
    options = {"tls_context": tls[0]} if scheme == "smtp" else {"ssl_context": tls[0]}
    with running(inbox, **options) as port:
        option = "?tls=starttls" if scheme == "smtp" else ""
        with pytest.raises(RelayUnavailable, match="certificate is not valid"):
            send(f"{scheme}://sender:{PASSWORD}@127.0.0.1:{port}{option}")
    assert (inbox.mechanisms, inbox.envelopes) == ([], [])


def test_a_certificate_of_another_host_gets_neither_password_nor_mail(tls) -> None:
    inbox = ScramInbox()
    refused = pytest.raises(RelayUnavailable, match="certificate is not valid")
    with running(inbox, host="127.0.0.2", ssl_context=tls[0]) as port, refused:
        send(f"smtps://sender:{PASSWORD}@127.0.0.2:{port}", tls_context=tls[1])
    assert (inbox.mechanisms, inbox.envelopes) == ([], [])
