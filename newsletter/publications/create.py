"""Create a publication."""

from datetime import datetime, time

import structlog

from newsletter.extensions import db
from newsletter.publications.check import (
    UnusableDetail,
    checked_address,
    checked_colour,
    checked_day,
    checked_language,
    checked_languages,
    checked_line,
    checked_site,
    checked_slug,
    checked_time_zone,
)
from newsletter.publications.find import publication_by_slug
from newsletter.publications.models import Cadence, DatePolicy, Publication

log = structlog.get_logger()


def create_publication(
    *,
    slug: str,
    name: str,
    from_email: str,
    site_url: str,
    cadence: Cadence,
    send_at: time,
    time_zone: str,
    now: datetime,
    from_name: str = "",
    reply_to: str = "",
    contact_email: str = "",
    tagline: str = "",
    about: str = "",
    postal_address: str = "",
    copyright_line: str = "",
    language: str = "en",
    languages: str = "",
    welcome: bool = True,
    accent: str = "#0B3D6B",
    logo: str = "",
    weekly_day: int = 0,
    monthly_day: int = 1,
    late_articles: DatePolicy = DatePolicy.INCLUDE,
    back_dated_articles: DatePolicy = DatePolicy.HOLD,
    future_articles: DatePolicy = DatePolicy.HOLD,
) -> Publication:
    """Store a publication and return it.

    `cadence` is what readers get who choose none, `send_at` a wall-clock time of `time_zone`;
    `from_name` is the publication's name where it is not given.

    Raises:
        UnusableDetail: one sentence about the first detail that cannot be stored.
    """
    name = checked_line("name", name, called="The name", longest=200, empty=False)
    publication = Publication(
        slug=_free_slug(slug),
        name=name,
        tagline=tagline.strip(),
        about=about.strip(),
        site_url=checked_site(site_url),
        language=checked_language(language),
        languages=checked_languages(languages),
        welcome=welcome,
        from_name=checked_line("from_name", from_name, called="The sender's name", longest=200)
        or name,
        from_email=checked_address("from_email", from_email, called="The sender's address"),
        reply_to=reply_to
        and checked_address("reply_to", reply_to, called="The address for replies"),
        contact_email=contact_email
        and checked_address("contact_email", contact_email, called="The contact address"),
        postal_address=postal_address.strip(),
        copyright_line=checked_line(
            "copyright_line", copyright_line, called="The copyright line", longest=300
        ),
        accent=checked_colour(accent),
        logo=checked_line("logo", logo, called="The logo", longest=300),
        default_cadence=cadence,
        time_zone=checked_time_zone(time_zone),
        send_at=send_at,
        weekly_day=checked_day("weekly_day", weekly_day, first=0, last=6),
        monthly_day=checked_day("monthly_day", monthly_day, first=1, last=28),
        late_articles=late_articles,
        back_dated_articles=back_dated_articles,
        future_articles=future_articles,
        created_at=now,
    )
    db.session.add(publication)
    db.session.flush()
    log.info("publication_created", publication_id=publication.id)
    return publication


def _free_slug(slug: str) -> str:
    if publication_by_slug(checked_slug(slug)) is not None:
        raise UnusableDetail("slug", f"There is already a publication called {slug}.")
    return slug
