"""Why the all-in-one start refuses."""

from newsletter.errors import PermanentError


class CannotStart(PermanentError):
    """Something the person at the terminal can mend; the text says what."""
