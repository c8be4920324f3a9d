"""What staff do with a draft that goes out by itself: hold, release, skip, send early."""

from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.deliveries.control import skip_digest
from newsletter.digests.drafts import hold_draft, release_draft
from newsletter.digests.expectation import expect
from newsletter.digests.models import Digest
from newsletter.staff.models import StaffRole
from newsletter.web.access import staff
from newsletter.web.admin.blueprint import admin
from newsletter.web.admin.digest_actions import act_on
from newsletter.web.admin.numbers import counted

SKIPPED = "skipped by staff"


@admin.post("/digests/<int:digest_id>/hold")
@staff(StaffRole.EDITOR)
def digest_hold(digest_id: int) -> ResponseReturnValue:
    """Keep a draft from going out by itself."""

    def hold(digest: Digest) -> str:
        hold_draft(digest=digest, now=utc_now())
        waiting = expect(digest=digest, now=utc_now()).mailed
        wait = f"{counted(waiting, 'reader')} {'waits' if waiting == 1 else 'wait'}"
        return f"Held. Nobody gets it before somebody releases it: {wait}."

    return act_on(digest_id, "digest_held", hold, "")


@admin.post("/digests/<int:digest_id>/let-go")
@staff(StaffRole.EDITOR)
def digest_let_go(digest_id: int) -> ResponseReturnValue:
    """Release a held draft."""

    def release(digest: Digest) -> str:
        if release_draft(digest=digest, now=utc_now()):
            return "Released. Its hour has passed, so it is on its way. Pause or cancel it here."
        return "Released. It goes out at its hour."

    return act_on(digest_id, "digest_let_go", release, "")


@admin.post("/digests/<int:digest_id>/skip")
@staff(StaffRole.EDITOR)
def digest_skip(digest_id: int) -> ResponseReturnValue:
    """Let this one digest drop; no cursor moves, so its articles wait for the next."""

    def skip(digest: Digest) -> str:
        skip_digest(digest=digest, reason=SKIPPED, now=utc_now())
        return "Skipped. Its articles wait for the next digest."

    return act_on(digest_id, "digest_skipped", skip, "")
