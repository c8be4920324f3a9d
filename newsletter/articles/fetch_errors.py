"""How a fetch can fail; the text of each is one sentence for staff."""

from newsletter.errors import NewsletterError, PermanentError, TemporaryError


class FetchError(NewsletterError):
    """A feed could not be fetched.

    `status` is the HTTP status where the server gave one; `retry_after` the seconds it asked for.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Temporary(FetchError, TemporaryError):
    """The server, the network or the time was at fault; the next poll may succeed."""


class Permanent(FetchError, PermanentError):
    """The address itself is at fault: gone, refused, too large, or never allowed."""
