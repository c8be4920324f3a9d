"""Send a form to an untrusted address, within the same limits as a fetch."""

import requests
import urllib3

from newsletter.articles.fetch import explain_failure, guarded_session, permitted_address
from newsletter.articles.fetch_errors import Permanent, Temporary
from newsletter.articles.guarded_connection import Deadline

MOST_OCTETS = 2000


def send_form(
    url: str,
    fields: dict[str, str],
    *,
    allow: tuple[str, ...] = (),
    base_url: str = "",
    max_seconds: float = 10.0,
) -> int:
    """Post the form and return the status, if it is one of success; follow no redirect.

    Raises:
        Temporary, Permanent: a sentence for staff, with the beginning of what the server said.
    """
    headers = {"User-Agent": f"newsletter (+{base_url})" if base_url else "newsletter"}
    headers |= {"Connection": "close", "Accept-Encoding": "identity"}
    with Deadline(max_seconds) as deadline, guarded_session(deadline, allow) as session:
        try:
            with session.post(
                permitted_address(url),
                data=fields,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=max(deadline.remaining, 0.001),
            ) as response:
                return _accepted(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise explain_failure(error, deadline) from error


def _accepted(response: requests.Response) -> int:
    status = response.status_code
    if 200 <= status < 300:
        return status
    said = next(response.iter_content(MOST_OCTETS), b"").decode("utf-8", "replace")
    words = " ".join(said.split())[:200]
    sentence = f"The server answered {status}." + (f" It said: {words}" if words else "")
    kind = Temporary if status >= 500 or status == 429 else Permanent
    raise kind(sentence, status=status)
