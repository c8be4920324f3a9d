"""Articles: the ledger of what was found, and where each stands."""

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from newsletter.articles.alarms import OpenAlarm, open_alarm
from newsletter.articles.find import list_articles
from newsletter.articles.manuscripts import manuscript_of
from newsletter.articles.models import ARTICLE_TRANSITIONS, Alarm, Article, ArticleState
from newsletter.articles.own_pictures import text_with_own_pictures
from newsletter.clock import utc_now
from newsletter.digests.correction import correction_under_way
from newsletter.digests.difference import difference
from newsletter.digests.revisions import edit_of, edited_ones
from newsletter.digests.whereabouts import whereabouts
from newsletter.digests.withhold import has_gone_out
from newsletter.staff.models import StaffRole
from newsletter.subscriptions.growth import counts
from newsletter.web.access import staff
from newsletter.web.admin.article_story import article_story
from newsletter.web.admin.asked import asked_choice, asked_number, asked_text
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.publication_choice import needed_publication, of_publication
from newsletter.web.admin.sandbox import sandboxed

STATE_WORDS = {
    ArticleState.OPEN: "open: digests may carry it",
    ArticleState.HELD: "held: waits for staff",
    ArticleState.DROPPED: "dropped: never mailed",
    ArticleState.KNOWN: "known: was there before the feed was connected",
}


@admin.get("/articles")
@staff(StaffRole.VIEWER)
def articles() -> ResponseReturnValue:
    """List the articles that a filter finds, the last learned of first."""
    publication = needed_publication()
    state, topic = asked_choice(ArticleState, "state"), asked_text("topic")
    search, before, alarm = asked_text("search"), asked_number("before"), asked_number("alarm")
    page = list_articles(
        publication=publication,
        state=state,
        search=search,
        topic=topic,
        alarm_id=alarm,
        before=before,
    )
    places = whereabouts(
        page.articles,
        publication_id=publication.id,
        upto=publication.last_position,
        now=utc_now(),
    )
    return render_template(
        "web/admin/articles/list.html",
        page=page,
        places=places,
        edited=edited_ones(page.articles),
        states=STATE_WORDS,
        topics=publication.topics,
        wanted={"state": state, "topic": topic, "search": search, "alarm": alarm},
        alarm=_open_alarm(alarm),
        filtered=bool(state or topic or search or alarm or before),
        before=before,
    )


@admin.get("/articles/<int:article_id>")
@staff(StaffRole.VIEWER)
def article(article_id: int) -> ResponseReturnValue:
    """Show one article: its text as cleaned, its story, and what can be done with it."""
    found, now = of_publication(Article, article_id), utc_now()
    edit = edit_of(found)
    return render_template(
        "web/admin/articles/article.html",
        article=found,
        manuscript=manuscript_of(found),
        history=article_story(article=found, now=now),
        edit=edit,
        changes=difference(edit.mailed, found) if edit else [],
        under_way=correction_under_way(found),
        may_become={state.value for state in ARTICLE_TRANSITIONS[found.state]},
        gone_out=has_gone_out(found.id),
        readers=counts(found.publication_id).confirmed,
    )


@admin.get("/articles/<int:article_id>/content")
@staff(StaffRole.VIEWER)
def article_content(article_id: int) -> Response:
    """Answer the cleaned text alone, for a frame."""
    found = of_publication(Article, article_id)
    text = text_with_own_pictures(found)
    return sandboxed(render_template("web/admin/articles/content.html", article=found, text=text))


def _open_alarm(alarm_id: int | None) -> OpenAlarm | None:
    """Return the alarm that the list is narrowed to, while its articles wait."""
    return open_alarm(of_publication(Alarm, alarm_id)) if alarm_id else None
