"""What hubs ask and tell us (WebSub): a promise confirmed, a feed that has something new."""

from flask import Blueprint, Response, abort, make_response, request
from flask.typing import ResponseReturnValue

from newsletter.articles.hub_leases import agrees, is_signed, lease_by_key, take_ping
from newsletter.articles.models import HubLease
from newsletter.clock import utc_now
from newsletter.extensions import db
from newsletter.jobs import Job, enqueue_at_once
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import token_holder

blueprint = Blueprint("hubs", __name__)

#: A ping may carry the whole feed, which is read for its signature only.
LARGEST_PING = 10 * 1024 * 1024
_LONGEST_CHALLENGE = 1000


@blueprint.get("/hubs/<key>")
@token_holder
def confirm(key: str) -> ResponseReturnValue:
    """Echo a hub's challenge if we did ask it; a job notes what it grants, nothing is written."""
    lease = _lease(key)
    topic, challenge = request.args.get("hub.topic", ""), request.args.get("hub.challenge", "")
    mode = request.args.get("hub.mode", "")
    if mode == "denied" and topic == lease.topic_url:
        enqueue_at_once(Job.NOTE_HUB, lease_id=lease.id, seconds=0)
        return _plain("")
    asked = agrees(lease, mode=mode, topic=topic, now=utc_now())
    if not asked or not challenge or len(challenge) > _LONGEST_CHALLENGE:
        abort(404)
    if not enqueue_at_once(Job.NOTE_HUB, lease_id=lease.id, seconds=_granted()):
        abort(503)
    return _plain(challenge)


@blueprint.post("/hubs/<key>")
@token_holder
def ping(key: str) -> ResponseReturnValue:
    """Have the feed polled if the hub's signature is right; else change nothing, and not say so."""
    lease = _lease(key)
    request.max_content_length = LARGEST_PING
    signature = request.headers.get("X-Hub-Signature", "")
    if is_signed(lease, signature=signature, content=request.get_data()):
        with unit_of_work():
            take_ping(lease=db.session.get_one(HubLease, lease.id), now=utc_now())
    return "", 204


def _lease(key: str) -> HubLease:
    return lease_by_key(key) or abort(404)


def _granted() -> int:
    seconds = request.args.get("hub.lease_seconds", "")
    return int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 10 else 86_400


def _plain(text: str) -> Response:
    """Answer bare text: the challenge is a stranger's words and must never be taken for a page."""
    answer = make_response(text)
    answer.mimetype = "text/plain"
    return answer
