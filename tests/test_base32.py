"""Base32: the same letters as the standard library's, whatever the length."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from newsletter.base32 import lower_base32


@given(octets=st.binary(max_size=40))
def test_it_is_the_standard_base32_in_lower_case_without_padding(octets):
    assert lower_base32(octets) == base64.b32encode(octets).decode().rstrip("=").lower()
