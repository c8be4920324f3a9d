"""The folder that our pictures lie in, named by what is in them."""

import hashlib
import re
import tempfile
from pathlib import Path

from newsletter.articles.picture_making import MadePicture

#: What a file is called: SHA-256 of its octets and its kind, so that no address ever changes.
FILE_NAME = re.compile(r"[0-9a-f]{64}\.(?:jpg|png)")

MEDIA_TYPES = {".jpg": "image/jpeg", ".png": "image/png"}


def keep(made: MadePicture, *, folder: Path) -> str:
    """Store a picture and return the name of its file; one that is there already stays."""
    name = f"{hashlib.sha256(made.content).hexdigest()}.{made.suffix}"
    path = path_of(name, folder=folder)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(path, made.content)
    return name


def path_of(name: str, *, folder: Path) -> Path:
    """Return where a file lies; names that are none of ours lead nowhere."""
    if not FILE_NAME.fullmatch(name):
        raise ValueError("this is no name of a picture")
    return folder.absolute() / name[:2] / name


def _write_whole(path: Path, content: bytes) -> None:
    """Let the file appear at once and whole: a server may be asked for it meanwhile."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
        unfinished = Path(file.name)
    unfinished.chmod(0o644)
    unfinished.replace(path)
