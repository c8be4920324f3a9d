"""Auto-replies: holidays, receipts and the like, which say nothing of an address (RFC 3834)."""

import re
from email.message import Message

from newsletter.mail.bounce_parts import header

#: Set by Exchange, by older responders, and by list software; RFC 3834 §5 has one name for all.
_MARKS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Auto-Response-Suppress",
    "X-MS-Exchange-Inbox-Rules-Loop",
    "X-Auto-Reply-From",
    "X-Mail-Autoreply",
)
_SUBJECT = re.compile(
    r"^(?:auto(?:matic|mated)?[- ]?(?:re(?:ply|sponse))|out of (?:the )?office|on vacation|"
    r"vacation|abwesenheit|automatische antwort|réponse automatique|respuesta automática|"
    r"risposta automatica|автовідповідь|автоматична відповідь)",
    re.IGNORECASE,
)
_SYSTEM = re.compile(r"\b(?:mailer-daemon|mail delivery|postmaster)\b", re.IGNORECASE)


def is_automatic(message: Message) -> bool:
    """Say whether a message without a delivery report is a responder's, not a mail system's.

    Mail systems mark their reports as automatic too; who they are stands in From.
    """
    if "X-Failed-Recipients" in message or _SYSTEM.search(header(message, "From")):
        return False
    if message.get_param("report-type") == "disposition-notification":
        return True  # RFC 8098: a receipt
    automatic = header(message, "Auto-Submitted").lower()
    return (
        automatic.startswith(("auto-replied", "auto-generated", "auto-notified"))
        or any(mark in message for mark in _MARKS)
        or header(message, "Precedence").lower() == "auto_reply"
        or bool(_SUBJECT.match(header(message, "Subject")))
    )
