"""Each part of a sending domain is in order, missing, wrong or unknown, with what to set."""

import ssl
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from threading import Thread

import pytest

from newsletter.mail.dkim_dns import DnsUnavailable
from newsletter.mail.domain_checks import check_dmarc, check_reverse, check_spf
from newsletter.mail.domain_findings import DnsRecord, DomainFinding, Part, State
from newsletter.mail.one_click_check import BODY, PostAnswer, check_one_click, post_once
from newsletter.mail.relay_check import check_relays
from newsletter.mail.return_path_check import check_return_path
from newsletter.mail.smtp_connection import CannotConnect
from newsletter.mail.smtp_url import Relay, parse_smtp_urls
from newsletter.mail.within import look_within
from tests.mail.scripted_dns import ScriptedDns

RELAY = ip_address("203.0.113.9")


def spf(record: str) -> DomainFinding:
    texts = [record] if record else []
    dns = ScriptedDns({("example.org", "TXT"): texts})
    return check_spf("example.org", senders=[RELAY], suggested="a:relay.example.org", ask=dns)


@pytest.mark.parametrize(
    ("record", "state", "wanted"),
    [
        ("", State.MISSING, "v=spf1 a:relay.example.org ~all"),
        ("v=spf1 ip4:203.0.113.9 ~all", State.OK, ""),
        ("v=spf1 ip4:192.0.2.1 ~all", State.OK, "v=spf1 a:relay.example.org ip4:192.0.2.1 ~all"),
        ("v=spf1 ip4:203.0.113.9 +all", State.WRONG, "v=spf1 ip4:203.0.113.9 ~all"),
        ("v=spf1 ip4:203.0.113.9", State.WRONG, "v=spf1 ip4:203.0.113.9 ~all"),
        ("v=spf1 ip4:x ~all", State.WRONG, "v=spf1 a:relay.example.org ~all"),
    ],
)
def test_spf_comes_with_the_record_to_set(record: str, state: State, wanted: str) -> None:
    found = spf(record)
    assert found.state is state
    assert [one.value for one in found.records] == ([wanted] if wanted else [])


@pytest.mark.parametrize(
    ("record", "state", "told"),
    [
        ("", State.MISSING, "Neither"),
        ("v=DMARC1; p=none", State.OK, "Forged mail is let through"),
        ("v=DMARC1; p=reject; pct=50", State.OK, "heed pct no more"),
        ("v=DMARC1; p=reject; t=y", State.OK, "t=y"),
        ("v=DMARC1; p=perhaps", State.WRONG, "names no policy"),
    ],
)
def test_dmarc_is_judged_by_the_policy_that_holds(record: str, state: State, told: str) -> None:
    dns = ScriptedDns({("_dmarc.example.org", "TXT"): [record] if record else []})
    found = check_dmarc("news.example.org", ask=dns)
    assert found.state is state
    assert told in f"{found.found} {found.advice}"
    if state is not State.OK:
        wanted = DnsRecord("_dmarc.news.example.org", "TXT", "v=DMARC1; p=none")
        assert found.records == (wanted,)


@pytest.mark.parametrize(
    ("names", "address", "state"),
    [
        (["relay.example.org"], "203.0.113.9", State.OK),
        (["relay.example.org"], "203.0.113.10", State.WRONG),
        ([], "203.0.113.9", State.MISSING),
    ],
)
def test_a_reverse_name_has_to_lead_back(names: list[str], address: str, state: State) -> None:
    dns = ScriptedDns(
        {
            ("9.113.0.203.in-addr.arpa", "PTR"): names,
            ("relay.example.org", "A"): [address],
        }
    )
    found = check_reverse([RELAY], helo="relay.example.org", ask=dns)
    assert found.state is state
    if state is not State.OK:
        assert found.records[0].name == "9.113.0.203.in-addr.arpa"


def test_an_address_that_nobody_sees_is_unknown() -> None:
    found = check_reverse([], helo="x.example.org", ask=ScriptedDns())
    assert found.state is State.UNKNOWN


@pytest.mark.parametrize(
    ("mx", "address", "reached", "state"),
    [
        (["10 mx.example.org"], "203.0.113.9", True, State.OK),
        (["10 mx.example.org"], "203.0.113.9", False, State.UNKNOWN),
        (["10 mx.example.org"], "", True, State.WRONG),
        (["0 ."], "203.0.113.9", True, State.WRONG),
        ([], "", True, State.MISSING),
    ],
)
def test_bounces_need_a_host_that_takes_them(
    mx: list[str], address: str, reached: bool, state: State
) -> None:
    dns = ScriptedDns(
        {
            ("bounces.example.org", "MX"): mx,
            ("mx.example.org", "A"): [address] if address else [],
        }
    )
    found = check_return_path(
        "bounces.example.org",
        is_own=True,
        suggested="news.example.org",
        ask=dns,
        reach=lambda _host: reached,
    )
    assert found.state is state
    if state in (State.MISSING, State.WRONG):
        wanted = DnsRecord("bounces.example.org", "MX", "10 news.example.org")
        assert found.records == (wanted,)


def test_the_preferred_host_for_bounces_is_tried() -> None:
    tried: list[str] = []
    dns = ScriptedDns(
        {
            ("example.org", "MX"): ["20 second.example.org", "5 first.example.org"],
            ("second.example.org", "A"): ["203.0.113.9"],
        }
    )
    found = check_return_path(
        "example.org",
        is_own=False,
        suggested="x.example.org",
        ask=dns,
        reach=lambda host: bool(tried.append(host)) or True,
    )
    assert tried == ["first.example.org"]
    assert "BOUNCE_DOMAIN is not set" in found.found


def test_a_mailbox_of_bounces_needs_a_domain_whose_mail_comes_into_it() -> None:
    def found(*, is_own: bool) -> DomainFinding:
        return check_return_path(
            "example.org",
            is_own=is_own,
            suggested="imap.example.net",
            ask=ScriptedDns({}),
            reach=lambda _host: True,
            mailbox=True,
        )

    without = found(is_own=False)
    assert (without.state, "BOUNCE_DOMAIN" in without.advice) == (State.MISSING, True)
    missing = found(is_own=True)
    assert missing.records == (DnsRecord("example.org", "MX", "10 imap.example.net"),)
    assert "provider of the mailbox" in missing.advice


def test_relays_are_greeted_and_unencrypted_ones_far_away_are_wrong() -> None:
    def greet(relay: Relay) -> None:
        if relay.host == "expired.example.org":
            raise CannotConnect(relay, "its certificate is not valid (certificate has expired)")

    def state(url: str) -> DomainFinding:
        return check_relays(parse_smtp_urls(url), greet=greet)

    assert state("smtp://relay.example.org?tls=starttls").state is State.OK
    here = state("smtp://127.0.0.1")
    assert (here.state, here.found) == (State.OK, "Takes our mail: 127.0.0.1:25 (not encrypted).")
    assert state("smtp://relay.example.org?tls=none").state is State.WRONG
    broken = state("smtp://relay.example.org,smtp://expired.example.org")
    assert broken.state is State.WRONG
    assert "certificate has expired" in broken.found
    assert check_relays((), greet=greet).state is State.MISSING


OURS = PostAnswer(404, {"x-robots-tag": "noindex, nofollow"})


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (OURS, State.OK),
        (PostAnswer(301, {"location": "https://www.example.org"}), State.WRONG),
        (PostAnswer(405, {}), State.WRONG),
        (PostAnswer(404, {}), State.WRONG),
        (ssl.SSLCertVerificationError("expired"), State.WRONG),
        (TimeoutError(), State.UNKNOWN),
    ],
)
def test_one_click_has_to_arrive_at_this_service(
    answer: PostAnswer | Exception, state: State
) -> None:
    def post(url: str) -> PostAnswer:
        assert url == "https://news.example.org/unsubscribe/a-look-from-the-operator"
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert check_one_click("https://news.example.org", post=post).state is state


def test_one_click_without_https_is_wrong_and_nothing_is_asked() -> None:
    def post(url: str) -> PostAnswer:
        raise AssertionError(url)

    assert check_one_click("http://news.example.org", post=post).state is State.WRONG


def test_the_post_is_a_mail_programs_and_follows_no_redirect() -> None:
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            seen.append(f"{self.path} {self.rfile.read(length).decode()}")
            self.send_response(301)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    answer = post_once(f"http://127.0.0.1:{server.server_port}/unsubscribe/x")
    server.shutdown()
    server.server_close()
    assert answer.status == 301
    assert seen == [f"/unsubscribe/x {BODY}"]


def test_a_look_that_takes_too_long_or_breaks_is_unknown_and_holds_up_no_other() -> None:
    def silent() -> DomainFinding:
        raise DnsUnavailable("DNS does not answer for x; try again later.")

    def broken() -> DomainFinding:
        raise ZeroDivisionError

    def slow() -> DomainFinding:
        time.sleep(30)
        raise AssertionError

    began = time.monotonic()
    found = look_within(
        {
            Part.SPF: slow,
            Part.DKIM: silent,
            Part.DMARC: broken,
            Part.RELAY: lambda: DomainFinding(Part.RELAY, State.OK, "Fine."),
        },
        seconds=0.2,
    )
    assert time.monotonic() - began < 5
    assert [one.part for one in found] == [Part.SPF, Part.DKIM, Part.DMARC, Part.RELAY]
    assert [one.state for one in found] == [State.UNKNOWN] * 3 + [State.OK]
    assert "0.2 seconds" in found[0].found
    assert "does not answer for x" in found[1].found


def test_a_finding_comes_back_from_the_database_as_it_was() -> None:
    found = spf("")
    assert DomainFinding.from_json(found.as_json()) == found
