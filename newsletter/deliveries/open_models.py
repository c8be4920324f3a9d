"""How often the mails of a digest were opened; nobody's open has a row."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from newsletter.extensions import Model


class OpenCount(Model):
    """Opens of one digest, by readers who consented."""

    __tablename__ = "open_counts"

    digest_id: Mapped[int] = mapped_column(
        ForeignKey("digests.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    opens: Mapped[int] = mapped_column(BigInteger, default=0)
    machine_opens: Mapped[int] = mapped_column(BigInteger, default=0)
