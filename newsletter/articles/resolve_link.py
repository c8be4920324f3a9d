"""Ask whether there is a page behind a link, within the same limits as a fetch."""

from enum import StrEnum
from http import HTTPStatus
from urllib.parse import urljoin

import requests
import urllib3

from newsletter.articles.fetch import MOST_REDIRECTS, guarded_session, permitted_address
from newsletter.articles.fetch_errors import FetchError
from newsletter.articles.guarded_connection import Deadline

#: The two statuses by which a server says that there is nothing to be read (RFC 9110 §15.5.5, 11).
_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class LinkAnswer(StrEnum):
    """What became of asking for the page behind a link."""

    OK = "ok"
    GONE = "gone"
    TROUBLE = "trouble"  # no answer, or one that tells nothing about readers: 403, 429, 500


def resolve_link(
    url: str, *, allow: tuple[str, ...] = (), base_url: str = "", max_seconds: float = 8.0
) -> LinkAnswer:
    """Follow a link to its end and return what its server says; the page itself is not read.

    By GET: too many servers answer HEAD otherwise than they answer readers.
    """
    headers = {
        "User-Agent": f"newsletter (+{base_url})" if base_url else "newsletter",
        "Accept": "text/html, */*;q=0.5",
        "Connection": "close",
    }
    with Deadline(max_seconds) as deadline, guarded_session(deadline, allow) as session:
        try:
            return _follow(session, url, headers, deadline)
        except (
            FetchError,
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ):
            return LinkAnswer.TROUBLE


def _follow(
    session: requests.Session, url: str, headers: dict[str, str], deadline: Deadline
) -> LinkAnswer:
    for _ in range(MOST_REDIRECTS + 1):
        with session.get(
            permitted_address(url),
            headers=headers,
            stream=True,
            allow_redirects=False,
            timeout=max(deadline.remaining, 0.001),
        ) as response:
            target = response.headers.get("Location", "")
            if not (response.is_redirect and target):
                return _judged(response.status_code)
        session.close()  # a server may drop a kept connection without a word; start afresh
        url = urljoin(url, target)
    return LinkAnswer.TROUBLE


def _judged(status: int) -> LinkAnswer:
    if status in _GONE:
        return LinkAnswer.GONE
    return LinkAnswer.OK if 200 <= status < 400 else LinkAnswer.TROUBLE
