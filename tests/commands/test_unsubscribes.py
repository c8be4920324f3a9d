"""`flask unsubscribes receive`: what a mail server pipes in."""

import json

import pytest
from click.testing import Result
from flask import Flask

from newsletter.subscriptions.models import Subscription, SubscriptionState
from tests.factories import Make, reload
from tests.subscriptions.test_unsubscribe_mail import address

MAIL = "From: Ann <ann@example.org>\nTo: {}\nSubject: {}\n\nLeave me alone.\n"


def pipe(app: Flask, mail: str, *words: str) -> Result:
    runner = app.test_cli_runner()
    return runner.invoke(args=["unsubscribes", "receive", *words], input=mail.encode())


@pytest.fixture
def reader(make: Make) -> Subscription:
    row: Subscription = make.subscription()
    return row


def test_a_piped_mail_unsubscribes_and_a_repeated_one_is_no_error(
    app: Flask, reader: Subscription
) -> None:
    for says in ("ended", "ended_before"):
        result = pipe(app, MAIL.format(address(reader), "x"), "--json")
        assert (result.exit_code, json.loads(result.stdout)) == (0, {"result": says})
    assert reload(reader).state is SubscriptionState.UNSUBSCRIBED


def test_the_recipient_of_the_envelope_counts_more_than_the_headers(
    app: Flask, reader: Subscription
) -> None:
    result = pipe(app, MAIL.format("list@example.org", "x"), "--to", address(reader))
    assert result.exit_code == 0
    assert reload(reader).state is SubscriptionState.UNSUBSCRIBED


@pytest.mark.parametrize("to", ["list@example.org", "unsubscribe+abcd-1-xyz@bounce.example.org"])
def test_a_mail_to_nobody_exits_as_mail_servers_expect(
    app: Flask, reader: Subscription, to: str
) -> None:
    assert pipe(app, MAIL.format(to, address(reader))).exit_code == 67
    assert pipe(app, "").exit_code == 67
    assert reload(reader).state is SubscriptionState.CONFIRMED
