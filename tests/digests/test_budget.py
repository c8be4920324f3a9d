"""How much of each article a digest carries."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.digests.budget import BUDGET, MailTooLarge, Plan, fit, starting_treatments
from newsletter.digests.models import Treatment
from newsletter.publications.models import Cadence

FULL, EXCERPT, HEADLINE = Treatment.FULL, Treatment.EXCERPT, Treatment.HEADLINE
COST = {EXCERPT: 2_000, HEADLINE: 500}
FRAME = 8_000


def sizes(lengths: list[int]):  # type: ignore[no-untyped-def]
    def size(plan: Plan) -> int:
        shown = list(zip(plan.treatments, lengths, strict=True))[: plan.shown]
        return FRAME + sum(COST.get(treatment, length) for treatment, length in shown)

    return size


@pytest.mark.parametrize(
    ("cadence", "minutes", "expected"),
    [
        (Cadence.INSTANT, [9, 9], (FULL, FULL)),
        (Cadence.WEEKLY, [9], (FULL,)),
        (Cadence.DAILY, [5, 1], (EXCERPT, EXCERPT)),
        (Cadence.DAILY, [2, 1, 1], (FULL, EXCERPT, EXCERPT)),
        (Cadence.DAILY, [], ()),
    ],
)
def test_where_a_digest_starts(
    cadence: Cadence, minutes: list[int], expected: tuple[Treatment, ...]
) -> None:
    assert starting_treatments(cadence, minutes) == expected


def test_what_fits_is_left_alone_after_one_rendering() -> None:
    asked: list[Plan] = []

    def size(plan: Plan) -> int:
        asked.append(plan)
        return BUDGET

    assert fit([FULL, EXCERPT], size=size) == Plan((FULL, EXCERPT), 2)
    assert len(asked) == 1


def test_the_last_article_gives_way_first() -> None:
    assert fit([FULL] * 3, size=sizes([40_000] * 3)).treatments == (FULL, FULL, EXCERPT)


def test_excerpts_become_headlines_once_no_full_text_is_left() -> None:
    plan = fit([FULL] * 60, size=sizes([90_000] * 60))
    assert set(plan.treatments) == {EXCERPT, HEADLINE}
    assert plan.treatments == tuple(sorted(plan.treatments, key=[EXCERPT, HEADLINE].index))
    assert plan.shown == 60


def test_headlines_beyond_the_budget_are_left_to_the_web() -> None:
    plan = fit([EXCERPT] * 500, size=sizes([0] * 500))
    assert plan.shown == (BUDGET - FRAME) // COST[HEADLINE]
    assert len(plan.treatments) == 500


def test_a_reader_far_behind_costs_no_memory() -> None:
    tracemalloc.start()
    plan = fit([EXCERPT] * 3_000, size=lambda plan: FRAME + 500 * plan.shown)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert plan.shown == (BUDGET - FRAME) // 500
    assert peak < 5_000_000


def test_a_mail_that_cannot_be_made_small_is_refused() -> None:
    with pytest.raises(MailTooLarge):
        fit([FULL], size=lambda plan: 100_001)


@given(st.lists(st.tuples(st.integers(2_001, 60_000), st.sampled_from(Treatment)), min_size=1))
def test_any_lengths_fit_and_nothing_grows(articles: list[tuple[int, Treatment]]) -> None:
    start = [treatment for _, treatment in articles]
    size = sizes([length for length, _ in articles])
    plan = fit(start, size=size)
    order = [FULL, EXCERPT, HEADLINE]
    assert size(plan) <= BUDGET
    assert all(
        order.index(after) >= order.index(before)
        for before, after in zip(start, plan.treatments, strict=True)
    )
