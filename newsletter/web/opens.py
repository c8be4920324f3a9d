"""The picture in mails of readers who consented to opens; whatever is asked for, it is the same."""

from flask import Blueprint, Response

from newsletter.clock import utc_now
from newsletter.deliveries.opens import note_open
from newsletter.subscriptions import links
from newsletter.web.access import token_holder
from newsletter.web.clicks import visit
from newsletter.web.linked import as_sent

blueprint = Blueprint("opens", __name__)

#: One transparent point (GIF 89a).
PICTURE = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)


@blueprint.get("/open/<path:token>")
@token_holder
def picture(token: str) -> Response:
    """Show the picture, and note an open if the token names a mail; no cookie is set or read."""
    try:
        delivery_id = links.read_open(as_sent(token))
    except links.BrokenLink:
        pass
    else:
        note_open(delivery_id=delivery_id, visit=visit(), now=utc_now())
    return Response(PICTURE, mimetype="image/gif")
