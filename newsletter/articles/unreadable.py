"""The error for a document that is no feed."""

from newsletter.errors import PermanentError


class UnreadableFeed(PermanentError):
    """What the address gives is not a feed; `feeds` are those that a web page there names."""

    def __init__(self, message: str, *, feeds: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.feeds = feeds
