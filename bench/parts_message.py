"""Cost of the parts that need no server: compile a message, stamp it, sign a link."""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from itertools import cycle

from itsdangerous import URLSafeSerializer

from bench.installation import KEY
from bench.seeding import prose
from bench.timing import microseconds
from newsletter.mail.message import CompiledMessage, Markers, Placeholder, compile_message
from newsletter.subscriptions.links import Purpose, sign

OCTETS, TOKENS = 47_000, 10

#: One after the other, so that nothing that is kept from one mail to the next helps.
READERS = 2_000


def _values(number: int) -> dict[Placeholder, str]:
    token = f"ab12-9ix-{number:026}"
    return {
        Placeholder.ADDRESS: f"reader{number}@example.org",
        Placeholder.MESSAGE_ID: f"delivery-{number:032x}@example.org",
        Placeholder.UNSUBSCRIBE_URL: f"https://news.example.org/unsubscribe/{token}",
        Placeholder.ONE_CLICK_URL: f"https://news.example.org/unsubscribe/{token}",
        Placeholder.PREFERENCES_URL: f"https://news.example.org/preferences/{token}",
        Placeholder.UNSUBSCRIBE_MAILTO: f"mailto:unsubscribe+{token}@b.example.org",
    }


def each_reader() -> Callable[[], dict[Placeholder, str]]:
    """Return what gives the values of the next reader, without end."""
    return cycle([_values(number) for number in range(READERS)]).__next__


#: Four in the headers, three in each body.
_BODY = (Placeholder.ADDRESS, Placeholder.UNSUBSCRIBE_URL, Placeholder.PREFERENCES_URL)


@dataclass(frozen=True)
class Cost:
    """One way to do a part, and what one of it takes."""

    way: str
    microseconds: Callable[[], float]


def stamp_costs() -> list[Cost]:
    """Fill the message for one reader: segments, a chain of replacing, the standard library."""
    markers = Markers.fresh()
    message = compiled(markers)
    whole = b"".join(_as_marker(piece, markers) for piece in message.pieces)
    reader = each_reader()
    return [
        Cost("segments, each token escaped", lambda: microseconds(lambda: message.stamp(reader()))),
        Cost(
            "a chain of replace", lambda: microseconds(lambda: _replaced(whole, markers, reader()))
        ),
        Cost("EmailMessage", lambda: microseconds(_email_message)),
    ]


def compile_costs() -> list[Cost]:
    """Encode the message once."""
    return [Cost("compile_message", lambda: microseconds(lambda: compiled(Markers.fresh())))]


def token_costs() -> list[Cost]:
    """Sign one link."""
    serializer = URLSafeSerializer(KEY, salt="unsubscribe")
    return [
        Cost(
            "compact keyed hash",
            lambda: microseconds(lambda: sign(Purpose.UNSUBSCRIBE, 123_456)),
        ),
        Cost("itsdangerous", lambda: microseconds(lambda: serializer.dumps(123_456))),
    ]


def compiled(markers: Markers) -> CompiledMessage:
    """Return the message that is measured."""
    marked = " ".join(markers.marker(placeholder) for placeholder in _BODY)
    half = prose((OCTETS - 2_500) * 45 // 100)
    return compile_message(
        headers=_headers(markers),
        text=f"{half}\n{marked}\n",
        html=f"{half}<p>{marked}</p>",
        markers=markers,
    )


def _headers(markers: Markers) -> list[tuple[str, str]]:
    def marker(placeholder: Placeholder) -> str:
        return markers.marker(placeholder)

    ways = (Placeholder.ONE_CLICK_URL, Placeholder.UNSUBSCRIBE_MAILTO)
    return [
        ("From", "Measured News <news@example.org>"),
        ("To", marker(Placeholder.ADDRESS)),
        ("Subject", "Report number 1"),
        ("Message-ID", f"<{marker(Placeholder.MESSAGE_ID)}>"),
        ("List-Unsubscribe", ", ".join(f"<{marker(way)}>" for way in ways)),
    ]


def _as_marker(piece: object, markers: Markers) -> bytes:
    if isinstance(piece, bytes):
        return piece
    return markers.marker(piece.placeholder).encode()  # type: ignore[attr-defined]


def _replaced(whole: bytes, markers: Markers, values: dict[Placeholder, str]) -> bytes:
    for placeholder, value in values.items():
        whole = whole.replace(markers.marker(placeholder).encode(), value.encode())
    return whole


def _email_message() -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Measured News <news@example.org>"
    message["To"] = "reader12345@example.org"
    message["Subject"] = "Report number 1"
    half = prose((OCTETS - 2_500) * 45 // 100)
    message.set_content(half)
    message.add_alternative(half, subtype="html")
    return message.as_bytes()
