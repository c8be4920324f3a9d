"""Tell owners and editors by mail that the signup breaker tripped; the overview tells it anyway."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from newsletter.mail.mailer import Mailer
from newsletter.mail.templates import RenderedMail
from newsletter.publications.find import default_publication
from newsletter.publications.models import Publication
from newsletter.publications.staff_mail import StaffMail, admin_page, render_staff_mail
from newsletter.publications.tell_staff import tell_staff
from newsletter.subscriptions.gate_models import SignupBreaker

#: After so long the overview has to do.
GIVE_UP = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Tripped:
    """What the mail says, as it was when the breaker's row was read."""

    publication: Publication
    at: datetime
    asked: int
    confirmed: int


def tell_of_breaker(*, mailer: Mailer, now: datetime) -> int:
    """Tell each owner and editor if the breaker tripped; return how many mails were accepted."""
    return tell_staff(
        SignupBreaker,
        1,
        tell_at=SignupBreaker.tell_at,
        look=partial(_look, now=now),
        write=_write,
        mailer=mailer,
        now=now,
    )


def _look(breaker: SignupBreaker, *, now: datetime) -> Tripped | None:
    """Return what is to be told if it tripped, and not long ago."""
    publication, at = default_publication(), breaker.tripped_at
    if publication is None or at is None or now - at > GIVE_UP:
        return None
    return Tripped(publication, at, breaker.asked, breaker.confirmed)


def _write(told: Tripped) -> StaffMail:
    return StaffMail(
        kind="breaker",
        number=int(told.at.timestamp()),
        publication=told.publication,
        rendered=render_breaker(told.publication, asked=told.asked, confirmed=told.confirmed),
    )


def render_breaker(publication: Publication, *, asked: int, confirmed: int) -> RenderedMail:
    """Return the letter with its one link."""
    return render_staff_mail(
        "breaker",
        publication,
        asked=asked,
        confirmed=confirmed,
        link=admin_page(publication),
    )
