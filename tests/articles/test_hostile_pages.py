"""Pages that are made to keep a worker busy: read in a moment all the same."""

import time

import pytest

from newsletter.articles.article_page import page_image
from newsletter.articles.web_page import feeds_named

PAGE = "https://paper.example.org/"


@pytest.mark.parametrize("filling", ["a" * 1_990, "a =" * 600, "a='" * 600, " " * 1_990, ""])
def test_a_page_of_half_finished_tags_is_read_in_a_moment(filling: str) -> None:
    began = time.process_time()
    for tag in ("<meta ", "<link "):
        for end in (">", ""):
            page = (tag + filling + end) * (500_000 // (len(filling) + 7))
            assert page_image(page, url=PAGE) is None
            assert feeds_named(page, url=PAGE) == ()
    assert time.process_time() - began < 2
