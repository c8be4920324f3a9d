"""Machines are told from people by what they say they are, and by their pace."""

import pytest

from newsletter.digests.machines import (
    SOON_SECONDS,
    Click,
    comes_from,
    says_it_is_a_machine,
    told_apart,
)

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "purpose", "is_machine"),
    [
        (BROWSER, "", False),
        (PHONE, "", False),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/120.0 Mobile Safari/537.36", "", False),
        (BROWSER, "prefetch", True),
        (BROWSER, "prefetch;prerender", True),
        ("", "", True),
        ("curl/8.5.0", "", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "", True),
        ("Mozilla/5.0 AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36", "", True),
        ("BarracudaCentral", "", True),
    ],
)
def test_a_request_says_what_it_is(user_agent: str, purpose: str, is_machine: bool) -> None:
    assert says_it_is_a_machine(user_agent=user_agent, purpose=purpose) is is_machine


def test_networks_that_the_operator_knows_are_machines() -> None:
    networks = ("192.0.2.0/24", "2001:db8::/32")
    assert comes_from("192.0.2.77", networks)
    assert comes_from("2001:db8::1", networks)
    assert not comes_from("198.51.100.1", networks)
    assert not comes_from("", networks)


def clicks(*told: tuple[float, int, str]) -> list[Click]:
    return [Click(at, link, visitor, False) for at, link, visitor in told]


def people(found: list[Click], *, settled: int | None = None, began: float = 0) -> dict[int, int]:
    count = len(found) if settled is None else settled
    beginnings = {one.link_id: began for one in found}
    of_people, of_machines = told_apart(found, beginnings=beginnings, settled=count)
    assert of_people.total() + of_machines.total() == count
    return dict(of_people)


def test_readers_at_their_own_pace_are_people() -> None:
    assert people(clicks((100, 1, "a"), (140, 2, "a"), (141, 1, "b"), (200, 3, "a"))) == {
        1: 2,
        2: 1,
        3: 1,
    }


def test_one_who_opens_all_links_at_once_is_a_machine_in_all_of_them() -> None:
    assert people(clicks((100, 1, "a"), (100.2, 2, "a"), (100.3, 3, "a"), (101, 1, "b"))) == {1: 1}
    assert people(clicks((100, 1, "a"), (101, 2, "a"))) == {}
    assert people(clicks((100, 1, "a"), (104, 2, "a"), (108, 3, "a"))) == {}


def test_a_press_repeated_by_impatience_is_still_a_persons() -> None:
    assert people(clicks((100, 1, "a"), (101, 1, "a"))) == {1: 2}
    assert people(clicks(*((100 + n, 1, "a") for n in range(6)))) == {}


def test_what_comes_after_is_looked_at_before_it_is_counted_itself() -> None:
    burst = clicks((100, 1, "a"), (100.1, 2, "a"), (100.2, 3, "a"))
    assert people(burst, settled=1) == {}


def test_one_who_asked_for_heads_first_is_a_machine() -> None:
    found = [Click(100, 1, "a", True), Click(130, 2, "a", False), Click(130, 2, "b", False)]
    assert people(found) == {2: 1}


def test_nobody_reads_before_the_first_mail_is_out() -> None:
    early, late = 100 + SOON_SECONDS - 1, 100 + SOON_SECONDS
    assert people(clicks((early, 1, "a")), began=100) == {}
    assert people(clicks((late, 1, "a")), began=100) == {1: 1}
    of_people, of_machines = told_apart(clicks((late, 1, "a")), beginnings={}, settled=1)
    assert (of_people.total(), of_machines.total()) == (0, 1)


def test_a_click_comes_back_from_redis_as_it_was() -> None:
    click = Click(1767225600.125, 7, "0f" * 8, True)
    assert Click.read(click.written()) == click
