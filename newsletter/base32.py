"""Base32 in lower case: for tokens that must outlive whoever changes the case of an address."""

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
#: Two letters at a time: a digest needs three tokens a reader, and `base64.b32encode` alone would
#: take a sixth of a worker's time.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def lower_base32(octets: bytes) -> str:
    """Return RFC 4648 §6 base32 of `octets` in lower case, without padding."""
    letters = (len(octets) * 8 + 4) // 5
    pairs = (letters + 1) // 2
    number = int.from_bytes(octets) << (pairs * 10 - len(octets) * 8)
    shifts = range((pairs - 1) * 10, -1, -10)
    return "".join([_PAIRS[number >> shift & 1023] for shift in shifts])[:letters]
