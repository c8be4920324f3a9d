"""Keeping a publisher's own categories out."""

import pytest

from newsletter.articles.categories import readers_categories


def test_categories_keep_their_order_and_words() -> None:
    assert readers_categories(["Europe", "Drugs &amp; Crime", "news", "Europe"]) == (
        "Europe",
        "Drugs & Crime",
        "news",
    )


@pytest.mark.parametrize(
    "name",
    [
        *("homepage_regional_china", "hide_from_home", "_internal", "#newsletter", "Uncategorized"),
        *("غير مصنف", "Без рубрики", "未分类", "Sem categoria", "L", "Post to Buffer", "Featured"),
        *("Homepage Top", "exclude from feed", "", "  ", "null"),
    ],
)
def test_internal_categories_are_left_out(name: str) -> None:
    assert readers_categories([name, "Europe"]) == ("Europe",)


@pytest.mark.parametrize(
    "name",
    [
        "EU",
        "AI",
        "π",
        "中",
        "U.S.-China Competition",
        "No Man’s Land",
        "Life.n.Laugh",
        "COVID-19",
        "G20",
    ],
)
def test_unusual_but_real_categories_stay(name: str) -> None:
    assert readers_categories([name]) == (name,)
