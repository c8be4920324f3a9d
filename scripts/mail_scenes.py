"""Every kind of mail as pictures show it: the scenes of tests/mails, in better clothes."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tests.mails.newer_kinds  # noqa: F401 – puts its kinds among the others
from newsletter import PROJECT_DIR
from newsletter.articles.models import Article
from newsletter.articles.picture_making import make_picture
from newsletter.digests.budget import SHORT_MINUTES
from newsletter.mail.outgoing import OutgoingMail
from newsletter.publications.models import Cadence, Publication, Topic
from newsletter.sample.content import SampleArticle, sample_articles
from newsletter.subscriptions.models import Subscription
from newsletter.unit_of_work import unit_of_work
from scripts.mail_words import articles_in
from tests.conftest import _empty_database
from tests.factories import Make
from tests.mails.kinds import KINDS, Mail
from tests.mails.scene import SITE, Scene, store_picture

LONG_TITLE = (
    "Keeping the cables of the seabed whole is mostly a matter of paperwork, of ships that wait, "
    "and of who answers the telephone at night"
)
#: Articles of the front page, and of the plain digest.
MANY, FEW = 8, 6


class MakeInLanguage(Make):
    """Stores rows as tests do, and readers who read one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def subscription(self, **fields: Any) -> Subscription:
        return super().subscription(**{"language": self._language} | fields)


class PictureScene(Scene):
    """A publication with a logo, articles with pictures and excerpts, in one language."""

    def __init__(self, *, language: str) -> None:
        super().__init__(MakeInLanguage(language), language=language)
        self.language = language
        self.pictured = True
        self._topics: dict[str, Topic] = {}
        self.dress(logo="static/brand/wordmark@2x.png", name="IRIA News", from_name="IRIA News")

    def dress(self, **fields: str) -> None:
        """Change how the publication looks."""
        with unit_of_work() as session:
            publication = session.get_one(Publication, self.home.id)
            for name, value in fields.items():
                setattr(publication, name, value)

    def texts(self) -> Sequence[SampleArticle]:
        return articles_in(self.language, site=SITE) or sample_articles(base_url=SITE)

    def fields_of(self, told: SampleArticle, number: int, *, times: int) -> dict[str, Any]:
        fields = super().fields_of(told, number, times=times)
        first_paragraph = told.html.partition("<p>")[2].partition("</p>")[0]
        has_words = bool(articles_in(self.language, site=SITE))
        return fields | {
            "excerpt": first_paragraph,
            "language": self.language if has_words else "en",
            "topics": [self._topic(name) for name in told.categories],
        }

    def add_picture(self, article: Article, told: SampleArticle, number: int) -> None:
        if not self.pictured and number % 3:
            return
        path = PROJECT_DIR / "static" / "sample" / Path(urlsplit(told.image).path).name
        made = make_picture(path.read_bytes())
        size = {"width": made.width, "height": made.height}
        store_picture(article, number, made.content, caption=f"{told.title}.", **size)

    def _topic(self, name: str) -> Topic:
        if name not in self._topics:
            made = self.make.topic(publication=self.home, name=name)
            self._topics[name] = made
        return self._topics[name]


def front_page(scene: Scene) -> OutgoingMail:
    """A digest of many articles, the lead too long to be quoted."""
    scene.reader(Cadence.WEEKLY)
    _with_minutes(scene.articles(MANY), SHORT_MINUTES + 2)
    return scene.mailed(scene.digest(Cadence.WEEKLY))


def plain_digest(scene: Scene) -> OutgoingMail:
    """Another accent, a name in type, a long headline, and few pictures."""
    assert isinstance(scene, PictureScene)
    scene.pictured = False
    scene.dress(logo="", accent="#9B1C31", name="The Harbour Paper")
    scene.reader(Cadence.DAILY)
    articles = scene.articles(FEW)
    _with_minutes(articles, SHORT_MINUTES + 2)
    with unit_of_work() as session:
        for place in (0, 2):
            session.get_one(Article, articles[place].id).title = LONG_TITLE
        session.get_one(Article, articles[-1].id).excerpt = ""
    return scene.mailed(scene.digest(Cadence.DAILY))


def _with_minutes(articles: Sequence[Article], minutes: int) -> None:
    with unit_of_work() as session:
        for article in articles:
            session.get_one(Article, article.id).reading_minutes = minutes


SHOWN: dict[str, Callable[[Scene], OutgoingMail]] = {
    one.__name__: one for one in (front_page, plain_digest)
} | KINDS


def shown_mails(language: str) -> Iterator[Mail]:
    """Yield a mail of each kind, sent by the code that sends it; empties the database each time."""
    for name, send in SHOWN.items():
        yield Mail(name, send(PictureScene(language=language)).content)
        _empty_database()
