"""What is fetched from SNS: certificates, and the address that confirms a topic.

Only for addresses that were checked: https, a host of SNS, no redirect, in seconds and in size.
"""

from functools import lru_cache

import requests
from cryptography.x509 import Certificate, load_pem_x509_certificate

from newsletter.errors import TemporaryError

_SECONDS = 5
_MOST_OCTETS = 64 * 1024


class NotFetched(TemporaryError):
    """SNS did not answer; its message will come again."""


@lru_cache(maxsize=16)  # a topic has one for months
def fetch_certificate(address: str) -> Certificate:
    """Return a certificate.

    Raises:
        NotFetched: it does not come, or is none.
    """
    try:
        return load_pem_x509_certificate(fetch(address))
    except ValueError:
        raise NotFetched("SNS sent no certificate.") from None


def fetch(address: str) -> bytes:
    """Return what stands at an address of SNS.

    Raises:
        NotFetched: nothing did.
    """
    try:
        with requests.get(address, timeout=_SECONDS, allow_redirects=False, stream=True) as answer:
            if answer.status_code != requests.codes.ok:
                raise NotFetched(f"SNS answered {answer.status_code}.")
            return answer.raw.read(_MOST_OCTETS, decode_content=True)
    except requests.RequestException as error:
        raise NotFetched(f"SNS did not answer: {type(error).__name__}.") from error
