"""One page under several spellings of its address."""

import pytest

from newsletter.articles.links import bare_link, spellings

PAGE = "https://www.example.org/2026/03/sea-lanes/"


@pytest.mark.parametrize(
    "link",
    [
        "http://example.org/2026/03/sea-lanes",
        "https://EXAMPLE.org/2026/03/sea-lanes/",
        "https://www.example.org/2026/03/sea-lanes/#comments",
        "https://www.example.org/2026/03/sea-lanes/?utm_source=rss&utm_medium=feed",
        " https://example.org/2026/03/sea-lanes ",
    ],
)
def test_spellings_of_one_page_are_one_link(link: str) -> None:
    assert bare_link(link) == bare_link(PAGE)
    assert PAGE in spellings(link)


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/2026/03/Sea-Lanes/",
        "https://example.org/?p=12",
        "https://news.example.org/2026/03/sea-lanes/",
        "https://example.org/2026/03/sea-lanes/?page=2",
    ],
)
def test_other_pages_are_other_links(link: str) -> None:
    assert bare_link(link) != bare_link(PAGE)


@pytest.mark.parametrize("link", ["", "urn:isbn:1", "http://[", "not a link"])
def test_what_is_no_web_address_is_only_itself(link: str) -> None:
    assert bare_link(link) == link
    assert spellings(link) == {link}
