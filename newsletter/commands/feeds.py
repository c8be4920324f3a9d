"""Commands about feeds."""

from dataclasses import asdict
from typing import Any

import click
import sqlalchemy as sa

from newsletter.articles.complete import complete
from newsletter.articles.connect import FeedPreview, connect_feed, preview_feed
from newsletter.articles.models import Feed
from newsletter.articles.poll import PollResult, claim_feed, fetch_feed, store_outcome
from newsletter.clock import utc_now
from newsletter.commands.output import (
    CommandGroup,
    json_option,
    named_publication,
    print_json,
    print_table,
    progress,
)
from newsletter.digests.last_digest import last_digest_at
from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.unit_of_work import unit_of_work

feeds = CommandGroup("feeds", help="Where a publication's articles come from.")

publication_option = click.option(
    "--publication", "slug", metavar="SLUG", help="Only the feeds of this publication."
)


@feeds.command("add")
@click.argument("publication")
@click.argument("url")
@json_option
def add(publication: str, url: str, as_json: bool) -> None:
    """Connect the feed at URL to PUBLICATION, or the feed that the web page at URL announces.

    Articles that are in the feed already are filed as known and never mailed.
    """
    name = named_publication(publication).name
    preview = preview_feed(url=url)
    with unit_of_work():
        feed = connect_feed(
            publication=named_publication(publication), found=preview.found, now=utc_now()
        )
    warnings = feed.last_warnings.splitlines()
    if as_json:
        print_json(_connected(feed, preview) | {"warnings": warnings})
        return
    click.echo(f"Connected {preview.title or preview.url} to {name}.")
    click.echo(f"  {preview.url} ({preview.kind})")
    click.echo(f"  {_articles(preview.count)}, known from now on and not mailed")
    topics = [topic.name for topic in feed.publication.offered_topics]
    if topics:
        click.echo(f"  Readers can choose the topics: {', '.join(topics)}")
    for warning in warnings:
        click.echo(f"  Note: {warning}")


@feeds.command("poll")
@publication_option
@json_option
@click.pass_context
def poll(ctx: click.Context, slug: str | None, as_json: bool) -> None:
    """Poll every feed now, due or not; exit 1 if any failed."""
    ids = [feed.id for feed in _feeds(slug) if not feed.disabled]
    db.session.rollback()
    results = []
    with progress(ids, label="Polling", quiet=as_json) as shown:
        for feed_id in shown:
            result = _poll_now(feed_id)
            if result is not None:
                results.append(result)
    if as_json:
        print_json([asdict(result) for result in results])
    elif not results:
        click.echo("There is no feed to poll.")
    for result in () if as_json else results:
        click.echo(_line(result))
    if any(result.error for result in results):
        ctx.exit(1)


@feeds.command("list")
@publication_option
@json_option
def show(slug: str | None, as_json: bool) -> None:
    """List feeds and their health."""
    found = [_described(feed) for feed in _feeds(slug)]
    if as_json:
        print_json(found)
    elif not found:
        click.echo("No feed is connected yet.")
    else:
        headings = ("Id", "Publication", "State", "Articles", "Last success", "Address")
        columns = ("id", "publication", "state", "count", "last_success_at", "url")
        print_table(headings, [tuple(_cell(row[name]) for name in columns) for row in found])
        for row in found:
            if row["error"]:
                click.echo(f"Feed {row['id']}: {row['error']}")


def _poll_now(feed_id: int) -> PollResult | None:
    with unit_of_work():
        feed = claim_feed(feed_id=feed_id, now=utc_now(), due_only=False)
    if feed is None:
        return None
    outcome = complete(feed_id=feed_id, outcome=fetch_feed(feed), clock=utc_now)
    with unit_of_work():
        return store_outcome(
            feed_id=feed_id,
            outcome=outcome,
            last_digest_at=last_digest_at(feed_id=feed_id),
            now=utc_now(),
        )


def _feeds(slug: str | None) -> list[Feed]:
    statement = sa.select(Feed).join(Publication).order_by(Publication.id, Feed.id)
    if slug is not None:
        statement = statement.where(Feed.publication_id == named_publication(slug).id)
    return list(db.session.scalars(statement))


def _line(result: PollResult) -> str:
    if result.error:
        return f"FAILED  {result.url}: {result.error}"
    if result.not_modified:
        return f"ok      {result.url}: not modified"
    return f"ok      {result.url}: {result.new} new, {result.changed} changed"


def _articles(count: int) -> str:
    return "1 article" if count == 1 else f"{count} articles"


def _connected(feed: Feed, preview: FeedPreview) -> dict[str, Any]:
    return {
        "id": feed.id,
        "publication": feed.publication.slug,
        "url": preview.url,
        "title": preview.title,
        "kind": preview.kind,
        "count": preview.count,
        "topics_offered": [topic.name for topic in feed.publication.offered_topics],
    }


def _described(feed: Feed) -> dict[str, Any]:
    return {
        "id": feed.id,
        "publication": feed.publication.slug,
        "url": feed.url,
        "title": feed.title,
        "state": _state(feed),
        "count": feed.last_count,
        "status": feed.last_status,
        "seconds": feed.last_seconds,
        "last_polled_at": feed.last_polled_at,
        "last_success_at": feed.last_success_at,
        "last_new_article_at": feed.last_new_article_at,
        "next_poll_at": None if feed.disabled else feed.next_poll_at,
        "rest": feed.rest_state.value,
        "hub": feed.hub_url,
        "failures_in_a_row": feed.failures_in_a_row,
        "error": feed.last_error,
        "warnings": feed.last_warnings.splitlines(),
    }


def _state(feed: Feed) -> str:
    if feed.disabled:
        return "disabled"
    return "failing" if feed.failures_in_a_row else "ok"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return value.strftime("%Y-%m-%d %H:%M UTC") if hasattr(value, "strftime") else str(value)
