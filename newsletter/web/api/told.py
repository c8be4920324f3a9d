"""What the API tells of a publication: what its signup page shows to everybody."""

from typing import Any

from newsletter.config import settings
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.consent import consent_text


def told_publication(publication: Publication) -> dict[str, Any]:
    """Return a publication as the schema `Publication` of the description says."""
    languages = publication.offered_languages
    return {
        "slug": publication.slug,
        "name": publication.name,
        "tagline": publication.tagline,
        "page": f"{settings.base_url}/p/{publication.slug}",
        "language": publication.language,
        "languages": languages,
        "cadences": [cadence.value for cadence in Cadence],
        "default_cadence": publication.default_cadence.value,
        "topics": [
            {"slug": topic.slug, "name": topic.name} for topic in publication.offered_topics
        ],
        "consent": {tag: consent_text(publication, language=tag) for tag in languages},
    }
