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
from newsletter.subscriptions import links, short_links
from newsletter.subscriptions.models import AddressChange, Subscription
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
    "manuscript": "select id from manuscripts where article_id is null limit 1",
    "draft": "select id from digests where state = 'draft'",
    "cancelled": "select id from digests where state = 'cancelled' order by id limit 1",
    "digest": "select d.id from digests d join deliveries on digest_id = d.id "
    "where d.state = 'sent' group by d.id order by count(*) desc limit 1",
    "digest_slug": "select slug from digests where state = 'sent' and cadence = 'weekly' limit 1",
    "confirmed": "select id from subscriptions where state = 'confirmed' order by id limit 1",
    "pending": "select id from subscriptions where state = 'pending' order by id desc limit 1",
    "gone": "select id from subscriptions where state = 'unsubscribed' order by id limit 1",
    "asked": "select id from address_changes where state = 'asked' limit 1",
    "moved": "select id from address_changes where state = 'done' limit 1",
    "told": "select letter_id from former_choices limit 1",
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
            found |= self._short(rows, now=now)
            db.session.remove()
        return {name: url.rpartition("/")[2] for name, url in found.items()}

    def _short(self, rows: dict[str, Any], *, now: datetime) -> dict[str, str]:
        """Return links that work for a short time, and one whose time is over."""
        reader, gone = _row(rows["confirmed"]), _row(rows["gone"])
        asked, moved = (
            db.session.get_one(AddressChange, rows[name]) for name in ("asked", "moved")
        )
        return {
            "undo": short_links.undo_url(subscription=gone, now=now),
            "keep": links.keep_url(subscription=reader),
            "keep_gone": links.keep_url(subscription=gone),
            "undo_expired": short_links.undo_url(subscription=gone, now=now - timedelta(days=9)),
            "my_data": short_links.my_data_url(subscription=reader, now=now),
            "new_address": short_links.new_address_url(change=asked),
            "old_address": short_links.old_address_url(change=moved),
            "former_choices": short_links.former_choices_url(letter_id=rows["told"], now=now),
        }


#: One change of address that is asked for and one that was made, an hour ago.
MOVES = """
insert into address_changes (subscription_id, state, old_email, new_email, asked_at, changed_at)
select s.id, 'asked', r.email, 'elsewhere@example.net', datetime('now', '-1 hour'), null
from subscriptions s join subscribers r on r.id = s.subscriber_id
where s.state = 'confirmed' order by s.id limit 1
"""
MOVED = """
insert into address_changes (subscription_id, state, old_email, new_email, asked_at, changed_at)
select s.id, 'done', 'before@example.net', r.email, datetime('now', '-1 hour'),
datetime('now', '-1 hour')
from subscriptions s join subscribers r on r.id = s.subscriber_id
where s.state = 'confirmed' order by s.id limit 1
"""

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
#: Lets opens be counted, one reader allow it, and ask her whether she still wants the mails.
OPENS = "update publications set counts_opens = 1"
ASKED = """
insert into signs_of_life (subscription_id, publication_id, allowed_at, last_sign_on, asked_at,
ends_unanswered)
select id, publication_id, strftime('%Y-%m-%d %H:%M:%S.000000', 'now'), '2024-01-01',
strftime('%Y-%m-%d %H:%M:%S.000000', 'now'), 1
from subscriptions where state = 'confirmed' order by id limit 1
"""
#: A letter, sent a moment ago, that tells of a change of her choices, and what was before.
TOLD = """
insert into letters (kind, subscription_id, state, reason, requested_at, next_attempt_at, attempts,
sent_at)
select 'choices_changed', id, 'sent', '', strftime('%Y-%m-%d %H:%M:%S.000000', 'now'),
strftime('%Y-%m-%d %H:%M:%S.000000', 'now'), 1, strftime('%Y-%m-%d %H:%M:%S.000000', 'now')
from subscriptions where state = 'confirmed' order by id limit 1
"""
FORMER = """
insert into former_choices (letter_id, cadence, topics, language, allows_opens)
select max(id), 'instant', '', 'en', 0 from letters where kind = 'choices_changed'
"""
HOLD = "update articles set alarm_id = (select max(id) from alarms) where state = 'held'"

#: An article that staff are writing, with a picture that the sample has.
WRITE = """
insert into manuscripts (publication_id, version, title, standfirst, author, topics, body,
last_picture, created_at, changed_at)
select publication_id, 2, 'A draft about tides', 'Twice a day.', 'Ada Example', 'Tides', '## Water

It *rises*, and

> it falls.

| high | low |
|------|-----|
| 4 m  | 1 m |', 1, found_at, found_at from articles order by id limit 1
"""
ILLUSTRATE = """
insert into manuscript_pictures (manuscript_id, picture_id, number, leads, alt, caption, credit)
select m.id, p.id, 1, 1, 'A harbour', 'At low tide.', 'Rui Example'
from manuscripts m, pictures p where m.article_id is null and p.state = 'stored'
order by p.id limit 1
"""
#: Lets one mail of a sent digest come back, and the reader's address be silenced.
BOUNCE = """
insert into feedback (delivery_id, digest_id, kind, at, mailed_at, status, text, domain)
select id, digest_id, 'hard_bounce', strftime('%Y-%m-%d %H:%M:%S.000000', 'now'), sent_at, '5.1.1',
'550 5.1.1 <b>no such user</b>', 'example.net' from deliveries where state = 'sent' limit 1
"""
SILENCE = """
insert into suppressions (address_hash, address_key, reason, note, created_at)
values ('0', 'nobody.here@example.net', 'hard_bounce', '550 5.1.1 no such user',
strftime('%Y-%m-%d %H:%M:%S.000000', 'now')), ('1', '', 'erased', '',
strftime('%Y-%m-%d %H:%M:%S.000000', 'now'))
"""


def edit_and_hold(service: Service) -> None:
    """Let an article differ from its mail, an alarm hold one, staff write one, a mail come back.

    And let a reader be about to change her address, who has changed it before, and be asked
    whether she still wants the mails.
    """
    articles = (EDIT, ALARM, HOLD, WRITE, ILLUSTRATE)
    readers = (BOUNCE, SILENCE, MOVES, MOVED, DOMAIN, CLICKS, OPENS, ASKED, TOLD, FORMER)
    with closing(sqlite3.connect(service.folder / "var" / "newsletter.sqlite3")) as connection:
        for statement in (*articles, *readers):
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
