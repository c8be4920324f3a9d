"""Content as it goes over the wire: line ends made whole, and by DATA a dot at the end."""

import re

from newsletter.mail.outgoing import OutgoingMail

_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")


def on_the_wire(mail: OutgoingMail) -> list[bytes]:
    """Return the pieces to write for a mail's content, the final dot included."""
    if mail.checked:
        return [mail.content, b".\r\n"]
    return [_made_safe(mail.content)]


def whole_lines(content: bytes) -> bytes:
    """Return the content with CRLF after every line, the last one included."""
    if content.count(b"\r\n") != content.count(b"\n") or b"\r" in content.replace(b"\r\n", b""):
        # A bare line end before a dot could smuggle in a second mail, here or at the next server.
        content = _BARE_LINE_END.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def _made_safe(content: bytes) -> bytes:
    content = whole_lines(content)
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return (b"." if content.startswith(b".") else b"") + stuffed + b".\r\n"
