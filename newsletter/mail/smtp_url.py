"""SMTP_URL: which relays take our mail, in order of preference."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from newsletter.errors import PermanentError

_NEXT_URL = re.compile(r"\s*,\s*(?=[A-Za-z]+://)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)/(s|min|h)")
_SECONDS = {"s": 1, "min": 60, "h": 3600}
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_OPTIONS = {"tls", "connections", "rate", "helo", "bdat"}
_MOST_CONNECTIONS = 100
_MOST_IN_FLIGHT = 10  # all refused, these are the twenty errors after which Postfix hangs up


class SmtpUrlError(PermanentError):
    """SMTP_URL cannot be used. The text never repeats any of it, since it holds a password."""


class Tls(StrEnum):
    """How the connection is protected; certificates are always verified."""

    IMPLICIT = "implicit"  # from the first octet on (smtps)
    STARTTLS = "starttls"  # required, never "if offered"
    NONE = "none"


@dataclass(frozen=True)
class Relay:
    """One mail server that takes our mail."""

    host: str
    port: int
    tls: Tls
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    connections: int = 1  # how many an engine may hold open at once
    rate_per_second: float | None = None  # most mails per second; None is without limit
    helo: str | None = None  # our name in EHLO; None is this host's
    bdat: int = 0  # mails in flight on one connection by BDAT, where offered; 0 is by DATA

    @property
    def address(self) -> str:
        """The relay as staff read it: host and port."""
        return f"{self.host}:{self.port}"

    def describe(self) -> str:
        """Return the relay in words, without secrets."""
        protection = {
            Tls.IMPLICIT: "TLS",
            Tls.STARTTLS: "STARTTLS",
            Tls.NONE: "not encrypted",
        }[self.tls]
        return f"{self.address} ({protection}{', with password' if self.username else ''})"


def parse_smtp_urls(value: str) -> tuple[Relay, ...]:
    """Return the relays of a comma-separated list of URLs.

    `smtp://user:password@host:587?tls=starttls&connections=10&rate=50/s&helo=news.example.org`,
    and `bdat=4` for a relay far away.
    smtps is TLS from the start (port 465). smtp (port 587, on loopback 25) is STARTTLS, but on
    loopback, where `tls=none` is the default. Raises SmtpUrlError.
    """
    urls = [url for url in _NEXT_URL.split(value.strip().strip(",").strip()) if url]
    if not urls:
        raise SmtpUrlError("SMTP_URL is empty.")
    return tuple(_relay(url, f"SMTP_URL, relay {n}") for n, url in enumerate(urls, start=1))


def relay_addresses(value: str) -> tuple[str, ...]:
    """Return host and port of each relay; none where the value cannot be used."""
    try:
        return tuple(relay.address for relay in parse_smtp_urls(value))
    except SmtpUrlError:
        return ()


def _relay(url: str, which: str) -> Relay:
    parts, port = _split(url, which)
    host = parts.hostname or ""
    options = _options(parts.query, which)
    local = _is_loopback(host)
    tls = _tls(parts.scheme, options.get("tls"), local, which)
    username = unquote(parts.username) if parts.username else None
    if (username is None) != (not parts.password):
        raise SmtpUrlError(f"{which}: user name and password are given together or not at all.")
    if username and tls is Tls.NONE and not local:
        raise SmtpUrlError(f"{which}: a password is only sent over TLS; leave out tls=none.")
    helo = options.get("helo")
    if helo and not _HOST.fullmatch(helo):
        raise SmtpUrlError(f"{which}: helo is not a host name.")
    return Relay(
        host=host,
        port=port or (465 if tls is Tls.IMPLICIT else 25 if local else 587),
        tls=tls,
        username=username,
        password=unquote(parts.password) if parts.password else None,
        connections=_count("connections", options, _MOST_CONNECTIONS, which) or 1,
        rate_per_second=_rate(options["rate"], which) if "rate" in options else None,
        helo=helo,
        bdat=_count("bdat", options, _MOST_IN_FLIGHT, which),
    )


def _split(url: str, which: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SmtpUrlError(f"{which}: the port is not a number from 1 to 65535.") from None
    if parts.scheme not in ("smtp", "smtps"):
        raise SmtpUrlError(f"{which}: it begins with smtp:// or smtps://.")
    if parts.path not in ("", "/") or parts.fragment:
        raise SmtpUrlError(
            f"{which}: nothing but ?options follows the host;"
            " in a password, / ? # @ : are written %2F %3F %23 %40 %3A."
        )
    if port == 0 or not _HOST.fullmatch(parts.hostname or ""):
        raise SmtpUrlError(f"{which}: host or port is missing or not valid.")
    return parts, port


def _options(query: str, which: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    if len(options) != len(pairs) or not options.keys() <= _OPTIONS:
        raise SmtpUrlError(f"{which}: the options are {', '.join(sorted(_OPTIONS))}, each once.")
    return options


def _tls(scheme: str, wish: str | None, local: bool, which: str) -> Tls:
    if wish is not None and wish not in list(Tls):
        raise SmtpUrlError(f"{which}: tls is one of {', '.join(Tls)}.")
    if scheme == "smtps":
        if wish not in (None, Tls.IMPLICIT):
            raise SmtpUrlError(f"{which}: smtps is TLS from the start; leave out tls.")
        return Tls.IMPLICIT
    return Tls(wish) if wish else Tls.NONE if local else Tls.STARTTLS


def _count(option: str, options: dict[str, str], most: int, which: str) -> int:
    text = options.get(option)
    if text is None:
        return 0  # not said
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise SmtpUrlError(f"{which}: {option} is a number from 1 to {most}.")
    return int(text)


def _rate(text: str, which: str) -> float:
    found = _RATE.fullmatch(text)
    if not found or not float(found.group(1)):
        raise SmtpUrlError(f"{which}: rate is a number per s, min or h, such as 50/s.")
    return float(found.group(1)) / _SECONDS[found.group(2)]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
