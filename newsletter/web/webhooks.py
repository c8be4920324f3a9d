"""What mail providers tell us: bounces and complaints, stored once and handled by a job."""

import structlog
from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from newsletter.clock import utc_now
from newsletter.extensions import limiter
from newsletter.feedback.providers.checking import Forged, Request
from newsletter.feedback.providers.json_body import Malformed
from newsletter.feedback.providers.sns_network import NotFetched
from newsletter.feedback.receive import UsedSignature, receive_events
from newsletter.feedback.webhooks import check_webhook, configured_source
from newsletter.unit_of_work import unit_of_work
from newsletter.web.access import token_holder

blueprint = Blueprint("webhooks", __name__)
limiter.exempt(blueprint)

log = structlog.get_logger()

#: SendGrid's batches are the largest.
LARGEST = 1024 * 1024


@blueprint.post("/webhooks/<provider>")
@token_holder
def receive(provider: str) -> ResponseReturnValue:
    """Store what is signed rightly; a forged, stale or repeated event changes nothing."""
    source = configured_source(provider) or abort(404)
    request.max_content_length = LARGEST
    headers = {name.lower(): value for name, value in request.headers.items()}
    now = utc_now()
    asked = Request(headers=headers, body=request.get_data(), now=now)
    try:
        events = check_webhook(source, asked)
        with unit_of_work():
            receive_events(source=source, events=events, now=now)
    except (Forged, UsedSignature) as refusal:
        log.warning("webhook_refused", source=source.value, reason=str(refusal))
        abort(403, str(refusal))
    except Malformed:
        abort(400)
    except NotFetched:
        abort(503)
    return "", 204
