"""The keyed hash is HMAC-SHA-256, whatever key and message."""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from newsletter.keyed_hash import KeyedHash, keyed_hash


@given(key=st.binary(max_size=200), messages=st.lists(st.binary(max_size=300), max_size=4))
def test_it_says_what_the_standard_library_says(key: bytes, messages: list[bytes]) -> None:
    made = KeyedHash(key)
    assert [made.digest(message) for message in messages] == [
        hmac.digest(key, message, hashlib.sha256) for message in messages
    ]


def test_it_says_what_rfc_4231_says() -> None:
    code = keyed_hash(b"Jefe").digest(b"what do ya want for nothing?").hex()
    assert code == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
