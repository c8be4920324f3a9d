"""How much a signup looks like a program's."""

from datetime import timedelta

import pytest

from newsletter.subscriptions.suspicion import RUSH, THRESHOLD, Signs, suspicion

PERSON = "anna.smith@example.org"
ODD = "x7k2p9q4z1@example.org"


@pytest.mark.parametrize(
    "signs",
    [
        Signs(PERSON),
        Signs(PERSON, stamped=True, shown_for=timedelta(seconds=20)),
        Signs(PERSON, stamped=True, shown_for=timedelta(seconds=1)),
        Signs(PERSON, stamped=True),
        Signs(PERSON, from_network=4),
        Signs(PERSON, from_network=4, disposable=True),
        Signs(ODD),
        Signs(ODD, disposable=True),
        Signs("Ötzi.Müller@example.org"),
        Signs("о.шевченко@example.org"),
    ],
)
def test_one_odd_thing_alone_is_not_checked(signs: Signs) -> None:
    assert suspicion(signs) < THRESHOLD


@pytest.mark.parametrize(
    "signs",
    [
        Signs(PERSON, trapped=True),
        Signs(PERSON, from_region=30),
        Signs(PERSON, within_minute=RUSH),
        Signs(PERSON, stamped=True, shown_for=timedelta(seconds=1), from_network=2),
        Signs(PERSON, stamped=True, shown_for=timedelta(), disposable=True),
        Signs(PERSON, stamped=True, from_network=2),
        Signs(ODD, disposable=True, from_network=2),
    ],
)
def test_a_trap_a_rush_or_several_odd_things_are(signs: Signs) -> None:
    assert suspicion(signs) >= THRESHOLD


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("anna.smith", False),
        ("krzysztof", False),
        ("bob1984", False),
        ("reader12", False),
        ("о.шевченко", False),
        ("john19841231", True),
        ("a.b.c.d.e.f", True),
        ("xkcdqwrtz", True),
        ("x7k2p9q4z1", True),
    ],
)
def test_names_that_people_give_themselves_are_not_odd(name: str, odd: bool) -> None:
    assert (suspicion(Signs(f"{name}@example.org")) > 0) is odd
