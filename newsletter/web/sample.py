"""The pretend publisher of the sample publication: its feed, its site, its next article."""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from newsletter.articles.models import Feed
from newsletter.clock import utc_now
from newsletter.extensions import csrf
from newsletter.sample import feed as sample
from newsletter.sample.content import SampleArticle, sample_articles
from newsletter.sample.publish import next_title, publish_next
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import development

blueprint = Blueprint("sample", __name__, url_prefix="/dev")

blueprint.add_app_template_global(next_title, "next_sample_title")


@blueprint.get("/sample-feed.xml")
@blueprint.get("/site/feed", endpoint="site_feed")
@development
def feed() -> ResponseReturnValue:
    """Answer the feed with as many articles as are published."""
    found = _feed_or_404()
    content = sample.document(
        base=sample.base_url(found),
        count=sample.published_count(found),
        prepared_at=sample.prepared_at(found),
    )
    response = Response(content, content_type=sample.CONTENT_TYPE)
    response.headers["ETag"] = sample.entity_tag(content)
    return response.make_conditional(request)


@blueprint.get("/site/")
@development
def site() -> ResponseReturnValue:
    """Show the pretend publisher's front page."""
    found = _feed_or_404()
    return render_template(
        "web/sample/site.html",
        publication=found.publication,
        articles=_published(found)[::-1],
    )


@blueprint.get("/site/<slug>")
@development
def article(slug: str) -> ResponseReturnValue:
    """Show an article where its publisher published it."""
    found = _feed_or_404()
    named = next((one for one in _published(found) if one.slug == slug), None) or abort(404)
    return render_template("web/sample/article.html", publication=found.publication, article=named)


@blueprint.post("/sample/publish")
@development
def publish() -> ResponseReturnValue:
    """Publish the next article and lead back to the outbox, where its mail will appear."""
    csrf.protect()
    with unit_of_work():
        publish_next(now=utc_now())
    return redirect(url_for("outbox.mail_list"), 303)


def _feed_or_404() -> Feed:
    return sample.connected_feed() or abort(404)


def _published(found: Feed) -> tuple[SampleArticle, ...]:
    articles = sample_articles(base_url=sample.base_url(found))
    return articles[: sample.published_count(found)]
