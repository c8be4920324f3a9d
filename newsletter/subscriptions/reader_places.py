"""What the places in a mail that lead to the reader's own pages are filled with."""

from newsletter.mail.markers import Placeholder
from newsletter.subscriptions.links import ReaderLinks


def reader_places(links: ReaderLinks, *, bounce_domain: str) -> dict[Placeholder, str]:
    """Return one reader's links by their places; the mailto one needs a domain that takes it."""
    return {
        Placeholder.UNSUBSCRIBE_URL: links.unsubscribe_url,
        Placeholder.ONE_CLICK_URL: links.one_click_url,
        Placeholder.PREFERENCES_URL: links.preferences_url,
        Placeholder.UNSUBSCRIBE_MAILTO: (
            f"mailto:unsubscribe+{links.unsubscribe_token}@{bounce_domain}"
        ),
    }
