"""What editors themselves say in a digest, as the templates of its mail show it."""

from dataclasses import dataclass
from functools import cached_property

from newsletter.articles.html_tree import build
from newsletter.digests.models import BlockLabel, Digest
from newsletter.digests.preflight import hrefs
from newsletter.digests.staff_words import html_of, text_of


@dataclass(frozen=True, kw_only=True)
class Block:
    """A word of the publisher or of a sponsor, below the articles."""

    label: BlockLabel
    title: str
    link: str
    mark: str  # stands for its text in MJML; empty: it has none
    text: str


@dataclass(frozen=True)
class OwnWords:
    """Preheader, introduction and block; each may be missing."""

    preheader: str
    introduction: str  # Markdown
    introduction_mark: str  # stands for it in MJML; empty: there is none
    block: Block | None
    prose: dict[str, str]  # HTML by mark

    @cached_property
    def introduction_text(self) -> str:
        """The introduction, plain."""
        return text_of(self.introduction)

    @classmethod
    def of(cls, digest: Digest, *, nonce: str) -> "OwnWords":
        """Return the words of a digest; one that was not stored yet may have none."""
        prose: dict[str, str] = {}

        def marked(name: str, markdown: str) -> str:
            html = html_of(markdown)
            mark = f"zz{nonce}{name}zz" if html else ""
            if mark:
                prose[mark] = html
            return mark

        introduction = digest.introduction or ""
        mark = marked("introduction", introduction)
        return cls(
            digest.preheader or "",
            introduction,
            mark,
            _block(digest, marked("block", digest.block_text or "")),
            prose,
        )


def own_links(digest: Digest) -> dict[str, str]:
    """Return the links in editors' own words, each with the field of the draft that it is from."""
    found = {}
    if digest.block_label is not None:
        found = dict.fromkeys(hrefs(build(html_of(digest.block_text or ""))), "block_text")
        if digest.block_link:
            found[digest.block_link] = "block_link"
    in_introduction = hrefs(build(html_of(digest.introduction or "")))
    return found | dict.fromkeys(in_introduction, "introduction")


def _block(digest: Digest, mark: str) -> Block | None:
    if digest.block_label is None:
        return None
    return Block(
        label=digest.block_label,
        title=digest.block_title,
        link=digest.block_link,
        mark=mark,
        text=text_of(digest.block_text),
    )
