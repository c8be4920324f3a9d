"""The test of two samples that the timing bench goes by."""

import random

import pytest

from bench.signup_timing import mann_whitney


def sample(seed: int, *, shift: float = 0.0, count: int = 1000) -> list[float]:
    source = random.Random(seed)
    return [source.lognormvariate(-3.5, 0.2) + shift for _ in range(count)]


def test_two_samples_of_one_distribution_do_not_differ() -> None:
    found = [mann_whitney(sample(n), sample(n + 100)) for n in range(40)]
    assert sum(p < 0.05 for p in found) <= 6
    assert min(found) > 0.001


def test_a_tenth_of_the_spread_is_found() -> None:
    assert mann_whitney(sample(1), sample(2, shift=0.001)) < 0.01


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_samples_does_not_matter(seed: int) -> None:
    one, other = sample(seed, count=50), sample(seed + 9, count=70)
    assert mann_whitney(one, other) == pytest.approx(mann_whitney(other, one))


def test_a_known_figure_is_met() -> None:
    """Two samples of ten without overlap: U is 0, z is 3.74 with the correction."""
    assert mann_whitney(list(range(10)), list(range(10, 20))) == pytest.approx(1.83e-4, rel=0.01)


def test_ties_alone_tell_nothing() -> None:
    assert mann_whitney([1.0] * 10, [1.0] * 10) == 1.0
