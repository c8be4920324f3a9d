"""The picture that tells an open: in the mails of readers who consented, and in no others.

A variant is stored without it and compiled a second time with it, so every other reader's mail is
octet for octet what it is where no opens are counted.
"""

from newsletter.mail.markers import Markers, Placeholder

_END = "</body>"


def with_pixel(html: str, *, markers: Markers) -> str:
    """Return the HTML of a variant with the picture as its last thing."""
    before, end, after = html.rpartition(_END)
    if not end:
        raise ValueError("the HTML of a variant has an end of its body")
    source = markers.marker(Placeholder.OPEN_URL)
    pixel = f'<img src="{source}" alt="" width="1" height="1" style="display:block;border:0">'
    return f"{before}{pixel}{end}{after}"
