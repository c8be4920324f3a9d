"""A browser's part of a check: the puzzle solved by ALTCHA's own library."""

import base64
import json
from typing import Any

import altcha


def solved(challenge: dict[str, Any], **changes: Any) -> str:
    """Return the payload that solves a challenge, with some of its members changed."""
    found = altcha.solve_challenge_v1(
        challenge["challenge"],
        challenge["salt"],
        challenge["algorithm"],
        challenge["maxnumber"],
    )
    assert found is not None
    members = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return packed(**{**members, "number": found.number, **changes})


def packed(**members: Any) -> str:
    """Return members as a payload."""
    return base64.b64encode(json.dumps(members).encode()).decode()
