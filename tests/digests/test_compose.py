"""The choice: after the cursor, within the topics, in order."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.digests.compose import Candidate, choose
from tests.factories import NOW

candidates = st.lists(
    st.builds(
        Candidate,
        id=st.integers(1, 500),
        position=st.integers(1, 50),
        published_at=st.just(NOW),
        topics=st.frozensets(st.integers(1, 4)),
    ),
    unique_by=lambda one: one.id,
)
topics = st.frozensets(st.integers(1, 4))


@given(articles=candidates, cursor=st.integers(0, 50), wish=topics)
def test_exactly_the_articles_after_the_cursor_that_touch_the_topics(
    articles: list[Candidate], cursor: int, wish: frozenset[int]
) -> None:
    expected = [
        one.id
        for one in articles
        if one.position > cursor and (wish == frozenset() or one.topics.intersection(wish))
    ]
    assert list(choose(articles, cursor=cursor, topics=wish)) == expected


@given(articles=candidates, cursor=st.integers(0, 25), middle=st.integers(25, 50), wish=topics)
def test_two_digests_in_a_row_carry_each_article_once(
    articles: list[Candidate], cursor: int, middle: int, wish: frozenset[int]
) -> None:
    early = [one for one in articles if one.position <= middle]
    first = choose(early, cursor=cursor, topics=wish)
    second = choose(articles, cursor=middle, topics=wish)
    assert sorted(first + second) == sorted(choose(articles, cursor=cursor, topics=wish))
