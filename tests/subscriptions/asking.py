"""Signing up as a page does."""

from newsletter.publications.models import Publication
from newsletter.subscriptions.consent import RequestEvidence
from newsletter.subscriptions.models import (
    Source,
)
from newsletter.subscriptions.signup import sign_up
from newsletter.unit_of_work import unit_of_work
from tests.factories import NOW

REQUEST = RequestEvidence(
    source=Source.PAGE, page="http://localhost/", ip_address="203.0.113.9", user_agent="Browser"
)


def ask(publication: Publication, email: str = "Reader@Example.org", **changes: object) -> None:
    wish: dict[str, object] = {
        "cadence": None,
        "topics": (),
        "name": "",
        "request": REQUEST,
        "now": NOW,
    }
    with unit_of_work():
        sign_up(publication=publication, email=email, **(wish | changes))  # type: ignore[arg-type]
