"""Content as it goes over the wire: line ends made whole, dots doubled, the dot at the end."""

import re

from newsletter.mail.outgoing import OutgoingMail

_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")


def on_the_wire(mail: OutgoingMail) -> list[bytes]:
    """Return the pieces to write for a mail's content, the final dot included."""
    if mail.checked:
        return [mail.content, b".\r\n"]
    return [_made_safe(mail.content)]


def _made_safe(content: bytes) -> bytes:
    if content.count(b"\r\n") != content.count(b"\n") or b"\r" in content.replace(b"\r\n", b""):
        # A bare line end before a dot could smuggle in a second mail.
        content = _BARE_LINE_END.sub(b"\r\n", content)
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return (b"." if content.startswith(b".") else b"") + stuffed + b".\r\n"
