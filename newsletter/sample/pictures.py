"""The sample articles' pictures, kept as if they had been fetched."""

from datetime import datetime

from newsletter import PROJECT_DIR
from newsletter.articles.fetch_pictures import store_made
from newsletter.articles.picture_making import make_picture
from newsletter.sample.content import PICTURES


def keep_pictures(*, base: str, now: datetime) -> None:
    """Store every picture of the sample; no server needs to be up for it."""
    for path in sorted((PROJECT_DIR / "static" / "sample").glob("*.jpg")):
        url = f"{base}{PICTURES}{path.name}"
        store_made(url=url, made=make_picture(path.read_bytes()), now=now)
