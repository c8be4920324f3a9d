"""Not one later mail: who leaves is answered once no copy can be written any more."""

import time

from newsletter.deliveries.under_way import HEARD_SECONDS, is_under_way
from newsletter.extensions import db


def let_last_copies_go(subscription_id: int) -> None:
    """Wait until every worker has heard that a subscription ended, if a copy is under way.

    Called once that is committed. A content that was begun before is the last she gets.
    """
    under_way = is_under_way(subscription_id=subscription_id)
    db.session.rollback()  # hold no connection meanwhile
    if under_way:
        time.sleep(HEARD_SECONDS)
