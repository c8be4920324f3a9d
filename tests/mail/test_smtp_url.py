"""SMTP_URL: read exactly, or refused in a sentence that keeps its secrets."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.mail.smtp_url import Relay, SmtpUrlError, Tls, parse_smtp_urls


def test_every_part_of_a_url_is_read():
    [relay] = parse_smtp_urls(
        "smtp://us%40er:p%2Fss%2C@Relay.example.org:2525"
        "?tls=starttls&connections=10&rate=50/s&helo=news.example.org&bdat=4"
    )
    assert relay == Relay(
        host="relay.example.org",
        port=2525,
        tls=Tls.STARTTLS,
        username="us@er",
        password="p/ss,",
        connections=10,
        rate_per_second=50.0,
        helo="news.example.org",
        bdat=4,
    )


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://relay.example.org", 587, Tls.STARTTLS),
        ("smtps://relay.example.org", 465, Tls.IMPLICIT),
        ("smtp://relay.example.org?tls=implicit", 465, Tls.IMPLICIT),
        ("smtp://relay.example.org?tls=none", 587, Tls.NONE),
        ("smtp://localhost", 25, Tls.NONE),
        ("smtp://127.0.0.1:1025/", 1025, Tls.NONE),
        ("smtp://[::1]", 25, Tls.NONE),
        ("smtp://localhost?tls=starttls", 25, Tls.STARTTLS),
    ],
)
def test_port_and_protection_follow_from_scheme_and_host(url, port, tls):
    [relay] = parse_smtp_urls(url)
    assert (relay.port, relay.tls) == (port, tls)


def test_several_relays_are_separated_by_commas():
    relays = parse_smtp_urls(" smtp://a.example.org , smtps://u:p,w@b.example.org, ")
    assert [relay.host for relay in relays] == ["a.example.org", "b.example.org"]
    assert relays[1].password == "p,w"


def test_what_is_not_said_is_one_connection_without_a_rate_and_without_bdat():
    [relay] = parse_smtp_urls("smtp://relay.example.org")
    assert (relay.connections, relay.rate_per_second, relay.bdat) == (1, None, 0)


@pytest.mark.parametrize(("rate", "per_second"), [("50/s", 50), ("90/min", 1.5), ("3600/h", 1)])
def test_a_rate_is_told_per_second_minute_or_hour(rate, per_second):
    [relay] = parse_smtp_urls(f"smtp://relay.example.org?rate={rate}")
    assert relay.rate_per_second == per_second


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "is empty"),
        (" , ", "is empty"),
        ("relay.example.org", "begins with smtp://"),
        ("http://u:s3cret@relay.example.org", "begins with smtp://"),
        ("smtp://u:s3cret@relay.example.org:s3cret", "port is not a number"),
        ("smtp://u:s3cret@relay.example.org:70000", "port is not a number"),
        ("smtp://u:s3cret@relay.example.org:0", "host or port"),
        ("smtp://", "host or port"),
        ("smtp://u:12/s3cret@relay.example.org", "%2F"),
        ("smtp://u:12#s3cret@relay.example.org", "%23"),
        ("smtp://u:12?s3cret@relay.example.org", "the options are"),
        ("smtp://u:s3/cret@relay.example.org", "port is not a number"),
        ("smtp://s3cret@relay.example.org", "together"),
        ("smtp://:s3cret@relay.example.org", "together"),
        ("smtp://u:s3cret@relay.example.org?tls=none", "only sent over TLS"),
        ("smtp://u:s3cret@relay.example.org?tls=maybe", "tls is one of"),
        ("smtps://u:s3cret@relay.example.org?tls=starttls", "leave out tls"),
        ("smtp://u:s3cret@relay.example.org?tsl=none", "the options are"),
        ("smtp://u:s3cret@relay.example.org?rate=1/s&rate=2/s", "each once"),
        ("smtp://u:s3cret@relay.example.org?connections=0", "connections is"),
        ("smtp://u:s3cret@relay.example.org?connections=ten", "connections is"),
        ("smtp://u:s3cret@relay.example.org?bdat=0", "bdat is a number from 1 to 10"),
        ("smtp://u:s3cret@relay.example.org?bdat=11", "bdat is a number from 1 to 10"),
        ("smtp://u:s3cret@relay.example.org?bdat=", "bdat is"),
        ("smtp://u:s3cret@relay.example.org?rate=50", "rate is"),
        ("smtp://u:s3cret@relay.example.org?rate=0/s", "rate is"),
        ("smtp://u:s3cret@relay.example.org?helo=a%20b", "helo is"),
        ("smtp://ok.example.org,smtp://u:s3cret@relay.example.org:x", "relay 2"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_repeating_it(url, sentence):
    with pytest.raises(SmtpUrlError, match=sentence) as raised:
        parse_smtp_urls(url)
    assert "s3cret" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@given(st.text())
def test_no_text_breaks_the_reading(text):
    for url in (text, f"smtp://{text}", f"smtp://h?{text}"):
        with suppress(SmtpUrlError):
            assert parse_smtp_urls(url)


def test_a_relay_shown_for_debugging_hides_its_password():
    [relay] = parse_smtp_urls("smtp://u:s3cret@relay.example.org")
    assert "s3cret" not in repr(relay)
    assert "s3cret" not in relay.describe()
