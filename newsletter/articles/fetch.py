"""Fetch a feed from an untrusted address, within limits of place, size and time."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from newsletter.articles.fetch_errors import FetchError, Permanent, Temporary
from newsletter.articles.guarded_connection import Deadline, GuardedAdapter
from newsletter.articles.public_addresses import Guard

__all__ = ["FetchError", "Fetched", "Permanent", "Temporary", "fetch"]

MOST_REDIRECTS = 5
ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, "
    "text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
_REDIRECTS = (301, 302, 303, 307, 308)
_MOVED_FOR_GOOD = (301, 308)
_PASSING = (408, 421, 425, 429)
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One answer of a feed's server; `permanent_url` is set when the feed moved for good."""

    status: int
    url: str
    permanent_url: str | None
    content: bytes
    content_type: str
    etag: str | None
    last_modified: str | None
    not_modified: bool
    seconds: float
    #: The Link headers (RFC 8288), joined.
    links: str = ""
    cache_control: str = ""


def fetch(
    url: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    allow: tuple[str, ...] = (),
    max_bytes: int = 10 * 1024 * 1024,
    max_seconds: float = 20.0,
    base_url: str = "",
    accept: str = ACCEPT,
    what: str = "feed",
) -> Fetched:
    """Return the server's answer, or raise Temporary or Permanent with a sentence for staff.

    `etag` and `last_modified` are those of the previous answer. `allow` lists hosts, addresses
    or networks that may be internal. `max_bytes` counts after decompression, `max_seconds` is
    the whole time, redirects included. `base_url` tells the server who asks, `what` names in
    errors what is fetched.
    """
    headers = _headers(etag, last_modified, base_url) | {"Accept": accept}
    with Deadline(max_seconds) as deadline, guarded_session(deadline, allow) as session:
        try:
            return _follow(session, url, headers, _Limits(deadline, max_bytes, what))
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
        ) as error:
            raise explain_failure(error, deadline) from error


def guarded_session(deadline: Deadline, allow: tuple[str, ...]) -> requests.Session:
    """Return a session whose connections go to permitted addresses only, and end on time."""
    session = requests.Session()
    session.trust_env = False  # a proxy or .netrc of the machine must not reroute the guard
    adapter = GuardedAdapter(guard=Guard(allow), deadline=deadline)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


@dataclass(frozen=True, slots=True)
class _Limits:
    """Of one fetch; `what` is what it is of."""

    deadline: Deadline
    max_bytes: int
    what: str


def _headers(etag: str | None, last_modified: str | None, base_url: str) -> dict[str, str]:
    headers = {
        "User-Agent": f"newsletter (+{base_url})" if base_url else "newsletter",
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
    }
    if etag and etag.isprintable() and etag.isascii():
        headers["If-None-Match"] = etag
    if last_modified and last_modified.isprintable() and last_modified.isascii():
        headers["If-Modified-Since"] = last_modified
    if not etag and not last_modified:
        headers["Cache-Control"] = "no-cache"  # a cache in between must not answer for the site
    return headers


def _follow(
    session: requests.Session,
    url: str,
    headers: dict[str, str],
    limits: _Limits,
) -> Fetched:
    moved_for_good = True
    seen: list[str] = []
    while True:
        url = permitted_address(url)
        if url in seen:
            raise Permanent("The address redirects in a circle.")
        if len(seen) > MOST_REDIRECTS:
            raise Permanent(f"The address redirects more than {MOST_REDIRECTS} times.")
        seen.append(url)
        timeout = max(limits.deadline.remaining, 0.001)
        with session.get(
            url, headers=headers, stream=True, allow_redirects=False, timeout=timeout
        ) as response:
            if response.status_code not in _REDIRECTS:
                permanent_url = url if moved_for_good and len(seen) > 1 else None
                return _read(response, url, permanent_url, limits)
            moved_for_good = moved_for_good and response.status_code in _MOVED_FOR_GOOD
            url = _next_address(response, url)
        session.close()  # a server may drop a kept connection without a word; start afresh


def permitted_address(url: str) -> str:
    """Return the address without its fragment, or refuse it for its form."""
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise Permanent("The address is not a valid web address.") from None
    if parts.scheme not in ("http", "https"):
        raise Permanent("Only addresses that begin with http:// or https:// can be fetched.")
    if parts.username is not None or parts.password is not None:
        raise Permanent("The address carries a user name or password, which is not allowed.")
    if not host or "\\" in parts.netloc or any(letter.isspace() for letter in parts.netloc):
        raise Permanent("The address is not a valid web address.")
    return parts._replace(fragment="").geturl()


def _next_address(response: requests.Response, url: str) -> str:
    target = response.headers.get("Location", "")
    if not target:
        raise Permanent("The server redirects without saying where to.")
    # Header bytes reach us as Latin-1; servers send UTF-8 addresses.
    with contextlib.suppress(UnicodeError):
        target = target.encode("latin-1").decode("utf-8")
    try:
        return urljoin(url, target)
    except ValueError:
        raise Permanent("The server redirects to an address that is not valid.") from None


def _read(
    response: requests.Response,
    url: str,
    permanent_url: str | None,
    limits: _Limits,
) -> Fetched:
    not_modified = response.status_code == HTTPStatus.NOT_MODIFIED
    if not not_modified:
        _refuse_errors(response)
    content = b"" if not_modified else b"".join(_pieces(response, limits))
    return Fetched(
        status=response.status_code,
        url=url,
        permanent_url=permanent_url,
        content=content,
        content_type=response.headers.get("Content-Type", ""),
        etag=response.headers.get("ETag"),
        last_modified=response.headers.get("Last-Modified"),
        not_modified=not_modified,
        seconds=limits.deadline.elapsed,
        links=response.headers.get("Link", ""),
        cache_control=response.headers.get("Cache-Control", ""),
    )


def _refuse_errors(response: requests.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    message = f"The server answered {status} {_phrase(status)}".rstrip() + "."
    if status in _PASSING or status >= 500:
        raise Temporary(message, status=status, retry_after=_retry_after(response))
    raise Permanent(message, status=status)


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds that a server asks for, told as such or as a date by its own clock."""
    wait = response.headers.get("Retry-After", "").strip()
    if wait.isascii() and wait.isdigit():
        return float(wait) if len(wait) < 9 else None
    try:
        until = parsedate_to_datetime(wait)
        return max(
            (until - parsedate_to_datetime(response.headers.get("Date", ""))).total_seconds(), 0
        )
    except (TypeError, ValueError):
        return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _pieces(response: requests.Response, limits: _Limits) -> Iterator[bytes]:
    """Yield the decompressed body, and stop at the first byte too many."""
    deadline, max_bytes = limits.deadline, limits.max_bytes
    too_large = Permanent(f"The {limits.what} is larger than {_size(max_bytes)}.")
    announced = response.headers.get("Content-Length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:18]) > max_bytes:
        raise too_large
    received = 0
    for piece in response.iter_content(_PIECE):
        received += len(piece)
        if received > max_bytes:
            raise too_large
        if deadline.passed:
            break
        yield piece
    if deadline.passed:
        raise _too_slow(deadline)


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.0f} MB" if count >= 1024 * 1024 else f"{count} bytes"


def _too_slow(deadline: Deadline) -> Temporary:
    return Temporary(f"The server was too slow: no whole answer in {deadline.elapsed:.0f} seconds.")


def explain_failure(error: Exception, deadline: Deadline) -> FetchError:
    """Turn what the network libraries raise into our two kinds of failure."""
    cause = _our_own(error)
    if cause is not None:
        return cause
    if deadline.passed or isinstance(error, requests.Timeout | TimeoutError):
        return _too_slow(deadline)
    if isinstance(error, requests.exceptions.SSLError):
        return Temporary("The server's certificate or encryption is not valid.")
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return Temporary("The server sent a damaged compressed answer.")
    if isinstance(error, ValueError):  # requests' InvalidURL, InvalidHeader and their kin
        return Permanent("The address is not a valid web address.")
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return Temporary("The server broke off in the middle of its answer.")
    return Temporary("The server could not be reached.")


def _our_own(error: BaseException | None) -> FetchError | None:
    while error is not None:
        if isinstance(error, FetchError):
            return error
        error = error.__cause__ or error.__context__
    return None
