"""Looks whether a mail program's one-click POST (RFC 8058) would reach us at our public address."""

import http.client
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from newsletter.mail.domain_findings import DomainFinding, Part, State

#: Seconds for each step of the request.
STEP_SECONDS = 3.0

#: A token that opens nothing: the page that says so is ours, and no subscription ends.
PATH = "/unsubscribe/a-look-from-the-operator"
BODY = "List-Unsubscribe=One-Click"

FROM_HERE = "As seen from this machine; a firewall may show others something else."


@dataclass(frozen=True)
class PostAnswer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in small letters


#: Posts `BODY` once, following nothing; raises OSError, or HTTPException for what is no HTTP.
Post = Callable[[str], PostAnswer]


def post_once(url: str) -> PostAnswer:
    """Post as a mail program does; see `Post`."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=STEP_SECONDS)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", parts.path, BODY, headers)
        answer = connection.getresponse()
        return PostAnswer(answer.status, {k.lower(): v for k, v in answer.getheaders()})
    finally:
        connection.close()


def check_one_click(base_url: str, *, post: Post) -> DomainFinding:
    """Judge whether the POST arrives: over https, without a redirect, at this service."""
    if not base_url.startswith("https://"):
        found = f"Links begin with {base_url}; one-click unsubscribing needs https."
        return _finding(State.WRONG, found, "Serve https and set BASE_URL to it.")
    try:
        answer = post(base_url + PATH)
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or "the handshake fails"
        found = f"The certificate of {base_url} is not valid: {why}."
        return _finding(State.WRONG, found, "Renew it, or mend its chain.")
    except (OSError, http.client.HTTPException):
        found = f"{base_url} does not answer from this machine."
        return _finding(State.UNKNOWN, found, "Try it from outside.")
    if 300 <= answer.status < 400:
        found = f"{base_url} redirects, and mail programs do not follow (RFC 8058)."
        return _finding(State.WRONG, found, "Set BASE_URL to the address it leads to.")
    if answer.status != 404 or "noindex" not in answer.headers.get("x-robots-tag", ""):
        found = f"{base_url} answers a one-click POST with {answer.status}, not as we would."
        return _finding(State.WRONG, found, "Let the proxy pass POST to /unsubscribe/ as it comes.")
    return _finding(State.OK, f"{base_url} takes it. {FROM_HERE}", "")


def _finding(state: State, found: str, advice: str) -> DomainFinding:
    return DomainFinding(Part.ONE_CLICK, state, found, advice)
