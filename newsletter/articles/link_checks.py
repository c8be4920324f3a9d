"""What servers said of the links that mails carry, kept for a day."""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime, timedelta
from urllib.parse import urldefrag

import sqlalchemy as sa
import structlog
from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.articles.resolve_link import LinkAnswer, resolve_link
from newsletter.config import settings
from newsletter.database import BigId
from newsletter.extensions import Model, db
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: So long an answer is believed; another than "here it is" may change any minute.
FRESH = timedelta(days=1)
FRESH_TROUBLE = timedelta(minutes=5)
FORGOTTEN = timedelta(days=30)

#: Links asked for at the same time, often of one server, and in one run.
AT_ONCE = 4
MOST_LINKS = 200
_SLICE = 500  # values per IN list


class LinkCheck(Model):
    """The last answer about one address, without its fragment."""

    __tablename__ = "link_checks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    url_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    url: Mapped[str] = mapped_column(Text)
    answer: Mapped[LinkAnswer]
    checked_at: Mapped[datetime]


def answers_to(urls: Iterable[str], *, now: datetime) -> dict[str, LinkAnswer]:
    """Return the answers that are known and still believed, by address."""
    hashes = {url: _hash(url) for url in urls}
    rows = {row.url_sha256: row for row in _rows(set(hashes.values()))}
    return {
        url: rows[key].answer
        for url, key in hashes.items()
        if key in rows and now - rows[key].checked_at <= FRESH
    }


def resolve_links(
    urls: Iterable[str], *, clock: Callable[[], datetime], seconds: float, again: bool = False
) -> int:
    """Ask for those links whose answer is missing or old; return how many answered.

    Opens a unit of work of its own after the network. What is not answered in `seconds` is left
    for the next run.

    Args:
        again: also those asked a moment ago.
    """
    wanted = list(dict.fromkeys(map(_page, urls)))
    asked = wanted if again else _due(wanted, now=clock())
    db.session.rollback()  # no transaction while the network keeps us waiting
    answers = _ask_all(asked[:MOST_LINKS], seconds=seconds)
    if answers:
        with unit_of_work():
            _store(answers, now=clock())
    return len(answers)


def forget_old_links(*, now: datetime) -> None:
    """Delete answers that nobody asked about for a month."""
    db.session.execute(sa.delete(LinkCheck).where(LinkCheck.checked_at < now - FORGOTTEN))


def _due(urls: list[str], *, now: datetime) -> list[str]:
    rows = {row.url_sha256: row for row in _rows({_hash(url) for url in urls})}
    return [url for url in urls if _is_old(rows.get(_hash(url)), now=now)]


def _is_old(row: LinkCheck | None, *, now: datetime) -> bool:
    if row is None:
        return True
    return now - row.checked_at > (FRESH / 2 if row.answer is LinkAnswer.OK else FRESH_TROUBLE)


def _ask_all(urls: list[str], *, seconds: float) -> dict[str, LinkAnswer]:
    allow, base_url = settings.fetch_allowed, settings.base_url
    answers: dict[str, LinkAnswer] = {}
    pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="link")
    asked = {pool.submit(resolve_link, url, allow=allow, base_url=base_url): url for url in urls}
    try:
        for done in as_completed(asked, timeout=seconds):
            answers[asked[done]] = done.result()
    except TimeoutError:
        log.info("links_not_all_asked", left=len(urls) - len(answers))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # those in hand end by their deadlines
    return answers


def _store(answers: dict[str, LinkAnswer], *, now: datetime) -> None:
    rows = {row.url_sha256: row for row in _rows({_hash(url) for url in answers})}
    for url, answer in answers.items():
        row = rows.get(_hash(url))
        if row is None:
            row = LinkCheck(url_sha256=_hash(url), url=url)
            db.session.add(row)
        row.answer, row.checked_at = answer, now
    db.session.flush()


def _rows(hashes: set[str]) -> list[LinkCheck]:
    keys = sorted(hashes)
    found: list[LinkCheck] = []
    for first in range(0, len(keys), _SLICE):
        some = LinkCheck.url_sha256.in_(keys[first : first + _SLICE])
        found += db.session.scalars(sa.select(LinkCheck).where(some)).all()
    return found


def _page(url: str) -> str:
    return urldefrag(url).url


def _hash(url: str) -> str:
    return hashlib.sha256(_page(url).encode("utf-8", "replace")).hexdigest()
