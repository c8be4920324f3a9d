"""What staff read about a relay that takes no mail, or little."""

from datetime import datetime

from newsletter.mail.relay_reactions import Reaction


def silence_words(relay: str, reaction: Reaction, answer: str, until: datetime) -> str:
    """Say why nothing goes to the relay until a moment."""
    next_try = f"the next try is at {until:%H:%M} UTC"
    if reaction is Reaction.PAUSE:
        return f"The relay {relay} did not let us in ({answer}); {next_try}."
    return f"The relay {relay} asked us to slow down ({answer}); {next_try}."


def stop_words(relay: str, answer: str) -> str:
    """Say why nothing goes to the relay until staff release it."""
    return (
        f"The relay {relay} refused our mail to several readers ({answer}), so nothing more goes "
        "there until staff release it."
    )


def share_words(relay: str, answer: str) -> str:
    """Say why this worker holds no connection although the relay is not silenced."""
    reason = f" ({answer})" if answer else ""
    return f"The relay {relay} takes few connections just now{reason}, and other workers hold them."
