"""Message-IDs: different for every recipient, the same on every retry (RFC 5322 §3.6.4)."""

from newsletter.keyed_hash import keyed_hash


def message_id(*, kind: str, number: int, domain: str, key: str) -> str:
    """Return `left@right` without angle brackets, derived from what the mail is.

    Args:
        kind: short lower-case word, such as "delivery".
        number: the row's id.
        key: a secret, so that ids cannot be guessed and neighbours not counted.
    """
    seal = keyed_hash(key.encode()).digest(f"message-id:{kind}:{number}".encode())
    return f"{kind}-{seal.hex()[:32]}@{domain}"
