"""Tasks about letters."""

from flask import Flask

from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.subscriptions.letters import LEASE
from workers import letters


def test_a_letter_may_wait_for_the_slowest_answer_and_ends_within_its_lease(app: Flask) -> None:
    for task in (letters.send, letters.proof):
        soft, hard = task.soft_time_limit, task.time_limit
        assert soft is not None
        assert hard is not None
        assert Timeouts().final_reply < soft < hard < LEASE.total_seconds()
