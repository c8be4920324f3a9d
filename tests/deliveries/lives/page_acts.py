"""Pages of articles in a life: for every fourth the site answers 404 on its first day."""

from datetime import timedelta

import sqlalchemy as sa

from newsletter.articles.alarms import WAITS
from newsletter.articles.models import Alarm, AlarmKind, Article
from newsletter.digests.gone_pages import (
    GONE,
    gone_articles,
    hold_gone,
    overruled_in,
    release_found,
)
from newsletter.digests.models import Digest
from newsletter.digests.preflight import Finding, Level, Mend
from newsletter.digests.publish import articles_by_id, carried_candidates
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.lives.oracle import Started
from tests.deliveries.lives.scene import Scene

EVERY, GONE_FOR = 4, timedelta(days=1)


class PageActs(Scene):
    """Preflight holds single articles whose page is gone; the oracle is told."""

    def hold_gone_pages(self, digest: Started) -> None:
        """Do what the gate does before a digest is frozen."""
        db.session.rollback()
        row = db.session.get_one(Digest, digest.id)
        carried = [one.id for one in carried_candidates(row, now=self.now)]
        excused = overruled_in(row)
        errors = [
            Finding(GONE + one.link, Level.ERROR, "It is gone.", Mend.ARTICLE, one.id)
            for one in articles_by_id(carried).values()
            if not self._is_there(one) and GONE + one.link not in excused
        ]
        with unit_of_work():
            ids = gone_articles(row, errors)
            held = hold_gone(article_ids=ids, publication_id=self.home, now=self.now)
        for article_id in held:
            self.oracle.take_away(article_id)

    def release_found_pages(self) -> None:
        """Do what a worker does who asks for the pages again."""
        db.session.rollback()
        waiting = db.session.scalars(
            sa.select(Article)
            .join(Alarm, Alarm.id == Article.alarm_id)
            .where(Article.publication_id == self.home, Alarm.kind == AlarmKind.PAGE, WAITS)
        ).all()
        for article_id in [one.id for one in waiting if self._is_there(one)]:
            if release_found(article_id=article_id, now=self.now):
                self.oracle.place(article_id, self.oracle.pieces[article_id].topics)

    def _is_there(self, article: Article) -> bool:
        late = self.articles.index(article.id) % EVERY == EVERY - 1
        return not late or self.now >= article.found_at + GONE_FOR
