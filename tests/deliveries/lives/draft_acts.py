"""What editors do with drafts in a life: hold, release, skip, send early, leave articles out."""

from collections.abc import Iterable

from newsletter.deliveries.control import cancel_digest
from newsletter.digests.drafts import draft_ahead, hold_draft, release_draft, waiting_drafts
from newsletter.digests.edit import LEFT_OUT, DraftForm, UnusableDraft, save_draft
from newsletter.digests.models import Digest
from newsletter.digests.publish import weighed_candidates
from newsletter.digests.start import send_now
from newsletter.extensions import db
from newsletter.publications.models import Cadence
from newsletter.unit_of_work import unit_of_work
from tests.deliveries.lives.scene import Scene

EDITOR = 1


class DraftActs(Scene):
    """Editors at their drafts; the oracle hears of what goes."""

    def draft(self) -> None:
        """The clock makes the drafts whose time has come."""
        with unit_of_work():
            draft_ahead(publication_id=self.home, now=self.now)
        self._remember_held()

    def hold_draft(self, number: int) -> None:
        """An editor stops a draft."""
        draft = self._draft(number)
        if draft is not None and draft.held_at is None:
            with unit_of_work():
                hold_draft(digest=draft, now=self.now)
            self._remember_held()

    def release_draft(self, number: int) -> None:
        """An editor lets a held draft go: at once, if its hour has passed."""
        draft = self._draft(number)
        if draft is not None and draft.held_at is not None:
            self.now += self.moment
            with unit_of_work():
                gone = release_draft(digest=draft, now=self.now)
            if gone:
                self._note_started([draft])

    def skip_draft(self, number: int) -> None:
        """An editor lets one digest drop: what is in it waits."""
        draft = self._draft(number)
        if draft is not None:
            self.answered.add((draft.cadence, draft.slot))
            with unit_of_work():
                cancel_digest(digest=draft, reason="skipped", now=self.now)

    def send_early(self, number: int) -> None:
        """An editor does not wait for the hour."""
        draft = self._draft(number)
        if draft is not None:
            with unit_of_work():
                send_now(digest=draft)
            self._note_started([draft])

    def leave_out(self, number: int, which: int) -> None:
        """An editor turns the order of a draft round and leaves one of its articles out."""
        draft = self._draft(number)
        if draft is None:
            return
        ids = [one.id for one in weighed_candidates(draft, now=self.now)]
        if not ids:
            return
        form = DraftForm(order=ids[::-1], treatments={ids[which % len(ids)]: LEFT_OUT})
        try:
            with unit_of_work():
                save_draft(
                    digest=draft,
                    form=form,
                    version=draft.version,
                    staff_id=EDITOR,
                    now=self.now,
                )
        except UnusableDraft:
            assert len(ids) == 1

    def release_all_drafts(self) -> None:
        """Let everything go that is held."""
        for number in range(len(Cadence)):
            self.release_draft(number)

    def _remember_held(self) -> None:
        """Note which cadences wait for an editor: nobody's hour brings anything meanwhile."""
        drafts = waiting_drafts(self.home).values()
        self.held |= {draft.cadence for draft in drafts if draft.held_at is not None}

    def _draft(self, number: int) -> Digest | None:
        db.session.rollback()
        drafts = list(waiting_drafts(self.home).values())
        return drafts[number % len(drafts)] if drafts else None

    def _note_started(self, digests: Iterable[Digest]) -> None:
        raise NotImplementedError
