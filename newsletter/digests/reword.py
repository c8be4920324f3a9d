"""Reword a draft: the subject that staff wish for."""

from newsletter.digests.models import Digest, DigestState
from newsletter.digests.start import WrongDigestState
from newsletter.errors import PermanentError
from newsletter.extensions import db
from newsletter.mail.templates import one_line

#: Mail programs show 40 to 70 characters; beyond this it is a paragraph.
LONGEST_SUBJECT = 150


class SubjectTooLong(PermanentError):
    """A subject that no mail program shows whole; the text says so."""


def change_subject(*, digest: Digest, subject: str) -> None:
    """Set the subject of a draft; empty: each variant is named after its own lead.

    Raises:
        SubjectTooLong.
        WrongDigestState: it is no draft any more.
    """
    line = one_line(subject)
    if len(line) > LONGEST_SUBJECT:
        raise SubjectTooLong(
            f"Write at most {LONGEST_SUBJECT} characters; this subject has {len(line)}."
        )
    db.session.refresh(digest, with_for_update=True)
    if digest.state is not DigestState.DRAFT:
        raise WrongDigestState("Only the subject of a draft can be changed.")
    if digest.subject != line:
        digest.subject = line
        digest.version += 1
    db.session.flush()
