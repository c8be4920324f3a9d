"""Reports as mail systems write them, made here: by kind, with whatever a test wants to differ."""

from email.mime.text import MIMEText

RETURN_PATH = "bounces+aaaa@bounces.example.org"
OUR_ID = "delivery-aaaa@example.org"


def returned(message_id: str = OUR_ID, *, link: str = "") -> str:
    """Return the headers of a mail of ours; `link` is that of List-Unsubscribe."""
    leave = f"List-Unsubscribe: <{link}>,\r\n <mailto:unsubscribe@example.org>\r\n" if link else ""
    return (
        f"Return-Path: <{RETURN_PATH}>\r\nFrom: Paper <paper@example.org>\r\n{leave}"
        f"To: reader@example.net\r\nSubject: News\r\nMessage-ID: <{message_id}>\r\n\r\n"
    )


def dsn(
    status: str = "5.1.1",
    words: str = "smtp; 550 5.1.1 no such user here",
    *,
    action: str = "failed",
    more: str = "",
    to: str = RETURN_PATH,
    message_id: str = OUR_ID,
    link: str = "",
) -> bytes:
    """Return a delivery report about one recipient (RFC 3464); `more` adds groups of fields."""
    fields = (
        "Reporting-MTA: dns; mx.example.net\r\n\r\n"
        "Final-Recipient: rfc822; reader@example.net\r\n"
        f"Action: {action}\r\nStatus: {status}\r\nDiagnostic-Code: {words}\r\n{more}"
    )
    return report(
        "delivery-status",
        part("text/plain", "I could not deliver your mail to reader@example.net."),
        part("message/delivery-status", fields),
        part("message/rfc822", returned(message_id, link=link)),
        to=to,
    )


def complaint(
    feedback: str = "abuse",
    *,
    sender: str = RETURN_PATH,
    message_id: str = OUR_ID,
    link: str = "",
) -> bytes:
    """Return a complaint (RFC 5965) to the address of a feedback loop."""
    fields = (
        f"Feedback-Type: {feedback}\r\nUser-Agent: SomeProvider/1.0\r\nVersion: 1\r\n"
        f"Original-Mail-From: <{sender}>\r\n"
    )
    return report(
        "feedback-report",
        part("text/plain", "This is a report of an email abuse."),
        part("message/feedback-report", fields),
        part("message/rfc822", returned(message_id, link=link)),
        to="fbl@example.org",
        sender="fbl@provider.example.net",
    )


def plain(
    text: str,
    *,
    sender: str = "Mail Delivery System <MAILER-DAEMON@mx.example.net>",
    subject: str = "Undelivered Mail Returned to Sender",
    **headers: str,
) -> bytes:
    """Return a mail without any parts for machines."""
    mail = MIMEText(text)
    mail["From"], mail["To"], mail["Subject"] = sender, RETURN_PATH, subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    return bytes(mail)


def part(kind: str, text: str, *headers: str) -> str:
    """Return one part of a report; `headers` come after its type."""
    lines = "".join(f"{line}\r\n" for line in headers)
    return f"Content-Type: {kind}\r\n{lines}\r\n{text}"


def report(
    kind: str, *parts: str, to: str = RETURN_PATH, sender: str = "MAILER-DAEMON@mx.example.net"
) -> bytes:
    """Return a multipart/report of some parts."""
    body = "".join(f"--frame\r\n{one}\r\n" for one in parts)
    head = (
        f"From: {sender}\r\nTo: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: multipart/report; report-type={kind}; boundary=frame\r\n\r\n"
    )
    return f"{head}{body}--frame--\r\n".encode()
