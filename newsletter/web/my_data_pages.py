"""What the pages of a reader's own data show."""

from flask import render_template

from newsletter.clock import utc_now
from newsletter.publications.find import all_publications
from newsletter.publications.models import Publication
from newsletter.subscriptions.links import PreferencesLink, url_of_preferences
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.short_links import NEW_ADDRESS_HOURS, read_my_data


def my_data_page(
    subscription: Subscription, token: str, *, typed: str = "", problem: str = ""
) -> str:
    """Return the reader's page with all her publications, and those that she has not.

    Args:
        typed: a new address that was refused, shown again with its `problem`.
    """
    subscriber = subscription.subscriber
    made_at = read_my_data(token, now=utc_now()).made_at
    hers = sorted(subscriber.subscriptions, key=lambda one: one.publication.name.casefold())
    had = {one.publication for one in hers}
    return render_template(
        "web/my_data/page.html",
        publication=subscription.publication,
        subscriber=subscriber,
        subscriptions=hers,
        others=[one for one in all_publications() if one not in had],
        preferences_url_of=lambda one: url_of_preferences(PreferencesLink(one.id, made_at)),
        token=token,
        typed=typed,
        problem=problem,
    )


def address_asked_page(subscription: Subscription, new_email: str) -> str:
    """Return what is said after a new address was typed, whatever is known of it."""
    return render_template(
        "web/my_data/address_asked.html",
        publication=subscription.publication,
        new_email=new_email,
        hours=NEW_ADDRESS_HOURS,
    )


def erased_page(publication: Publication) -> str:
    """Return the last page she sees of us."""
    return render_template("web/my_data/erased.html", publication=publication)
