"""Kinds of mail about drafts, pauses, leaving and addresses, and a digest in editors' words."""

from datetime import timedelta

from newsletter.deliveries.pause_mail import tell_of_pause
from newsletter.digests.draft_mail import tell_of_draft
from newsletter.digests.drafts import draft_ahead
from newsletter.digests.models import BlockLabel, Digest
from newsletter.digests.start import draft_by_hand, send_now
from newsletter.mail.mailer import RecordingMailer
from newsletter.mail.outgoing import OutgoingMail
from newsletter.publications.models import Cadence, Publication
from newsletter.subscriptions.letters import send_letter
from newsletter.subscriptions.models import (
    AddressChange,
    AddressChangeState,
    Letter,
    LetterKind,
    Subscription,
    SubscriptionState,
)
from newsletter.unit_of_work import unit_of_work
from tests.mails.kinds import kind
from tests.mails.scene import SITE, Scene, first


@kind
def digest_in_words_of_editors(scene: Scene) -> OutgoingMail:
    """An introduction, a preheader, a block of a sponsor, and counted links."""
    scene.reader(Cadence.WEEKLY)
    scene.articles(3)
    with unit_of_work() as session:
        session.get_one(Publication, scene.home.id).counts_clicks = True
        draft = draft_by_hand(publication_id=scene.home.id, cadence=Cadence.WEEKLY, now=scene.now)
        draft.preheader = "Three ports, and what became of them"
        draft.introduction = f"Dear readers,\n\nthis week we *looked* at [ports]({SITE}/)."
        draft.block_label = BlockLabel.ADVERTISEMENT
        draft.block_title = "Ropes of hemp"
        draft.block_text = "Spun in **Sampletown** since 1890."
        draft.block_link = f"{SITE}/ropes?from=paper&week=1"
        send_now(digest=draft)
    return scene.mailed(scene.publish(draft))


@kind
def digest_that_tells_opens(scene: Scene) -> OutgoingMail:
    """To a reader who consented: with the picture that tells an open."""
    reader = _reader(scene)
    scene.make.sign(subscription=reader, allowed_at=scene.now)
    scene.articles(3)
    with unit_of_work() as session:
        session.get_one(Publication, scene.home.id).counts_opens = True
    mail = scene.mailed(scene.digest(Cadence.DAILY))
    assert b'width=3D"1"' in mail.content
    return mail


@kind
def still_wanted(scene: Scene) -> OutgoingMail:
    """To a silent reader: does she still want the mails? They end if she does not say."""
    with unit_of_work() as session:
        home = session.get_one(Publication, scene.home.id)
        home.counts_opens, home.ask_after_months, home.ends_unanswered = True, 12, True
    reader = _reader(scene)
    scene.make.sign(subscription=reader, asked_at=scene.now, ends_unanswered=True)
    return _sent(scene, LetterKind.STILL_WANTED, reader)


@kind
def ended(scene: Scene) -> OutgoingMail:
    """To a reader who did not answer: the subscription ended, and can be brought back."""
    return _sent(scene, LetterKind.ENDED, _reader(scene, state=SubscriptionState.UNSUBSCRIBED))


@kind
def draft(scene: Scene) -> OutgoingMail:
    """To staff: a digest goes out at its hour unless they stop it."""
    scene.editor()
    scene.reader(Cadence.DAILY)
    scene.articles(3)
    with unit_of_work() as session:
        session.get_one(Publication, scene.home.id).draft_lead_minutes = 24 * 60
    with unit_of_work():
        (made,) = draft_ahead(publication_id=scene.home.id, now=scene.now)
    mailer = RecordingMailer()
    tell_of_draft(digest_id=made.id, mailer=mailer, now=scene.now)
    return first(mailer.sent)


@kind
def paused_digest(scene: Scene) -> OutgoingMail:
    """To staff: too much of a digest came back, and it paused itself."""
    scene.editor()
    scene.reader(Cadence.WEEKLY)
    scene.articles(1)
    digest = scene.digest(Cadence.WEEKLY)
    with unit_of_work() as session:
        paused = session.get_one(Digest, digest.id)
        paused.paused_at = paused.tell_pause_at = scene.now
        paused.reason = "It paused itself: 11 of 201 mails came back for good (5.5 %)."
    mailer = RecordingMailer()
    tell_of_pause(digest_id=digest.id, mailer=mailer, now=scene.now)
    return first(mailer.sent)


@kind
def left(scene: Scene) -> OutgoingMail:
    """To whoever was unsubscribed, perhaps by somebody else."""
    return _sent(scene, LetterKind.LEFT, _reader(scene, state=SubscriptionState.UNSUBSCRIBED))


@kind
def choices_changed(scene: Scene) -> OutgoingMail:
    """To whoever's choices were changed, perhaps by somebody else: all of them, and a pause."""
    reader = _reader(scene, paused_until=scene.now + timedelta(days=30))
    scene.make.sign(subscription=reader)
    former = scene.make.former_choices(subscription=reader, requested_at=scene.now)
    return _mailed(scene, former.letter)


@kind
def personal_link(scene: Scene) -> OutgoingMail:
    """What opens a reader's own data."""
    return _sent(scene, LetterKind.PERSONAL_LINK, _reader(scene))


@kind
def new_address(scene: Scene) -> OutgoingMail:
    """To the address a reader wants to move to."""
    reader = _reader(scene)
    return _sent(scene, LetterKind.NEW_ADDRESS, reader, _change(scene, reader))


@kind
def address_taken(scene: Scene) -> OutgoingMail:
    """The same, where the address has a subscription already."""
    reader = _reader(scene)
    scene.make.subscription(publication=scene.home, email="new@example.org")
    return _sent(scene, LetterKind.NEW_ADDRESS, reader, _change(scene, reader))


@kind
def address_changed(scene: Scene) -> OutgoingMail:
    """To the address she left: who did not ask for it changes it back."""
    reader = _reader(scene, email="new@example.org")
    change = _change(scene, reader, AddressChangeState.DONE)
    return _sent(scene, LetterKind.ADDRESS_CHANGED, reader, change)


def _reader(
    scene: Scene,
    *,
    state: SubscriptionState = SubscriptionState.CONFIRMED,
    email: str = "reader@example.org",
    **fields: object,
) -> Subscription:
    return scene.make.subscription(publication=scene.home, state=state, email=email, **fields)


def _change(
    scene: Scene, reader: Subscription, state: AddressChangeState = AddressChangeState.ASKED
) -> AddressChange:
    change = AddressChange(
        subscription_id=reader.id,
        state=state,
        old_email="reader@example.org",
        new_email="new@example.org",
        asked_at=scene.now - timedelta(minutes=1),
        changed_at=scene.now if state is AddressChangeState.DONE else None,
    )
    with unit_of_work() as session:
        session.add(change)
    return change


def _sent(
    scene: Scene,
    letter_kind: LetterKind,
    reader: Subscription,
    change: AddressChange | None = None,
) -> OutgoingMail:
    letter = scene.make.letter(
        subscription=reader,
        kind=letter_kind,
        requested_at=scene.now,
        next_attempt_at=scene.now,
        address_change_id=change.id if change else None,
    )
    return _mailed(scene, letter)


def _mailed(scene: Scene, letter: Letter) -> OutgoingMail:
    mailer = RecordingMailer()
    send_letter(letter_id=letter.id, mailer=mailer, now=scene.now)
    return first(mailer.sent)
