"""A digest to thirty readers, and its batches sent by one worker."""

from collections.abc import Iterable, Iterator, Sequence

import pytest

from newsletter.clock import utc_now
from newsletter.deliveries.models import BatchState
from newsletter.deliveries.send import send_batch
from newsletter.digests.models import Digest
from newsletter.mail.mailer import (
    Outcome,
    OutgoingMail,
    RecordingMailer,
)
from tests.deliveries.conftest import Publish, batch_ids
from tests.factories import Make


@pytest.fixture
def digest(make: Make, publish: Publish) -> Digest:
    """A digest of one article for thirty readers, ready to go."""
    home = make.publication(from_email="paper@example.net")
    make.article(publication=home)
    for number in range(30):
        make.subscription(publication=home, email=f"reader{number}@example.org")
    return publish(home, now=utc_now())


def send(digest: Digest, mailer: object, clock: object = utc_now) -> list[BatchState | None]:
    return [
        send_batch(batch_id=batch_id, mailer=mailer, clock=clock)  # type: ignore[arg-type]
        for batch_id in batch_ids(digest)
    ]


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs but `finally`."""


class DyingMailer(RecordingMailer):
    """Accepts some mails and then takes the worker with it."""

    def __init__(self, *, after: int) -> None:
        super().__init__()
        self._after = after

    def send(self, mails: Iterable[OutgoingMail]) -> Iterator[Sequence[Outcome]]:
        for number, outcome in enumerate(super().send(mails)):
            if number == self._after:
                raise Killed
            yield outcome
