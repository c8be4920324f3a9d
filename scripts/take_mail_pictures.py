"""This will take pictures of every kind of mail, narrow to wide, light, dark and inverted.

    .venv/bin/python -m scripts.take_mail_pictures FOLDER [LANGUAGE …]

Needs Chromium and the test packages. The mails are those of the sample publication, rendered by the
rooms themselves in a database of their own, in English and Ukrainian unless other languages are
named; one without words, such as ar, shows the layout. `inverted` stands for mail programs that
turn light mails dark by themselves: it is a filter, theirs differ in detail.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_migrate import upgrade
from playwright.sync_api import Browser, Route, sync_playwright

from newsletter import create_app
from newsletter.articles.alarm_mail import render_alarm
from newsletter.articles.alarms import OpenAlarm
from newsletter.articles.models import Alarm, Article
from newsletter.clock import utc_now
from newsletter.config import Settings, settings
from newsletter.digests.budget import starting_treatments
from newsletter.digests.models import Digest, DigestKind
from newsletter.digests.render import render_digest
from newsletter.digests.welcome import render_welcome
from newsletter.extensions import db
from newsletter.mail.markers import Markers, Placeholder
from newsletter.mail.templates import RenderedMail
from newsletter.publications.models import Cadence, Publication
from newsletter.sample.publish import prepare
from newsletter.subscriptions.letter_mail import render_letter
from newsletter.subscriptions.models import LetterKind, Subscription, SubscriptionState

PROJECT = Path(__file__).resolve().parents[1]
BASE = "http://newsletter.example.org"
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
WIDTHS = (320, 600, 1200)
LOOKS = ("light", "dark", "inverted")
INVERT = "html, img { filter: invert(1) hue-rotate(180deg); } html { background: #fff; }"

NOTE = "The second paragraph named the wrong port.\nThe figure is for last year, not for this one."
REASON = "Forty new articles came at once, where two a day are usual."


def main(arguments: list[str]) -> int:
    """Write the pictures and the mails they show."""
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    folder = Path(arguments[0]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("Chromium is needed to take the pictures and was not found.")
    with sample() as publication, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for language in arguments[1:] or ["en", "uk"]:
            for name, mail in mails(publication, language):
                (folder / f"{name}-{language}.txt").write_text(f"{mail.subject}\n\n{mail.text}")
                (folder / f"{name}-{language}.html").write_text(mail.html)
                take(
                    browser,
                    mail.html,
                    folder / f"{name}-{language}",
                    pictures=settings.picture_folder,
                )
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")
    return 0


@contextmanager
def sample() -> Iterator[Publication]:
    """Prepare the sample publication in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        app = create_app(
            Settings(
                _env_file=None,
                secret_key="a-key-for-pictures-0123456789abcdef",
                database_url=f"sqlite:///{folder}/pictures.sqlite3",
                redis_url="redis://127.0.0.1:9/0",
                base_url=BASE,
                var_dir=Path(folder),
                log_level="ERROR",
            )
        )
        with app.app_context():
            upgrade()
            prepare(now=utc_now())
            publication = db.session.scalars(sa.select(Publication)).one()
            with db.session.no_autoflush:  # what is changed for a picture is never stored
                yield publication


def mails(publication: Publication, language: str) -> Iterator[tuple[str, RenderedMail]]:
    """Yield every kind of mail by its name."""
    link = f"{BASE}/confirm/a-token"
    articles = list(db.session.scalars(sa.select(Article).order_by(Article.published_at.desc())))
    weekly = db.session.scalars(sa.select(Digest).where(Digest.cadence == Cadence.WEEKLY)).first()
    assert weekly is not None
    yield "digest", digest_mail(weekly, articles, language)
    yield "instant", digest_mail(instant(publication), articles[:1], language)
    yield "correction", digest_mail(correction(publication), articles[1:2], language)
    for kind in (LetterKind.CONFIRMATION, LetterKind.ALREADY_CONFIRMED):
        letter = render_letter(kind=kind, publication=publication, link=link, language=language)
        yield kind.value, letter
    yield "welcome", welcome_mail(language)
    alarm = Alarm(publication_id=publication.id, reason=REASON, feed=articles[0].feed)
    before, publication.language = publication.language, language
    yield "alarm", render_alarm(OpenAlarm(alarm, 40), publication)
    publication.language = before


def digest_mail(digest: Digest, articles: list[Article], language: str) -> RenderedMail:
    """Render a digest of any kind with these articles."""
    markers = Markers.fresh()
    minutes = [article.reading_minutes for article in articles]
    treatments = starting_treatments(digest.cadence, minutes)
    rendered = render_digest(
        publication=digest.publication,
        digest=digest,
        items=list(zip(articles, treatments, strict=True)),
        language=language,
        markers=markers,
        web_url=f"{BASE}/archive/a-digest",
    )
    return filled(rendered, markers)


def welcome_mail(language: str) -> RenderedMail:
    """Render the welcome of a reader who confirmed just now."""
    reader = db.session.scalars(
        sa.select(Subscription).where(
            Subscription.state == SubscriptionState.CONFIRMED, Subscription.topics == frozenset()
        )
    ).first()
    assert reader is not None
    reader.language, reader.confirmed_at, markers = language, utc_now(), Markers.fresh()
    reader.cursor = reader.publication.last_position
    mail = render_welcome(subscription=reader, markers=markers, now=utc_now())
    return filled(mail, markers)


def instant(publication: Publication) -> Digest:
    """Return a digest that was not stored, of one article."""
    return Digest(
        publication=publication,
        kind=DigestKind.DIGEST,
        cadence=Cadence.INSTANT,
        slot=utc_now() - timedelta(hours=1),
        subject="",
    )


def correction(publication: Publication) -> Digest:
    """Return a correction that was not stored."""
    digest = instant(publication)
    digest.kind, digest.note = DigestKind.CORRECTION, NOTE
    return digest


def filled(mail: RenderedMail, markers: Markers) -> RenderedMail:
    """Put addresses where each reader's own would stand."""
    values: dict[object, str] = {
        Placeholder.UNSUBSCRIBE_URL: f"{BASE}/unsubscribe/a-token",
        Placeholder.PREFERENCES_URL: f"{BASE}/preferences/a-token",
    }

    def fill(text: str) -> str:
        return "".join(values.get(piece, str(piece)) for piece in markers.split(text))

    return RenderedMail(subject=mail.subject, html=fill(mail.html), text=fill(mail.text))


def take(browser: Browser, html: str, stem: Path, *, pictures: Path) -> None:
    """Photograph one mail in every width and look."""
    for look in LOOKS:
        for width in WIDTHS:
            page = browser.new_page(
                viewport={"width": width, "height": 800},
                color_scheme="dark" if look == "dark" else "light",
            )
            page.route("**/*", partial(serve, pictures=pictures))
            page.set_content(html, wait_until="load")
            if look == "inverted":
                page.add_style_tag(content=INVERT)
            page.screenshot(path=f"{stem}-{look}-{width}.png", full_page=True)
            page.close()


def serve(route: Route, *, pictures: Path) -> None:
    """Answer pictures from the folders that the service would serve them from."""
    path = urlsplit(route.request.url).path
    own = PROJECT / path.lstrip("/")
    found = own if own.is_file() else next(pictures.rglob(Path(path).name or "none"), None)
    if found is None:
        route.abort()
    else:
        route.fulfill(path=found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
