"""Every kind of mail, sent by the code that sends it: who adds a kind adds it here."""

from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property

from newsletter.articles.alarm_mail import tell_of_alarm
from newsletter.articles.alarms import raise_alarm
from newsletter.articles.models import AlarmKind, Article, ArticleState, Feed
from newsletter.deliveries.proof import send_proof
from newsletter.deliveries.welcome import write_any
from newsletter.digests.correction import draft_correction
from newsletter.digests.models import Digest
from newsletter.digests.preflight import Finding, Level, Mend
from newsletter.digests.preflight_hold import hold
from newsletter.digests.preflight_mail import tell_of_held_digest
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.extensions import db
from newsletter.mail.mailer import OutgoingMail, RecordingMailer
from newsletter.publications.models import Cadence
from newsletter.staff.models import Staff
from newsletter.subscriptions.breaker_mail import tell_of_breaker
from newsletter.subscriptions.gate_models import SignupBreaker
from newsletter.subscriptions.letters import send_letter
from newsletter.subscriptions.models import LetterKind, SubscriptionState
from newsletter.unit_of_work import unit_of_work
from tests.mails.scene import Scene, first

#: What makes a mail of each kind; a scene is used for one kind only.
KINDS: dict[str, Callable[[Scene], OutgoingMail]] = {}


@dataclass(frozen=True)
class Mail:
    """One mail as it goes to the relay."""

    kind: str
    content: bytes

    @cached_property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def text(self) -> str:
        return self._part("plain")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content())


def kind(make: Callable[[Scene], OutgoingMail]) -> Callable[[Scene], OutgoingMail]:
    """Have every judge look at what `make` sends; its name is that of the kind."""
    KINDS[make.__name__] = make
    return make


@kind
def digest(scene: Scene) -> OutgoingMail:
    """A front page: a lead in full, excerpts with pictures, one of another language."""
    scene.reader(Cadence.WEEKLY)
    scene.articles(5)
    return scene.mailed(scene.digest(Cadence.WEEKLY))


@kind
def digest_of_forty_long_articles(scene: Scene) -> OutgoingMail:
    """More than fits: the budget cuts it down."""
    scene.reader(Cadence.INSTANT)
    scene.articles(40, times=3)
    return scene.mailed(scene.digest(Cadence.INSTANT))


@kind
def single_article(scene: Scene) -> OutgoingMail:
    """One article as it appears, in full, and what is related to it."""
    *_, last = scene.articles(4)
    scene.reader(Cadence.INSTANT, cursor=last.position - 1)
    return scene.mailed(scene.digest(Cadence.INSTANT))


@kind
def correction(scene: Scene) -> OutgoingMail:
    """An article once more, to those who have it in other words."""
    scene.reader(Cadence.INSTANT)
    (article,) = scene.articles(1)
    scene.mailed(scene.digest(Cadence.INSTANT))
    with unit_of_work() as session:
        mine = session.get_one(Article, article.id)
        mine.content_html = mine.content_html + "<p>It was twelve ships.</p>"
    with unit_of_work() as session:
        mine = session.get_one(Article, article.id)
        draft = draft_correction(article=mine, note="It was twelve, not ten.", now=scene.now)
        send_now(digest=draft)
    return scene.mailed(scene.publish(draft))


@kind
def proof(scene: Scene) -> OutgoingMail:
    """A digest as a mail to one member of staff."""
    scene.editor()
    scene.articles(2)
    mailer = RecordingMailer()
    with unit_of_work():
        draft = draft_by_hand(publication_id=scene.home.id, cadence=Cadence.WEEKLY, now=scene.now)
    staff_id = db.session.query(Staff.id).scalar()
    send_proof(digest_id=draft.id, staff_id=staff_id, mailer=mailer, now=scene.now)
    return first(mailer.sent)


@kind
def confirmation(scene: Scene) -> OutgoingMail:
    """The second step of double opt-in."""
    return _letter(scene, LetterKind.CONFIRMATION, SubscriptionState.PENDING)


@kind
def already_confirmed(scene: Scene) -> OutgoingMail:
    """The answer to somebody who signs up again."""
    return _letter(scene, LetterKind.ALREADY_CONFIRMED, SubscriptionState.CONFIRMED)


@kind
def welcome(scene: Scene) -> OutgoingMail:
    """What a reader gets right after her confirmation: the latest digest, and what to expect."""
    scene.make.subscription(publication=scene.home, cadence=Cadence.WEEKLY, email="b@example.org")
    scene.articles(3)
    scene.mailed(scene.digest(Cadence.WEEKLY))
    return _letter(scene, LetterKind.WELCOME, SubscriptionState.CONFIRMED)


def _letter(scene: Scene, letter_kind: LetterKind, state: SubscriptionState) -> OutgoingMail:
    reader = scene.make.subscription(
        publication=scene.home,
        state=state,
        email="reader@example.org",
        signed_up_at=scene.now,
        confirmed_at=scene.now if state is SubscriptionState.CONFIRMED else None,
        cursor=scene.publication().last_position,
    )
    letter = scene.make.letter(
        subscription=reader,
        kind=letter_kind,
        requested_at=scene.now,
        next_attempt_at=scene.now,
    )
    mailer = RecordingMailer()
    send_letter(letter_id=letter.id, mailer=mailer, now=scene.now, write=write_any)
    return first(mailer.sent)


@kind
def alarm(scene: Scene) -> OutgoingMail:
    """To staff: articles are held."""
    scene.editor()
    feed = scene.make.feed(publication=scene.home, title="Harbour news")
    with unit_of_work() as session:
        raised = raise_alarm(
            feed=session.get_one(Feed, feed.id),
            kind=AlarmKind.BURST,
            reason="Forty new articles at once; up to 12 would be no surprise.",
            now=scene.now,
        )
    scene.make.article(publication=scene.home, state=ArticleState.HELD, alarm_id=raised.id)
    mailer = RecordingMailer()
    tell_of_alarm(alarm_id=raised.id, mailer=mailer, now=scene.now)
    return first(mailer.sent)


@kind
def breaker(scene: Scene) -> OutgoingMail:
    """To staff: signups are checked, for too few confirm."""
    scene.editor()
    with unit_of_work() as session:
        row = {"id": 1, "tripped_at": scene.now, "tell_at": scene.now, "asked": 90, "confirmed": 2}
        session.merge(SignupBreaker(**row))
    mailer = RecordingMailer()
    tell_of_breaker(mailer=mailer, now=scene.now)
    return first(mailer.sent)


@kind
def held_digest(scene: Scene) -> OutgoingMail:
    """To staff: preflight holds a digest."""
    scene.editor()
    scene.articles(1)
    errors = [
        Finding(f"x {number}", Level.ERROR, f"Page {number} is gone.", Mend.ARTICLE)
        for number in range(12)
    ]
    with unit_of_work() as session:
        draft = draft_by_hand(publication_id=scene.home.id, cadence=Cadence.WEEKLY, now=scene.now)
        send_now(digest=draft)
        hold(digest=session.get_one(Digest, draft.id), errors=errors, now=scene.now)
    mailer = RecordingMailer()
    tell_of_held_digest(digest_id=draft.id, mailer=mailer, now=scene.now)
    return first(mailer.sent)
