"""Readers by the million, articles of a given size, digests ready to go."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from itertools import islice
from typing import Any

import sqlalchemy as sa

from newsletter.articles.models import Article, ArticleState
from newsletter.clock import utc_now
from newsletter.database import WRITER
from newsletter.digests.models import Digest
from newsletter.digests.publish import freeze
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.publications.create import create_publication
from newsletter.publications.models import Cadence, Publication, Topic
from newsletter.subscriptions.models import LegalBasis, SubscriptionState
from newsletter.suppressions.suppress import hash_address
from newsletter.unit_of_work import unit_of_work

#: What the mails of the goals weigh, in octets.
MAIL_OCTETS = 47_000

#: An article of so many characters makes a mail of about (this × PER_CHARACTER + FIXED) octets.
PER_CHARACTER, FIXED = 2.352, 9_420

_SENTENCE = "Sentence {number} of a made-up report tells what was decided at the café – no more. "
_PARAGRAPH = 5  # sentences


def add_publication(*, topics: int = 0) -> int:
    """Store a publication whose readers get every article as it appears; return its id."""
    with unit_of_work() as session:
        publication = create_publication(
            slug="measured",
            name="Measured News",
            from_email="news@example.org",
            site_url="https://www.example.org",
            cadence=Cadence.INSTANT,
            send_at=time(8, 0),
            time_zone="UTC",
            now=utc_now(),
        )
        for number in range(topics):
            session.add(
                Topic(
                    publication_id=publication.id,
                    slug=f"topic-{number}",
                    name=f"Topic {number}",
                    offered=True,
                )
            )
        return publication.id


def add_readers(publication_id: int, count: int, *, silenced_every: int = 0) -> None:
    """Store confirmed readers by COPY, in constant memory, and refresh the statistics.

    Args:
        silenced_every: each so many-th address is suppressed; 0: none.
    """
    now = utc_now()
    first = _next_id("subscribers")
    with unit_of_work() as session:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        topics = list(_topic_choices(publication_id))
        _copy(
            connection,
            "subscribers (id, email, email_key, address_hash, name, created_at)",
            _subscribers(first, count, now),
        )
        _copy(
            connection,
            "subscriptions (id, subscriber_id, publication_id, state, cadence, topics, language,"
            ' "cursor", legal_basis, round, created_at, signed_up_at, confirmed_at)',
            _subscriptions(first, count, publication_id, topics, now),
        )
        if silenced_every:
            numbers = range(first, first + count, silenced_every)
            _copy(
                connection,
                "suppressions (address_hash, address_key, reason, note, created_at)",
                _suppressions(numbers, now),
            )
        for table in ("subscribers", "subscriptions"):
            session.execute(
                sa.text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), :last)"),
                {"last": first + count},
            )
    refresh_statistics()


def _suppressions(numbers: range, now: datetime) -> Iterator[tuple[Any, ...]]:
    for number in numbers:
        address = _address(number)
        yield hash_address(address), address, "manual", "", now


def refresh_statistics() -> None:
    """Let the database look at its tables, as autovacuum would have after a while."""
    options = {"isolation_level": "AUTOCOMMIT", WRITER: True}
    with db.engine.connect().execution_options(**options) as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def add_article(
    publication_id: int, *, mail_octets: int = MAIL_OCTETS, topics: Sequence[int] | None = None
) -> None:
    """Store an open article that makes a mail of about that size.

    Args:
        topics: the places of its topics among those of the publication; None: all of them.
    """
    now = utc_now()
    with unit_of_work() as session:
        publication = session.get_one(Publication, publication_id)
        offered = list(publication.topics)
        publication.last_position += 1
        number = publication.last_position
        session.add(
            Article(
                publication_id=publication_id,
                topics=offered if topics is None else [offered[one] for one in set(topics)],
                position=number,
                key=f"https://www.example.org/?p={number}",
                slug=f"article-{number}",
                state=ArticleState.OPEN,
                found_at=now,
                link=f"https://www.example.org/article-{number}/",
                title=f"Report number {number}",
                published_at=now,
                content_html=prose(max(int((mail_octets - FIXED) / PER_CHARACTER), 80)),
                excerpt="What was decided.",
            )
        )


def prose(characters: int) -> str:
    """Return paragraphs of about that many characters together."""
    sentences = [
        _SENTENCE.format(number=number) for number in range(max(characters // len(_SENTENCE), 1))
    ]
    groups = iter(sentences)
    paragraphs = iter(lambda: "".join(islice(groups, _PARAGRAPH)), "")
    return "\n".join(f"<p>{paragraph.strip()}</p>" for paragraph in paragraphs)


def start_digest(publication_id: int) -> int:
    """Ask for a digest of what is new, as staff would; return its id."""
    with unit_of_work():
        digest = draft_by_hand(
            publication_id=publication_id, cadence=Cadence.INSTANT, now=utc_now()
        )
    with unit_of_work() as session:
        send_now(digest=session.get_one(Digest, digest.id))
    return digest.id


def frozen_digest(publication_id: int, *, mail_octets: int = MAIL_OCTETS) -> int:
    """Publish a new article and freeze a digest of it, ready for fan-out; return its id."""
    add_article(publication_id, mail_octets=mail_octets)
    digest_id = start_digest(publication_id)
    with unit_of_work():
        freeze(digest_id=digest_id, now=utc_now())
    return digest_id


def _address(number: int) -> str:
    return f"reader{number}@example.org"


def _subscribers(first: int, count: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    for number in range(first, first + count):
        address = _address(number)
        yield number, address, address, hash_address(address), "", now


def _subscriptions(
    first: int, count: int, publication_id: int, topics: list[str], now: datetime
) -> Iterator[tuple[Any, ...]]:
    state, cadence = SubscriptionState.CONFIRMED.value, Cadence.INSTANT.value
    basis = LegalBasis.DOUBLE_OPT_IN.value
    for number in range(first, first + count):
        choice = topics[number % len(topics)]
        fixed = (publication_id, state, cadence, choice, "en", 0, basis, 1, now, now, now)
        yield number, number, *fixed


def _topic_choices(publication_id: int) -> Iterator[str]:
    """Yield every way to choose that seeded readers use: all topics, or a single one."""
    yield ""
    topics = sa.select(Topic.id).where(Topic.publication_id == publication_id)
    for topic_id in db.session.scalars(topics.order_by(Topic.id)):
        yield str(topic_id)


def _next_id(table: str) -> int:
    highest = db.session.execute(sa.text(f"SELECT coalesce(max(id), 0) FROM {table}")).scalar_one()
    return int(highest) + 1


def _copy(connection: Any, target: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
