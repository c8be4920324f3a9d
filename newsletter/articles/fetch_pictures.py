"""Fetch the pictures of articles: claimed by a row, loaded without a transaction, kept by us.

Each picture is a step of its own that commits, since nobody may wait for a publisher's server
inside a transaction. A picture that does not come holds nothing up: its article goes without.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from newsletter.articles.fetch import fetch
from newsletter.articles.fetch_errors import FetchError
from newsletter.articles.list_pictures import ask_for_pictures, list_anew, source_sha256
from newsletter.articles.models import NARROWEST_LEAD, Picture, PictureState
from newsletter.articles.picture_folder import keep
from newsletter.articles.picture_making import MadePicture, UnusablePicture, make_picture
from newsletter.config import settings
from newsletter.errors import TemporaryError
from newsletter.extensions import db
from newsletter.unit_of_work import unit_of_work

log = structlog.get_logger()

#: Of one picture; photographs as they leave a camera are smaller.
LARGEST_PICTURE = 15 * 1024 * 1024
SLOWEST_SECONDS = 15.0
ACCEPT = "image/avif,image/webp,image/png,image/jpeg,image/gif,image/*;q=0.5"

#: Waits after the first, the second … attempt; a worker that died counts as one.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (2, 15, 120, 720))
MOST_ATTEMPTS = len(WAITS) + 1
#: A picture in hand is not due for so long.
_IN_HAND = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class ClaimedPicture:
    """What fetching needs to know of a picture."""

    id: int
    url: str
    attempts: int


def due_pictures(*, now: datetime, limit: int) -> list[int]:
    """Return the ids of pictures to fetch now, the longest due first."""
    statement = (
        sa.select(Picture.id)
        .where(Picture.state == PictureState.WAITING, Picture.next_attempt_at <= now)
        .order_by(Picture.next_attempt_at, Picture.id)
        .limit(limit)
    )
    found = list(db.session.scalars(statement))
    db.session.rollback()
    return found


def pictures_of(urls: Iterable[str]) -> list[int]:
    """Return the ids of the waiting pictures of some addresses, in the order of these."""
    places = {source_sha256(url): place for place, url in enumerate(urls)}
    rows = db.session.execute(
        sa.select(Picture.id, Picture.source_sha256).where(
            Picture.source_sha256.in_(list(places)), Picture.state == PictureState.WAITING
        )
    ).all()
    db.session.rollback()
    return [row.id for row in sorted(rows, key=lambda row: places[row.source_sha256])]


def fetch_pictures(
    picture_ids: Iterable[int], *, clock: Callable[[], datetime], seconds: float
) -> int:
    """Fetch pictures one after the other while the time lasts; return how many were stored.

    Opens its own units of work; what is left waits for the sweeper.
    """
    ends = time.monotonic() + seconds
    stored = 0
    for picture_id in picture_ids:
        left = ends - time.monotonic()
        if left < 1:
            break
        with unit_of_work():
            claimed = _claim(picture_id, now=clock())
        if claimed is not None:
            stored += _fetch_one(claimed, clock=clock, seconds=min(left, SLOWEST_SECONDS))
    return stored


def _claim(picture_id: int, *, now: datetime) -> ClaimedPicture | None:
    """Take a picture in hand; None if it is not due, because somebody else has it or did it."""
    row = db.session.execute(
        sa.update(Picture)
        .where(
            Picture.id == picture_id,
            Picture.state == PictureState.WAITING,
            Picture.next_attempt_at <= now,
        )
        .values(next_attempt_at=now + _IN_HAND, attempts=Picture.attempts + 1)
        .returning(Picture.id, Picture.source_url, Picture.attempts)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return None
    if row.attempts > MOST_ATTEMPTS:  # the last worker never came back to say why
        _refuse(row.id, "Fetching or decoding it ended the worker several times.")
        return None
    return ClaimedPicture(row.id, row.source_url, row.attempts)


def _fetch_one(claimed: ClaimedPicture, *, clock: Callable[[], datetime], seconds: float) -> bool:
    try:
        made = _load(claimed.url, seconds=seconds)
        files = _keep(made)
    except UnusablePicture as error:
        return _note_failure(claimed, str(error), may_retry=False, now=clock())
    except FetchError as error:
        may_retry = _is_passing(error)
        return _note_failure(claimed, str(error), may_retry=may_retry, now=clock())
    except OSError as error:  # our own folder: full, or not ours to write
        log.exception("picture_not_kept", picture_id=claimed.id)
        words = f"It could not be written to the folder of pictures ({type(error).__name__})."
        return _note_failure(claimed, words, may_retry=True, now=clock())
    with unit_of_work():
        _note_stored(claimed.id, made, files, now=clock())
    return True


def _load(url: str, *, seconds: float) -> MadePicture:
    fetched = fetch(
        url,
        allow=settings.fetch_allowed,
        base_url=settings.base_url,
        max_bytes=LARGEST_PICTURE,
        max_seconds=seconds,
        accept=ACCEPT,
        what="picture",
    )
    return make_picture(fetched.content)


def _is_passing(error: FetchError) -> bool:
    """Whether another try is worth it: also after a 404, since pictures may follow their text."""
    return isinstance(error, TemporaryError) or error.status is not None


def store_made(*, url: str, made: MadePicture, now: datetime) -> None:
    """Keep a picture that is at hand already, as if it had been fetched from `url`."""
    files = _keep(made)
    _note_stored(ask_for_pictures([url], now=now)[url].id, made, files, now=now)


def _keep(made: MadePicture) -> tuple[str, str]:
    """Keep a picture and its narrow one, if it has any; return the names of both files."""
    folder = settings.picture_folder
    return keep(made, folder=folder), keep(made.narrow, folder=folder) if made.narrow else ""


def _note_stored(
    picture_id: int, made: MadePicture, files: tuple[str, str], *, now: datetime
) -> None:
    picture = db.session.get_one(Picture, picture_id)
    picture.state, picture.reason, picture.next_attempt_at = PictureState.STORED, "", None
    picture.file, picture.narrow_file = files
    picture.octets, picture.stored_at = len(made.content), now
    picture.width, picture.height = made.width, made.height
    db.session.flush()
    if made.width < NARROWEST_LEAD:
        list_anew([picture_id])
    log.info("picture_stored", picture_id=picture_id, octets=len(made.content))


def _note_failure(claimed: ClaimedPicture, reason: str, *, may_retry: bool, now: datetime) -> bool:
    with unit_of_work():
        if may_retry and claimed.attempts < MOST_ATTEMPTS:
            picture = db.session.get_one(Picture, claimed.id)
            picture.reason = reason
            picture.next_attempt_at = now + WAITS[claimed.attempts - 1]
        else:
            _refuse(claimed.id, reason)
    log.info("picture_failed", picture_id=claimed.id, attempts=claimed.attempts, reason=reason)
    return False


def _refuse(picture_id: int, reason: str) -> None:
    picture = db.session.get_one(Picture, picture_id)
    picture.state, picture.reason, picture.next_attempt_at = PictureState.REFUSED, reason, None
    db.session.flush()
    list_anew([picture_id])  # without it, the article's own page may have another
