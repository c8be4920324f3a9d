"""Passwords: which are taken, how they are kept, and how one is checked."""

import secrets
from functools import cache

from flask_security.utils import hash_password, verify_password

SHORTEST = 12
LONGEST = 200


def password_problem(password: str, *, email: str) -> str:
    """Return one sentence saying why `password` is refused, or nothing.

    Length is the rule, as NIST SP 800-63B §3.1.1.2 advises; classes of characters are not.
    """
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters; several words in a row are easy to remember."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if len(set(password)) < 5:
        return "Use at least 5 different characters."
    if password.casefold() in (email.casefold(), email.casefold().split("@")[0]):
        return "Do not use your address as the password."
    return ""


def hashed(password: str) -> str:
    """Return the argon2id hash of `password`."""
    return str(hash_password(password))


def matches(password: str, stored: str | None) -> bool:
    """Say whether `password` is the one of `stored`.

    Without a stored one the same work is done, so that the time does not tell a known address
    from an unknown one.
    """
    right = bool(verify_password(password[:LONGEST], stored or _hash_of_nobody()))
    return right and stored is not None


@cache
def _hash_of_nobody() -> str:
    return hashed(secrets.token_hex(16))
