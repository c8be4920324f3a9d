"""What an import does with the readers it finds."""

from dataclasses import dataclass

from newsletter.errors import PermanentError
from newsletter.publications.models import Cadence
from newsletter.subscriptions.models import LegalBasis


class MissingEvidence(PermanentError):
    """Confirmed readers need to have confirmed somewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import does with the readers it finds.

    Args:
        confirmed: they confirmed elsewhere; `evidence` says where and how.
        legal_basis: of confirmed ones, why they may be mailed.
        cadence: for lines that name none; the publication's own if None.
    """

    publication_id: int
    confirmed: bool = False
    evidence: str = ""
    legal_basis: LegalBasis = LegalBasis.IMPORTED_EVIDENCE
    cadence: Cadence | None = None

    def __post_init__(self) -> None:
        if self.confirmed and not self.evidence.strip():
            raise MissingEvidence(
                "Readers are imported as confirmed only with evidence: say where and how they "
                "confirmed."
            )
