"""Where there is something to see: rows of the running service, and the links into its mails."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from newsletter import create_app
from newsletter.config import Settings
from newsletter.extensions import db
from newsletter.mail.outbox import list_mails
from newsletter.subscriptions import links
from newsletter.subscriptions.models import Subscription
from tests.standalone.service import Service

#: Row numbers and names that addresses of pages are made of, by what stands there.
ROWS = {
    "publication": "select slug from publications order by id limit 1",
    "article": "select id from articles where state = 'open' order by id limit 1",
    "article_slug": "select slug from articles where state = 'open' order by id limit 1",
    "topic": "select slug from topics join article_topics on topic_id = topics.id "
    "group by topics.id order by count(*) desc limit 1",
    "edited": "select article_id from article_revisions where words_hash = 'edited'",
    "held": "select id from articles where state = 'held'",
    "alarm": "select max(id) from alarms",
    "feed": "select id from feeds order by id limit 1",
    "draft": "select id from digests where state = 'draft'",
    "cancelled": "select id from digests where state = 'cancelled' order by id limit 1",
    "digest": "select d.id from digests d join deliveries on digest_id = d.id "
    "where d.state = 'sent' group by d.id order by count(*) desc limit 1",
    "digest_slug": "select slug from digests where state = 'sent' and cadence = 'weekly' limit 1",
    "confirmed": "select id from subscriptions where state = 'confirmed' order by id limit 1",
    "pending": "select id from subscriptions where state = 'pending' order by id desc limit 1",
    "gone": "select id from subscriptions where state = 'unsubscribed' order by id limit 1",
}


@dataclass(frozen=True)
class Inside:
    """The service's own rooms, bound to its database, without its pages."""

    app: Flask

    def tokens(self, rows: dict[str, Any]) -> dict[str, str]:
        """Return the tokens of links into mails, fresh ones and such as open nothing any more."""
        now = datetime.now(UTC)
        with self.app.app_context():
            found = {
                f"confirm_{state}": links.confirm_url(subscription=_row(rows[state]), now=now)
                for state in ("confirmed", "pending", "gone")
            }
            old = now - timedelta(days=links.CONFIRM_DAYS + 1)
            found["expired"] = links.confirm_url(subscription=_row(rows["pending"]), now=old)
            for state in ("confirmed", "pending", "gone"):
                number = rows[state]
                found[f"unsubscribe_{state}"] = links.unsubscribe_url(subscription_id=number)
                found[f"preferences_{state}"] = links.preferences_url(subscription_id=number)
            db.session.remove()
        return {name: url.rpartition("/")[2] for name, url in found.items()}


#: Makes an article one that was edited since it was mailed. The words as mailed are changed, for
#: a poll would undo a change of the article.
EDIT = """
update article_revisions set words_hash = 'edited', title = 'As it was mailed',
content_html = '<p>A paragraph that the edit took out.</p>' || content_html
where id = (select r.revision_id from digest_articles r join digests d on d.id = r.digest_id
where d.state = 'sent' and d.candidates > 0 and r.revision_id is not null
order by d.published_at desc, r.place limit 1)
"""

#: Makes the article that staff hold one that an alarm holds.
ALARM = """
insert into alarms (publication_id, feed_id, kind, reason, raised_at)
select publication_id, feed_id, 'burst', 'Forty new articles at once.', found_at
from articles where state = 'held'
"""
#: A look at the sending domain that found something to set, and clicks on what was mailed.
DOMAIN = """
insert into domain_checks (publication_id, checked_at, findings)
select id, created_at, '[{"part": "dmarc", "state": "missing", "found": "There is none.",
"advice": "Set it.", "records": [{"name": "_dmarc.example.org", "kind": "TXT",
"value": "v=DMARC1; p=none"}]}, {"part": "relay", "state": "ok", "found": "It greets us.",
"advice": "", "records": []}]' from publications order by id limit 1
"""
CLICKS = """
insert into counted_links (digest_id, token, url, clicks, machine_clicks)
select a.digest_id, 'link-' || a.id, articles.link, 42, 12 from digest_articles a
join articles on articles.id = a.article_id
where a.digest_id in (select d.id from digests d join deliveries on digest_id = d.id
where d.state = 'sent' group by d.id order by count(*) desc limit 1)
"""
HOLD = "update articles set alarm_id = (select max(id) from alarms) where state = 'held'"


def edit_and_hold(service: Service) -> None:
    """Let an article of the sample differ from what readers were mailed, and an alarm hold one."""
    with closing(sqlite3.connect(service.folder / "var" / "newsletter.sqlite3")) as connection:
        for statement in (EDIT, ALARM, HOLD, DOMAIN, CLICKS):
            connection.execute(statement)
        connection.commit()


def rows_of(service: Service) -> dict[str, Any]:
    """Return the first value of each of `ROWS`."""
    file = service.folder / "var" / "newsletter.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        found = {name: connection.execute(statement).fetchone() for name, statement in ROWS.items()}
    missing = [name for name, row in found.items() if row is None]
    assert not missing, f"nothing to show as {missing}"
    return {name: row[0] for name, row in found.items()}


def mails_of(service: Service) -> dict[str, str]:
    """Return the file names of a digest and of a confirmation letter in the outbox."""
    mails = list_mails(service.folder / "var" / "outbox", limit=10_000)
    letters = [one.name for one in mails if one.subject.startswith("Confirm")]
    digests = [one.name for one in mails if not one.subject.startswith(("Confirm", "["))]
    return {"letter": letters[0], "mail": digests[-1]}


def inside(service: Service) -> Inside:
    """Bind the rooms to the service's database; they only read."""
    lines = (service.folder / "var" / "standalone.env").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if not line.startswith("#"))
    kept = {name.casefold(): value for name, value in pairs}
    settings = Settings(_env_file=None, **kept, var_dir=service.folder / "var")
    return Inside(create_app(settings, pages=False))


def _row(subscription_id: int) -> Subscription:
    return db.session.get_one(Subscription, subscription_id)
