"""The web process killed while readers sign up (fault 5)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException

import pytest

from tests.faults.readers import letters_waiting, open_a_publication, rows_of_signups, sign_up
from tests.faults.service import Service
from tests.faults.sizes import READERS, rounds

pytestmark = pytest.mark.fault

#: Readers who sign up at the same moment; the documented web process has as many threads.
AT_ONCE = 8


def test_a_killed_web_process_leaves_a_whole_signup_or_none_and_one_confirmation(
    service: Service,
) -> None:
    open_a_publication()
    told: dict[str, bool] = {}
    addresses = numbered_addresses()
    for _ in range(rounds(20)):
        crowd = [next(addresses) for _ in range(READERS // 20)]
        service.start("web")
        service.wait_for_pages()
        told |= sign_up_until_killed(service, crowd)
        found = rows_of_signups()
        for address in crowd:
            assert found.get(address, (0, 0)) in ([(1, 1)] if told[address] else [(0, 0), (1, 1)])
    service.start("web")
    service.wait_for_pages()
    for address in (one for one, heard in told.items() if not heard):
        assert sign_up(service, address).status == 200, "she tries again"
    service.start("worker")
    service.start("beat", ALTERED_PERIOD_SECONDS="3")
    service.wait(lambda: letters_waiting() == 0, "the last letter")
    assert service.ledger.recipients == told.keys(), "everybody got her confirmation"
    assert service.ledger.surplus == 0, "nobody got two"
    print(f"cut off: {sum(not heard for heard in told.values())} of {len(told)}")


def numbered_addresses() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"reader{number}@example.org"


def sign_up_until_killed(service: Service, crowd: list[str]) -> dict[str, bool]:
    """Let everybody sign up and kill the web process half-way; say who heard of her success."""
    heard: dict[str, bool] = dict.fromkeys(crowd, False)

    def one(address: str) -> None:
        with suppress(OSError, HTTPException):
            heard[address] = sign_up(service, address).status == 200

    with ThreadPoolExecutor(AT_ONCE) as readers:
        for address in crowd:
            readers.submit(one, address)
        service.wait(lambda: sum(heard.values()) >= len(crowd) // 2, "half of the signups")
        service.kill("web")
    return heard
