"""SNS asks to confirm a topic: its address is visited by a job, once its signature was checked."""

from newsletter.feedback.models import Notice, NoticeSource
from newsletter.feedback.providers.json_body import Malformed, json_of, object_of
from newsletter.feedback.providers.ses import subscribe_address
from newsletter.feedback.providers.sns_network import fetch


def asked_visit(notice: Notice) -> str:
    """Return the address that a notice asks to be visited, or nothing."""
    if notice.source is not NoticeSource.SES:
        return ""
    try:
        return subscribe_address(object_of(json_of(notice.payload)))
    except Malformed:
        return ""


def visit(address: str) -> None:
    """Confirm the topic.

    Raises:
        NotFetched: SNS did not answer; the sweeper asks again.
    """
    fetch(address)
