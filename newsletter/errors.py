"""The one error base; each class stands beside its raiser."""


class NewsletterError(Exception):
    """Something this service can name: its text is one sentence fit for a person."""


class TemporaryError(NewsletterError):
    """Worth trying again later without anybody changing anything."""


class PermanentError(NewsletterError):
    """Stays wrong until somebody changes something."""
