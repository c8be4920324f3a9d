"""Signed links: bound to purpose and object, whole or nothing."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from newsletter.config import Settings
from newsletter.subscriptions.links import (
    ExpiredLink,
    ForgedLink,
    Purpose,
    confirm_url,
    link_writer,
    read_confirm,
    read_preferences,
    read_unsubscribe,
    sign,
)
from tests.factories import NOW, Make


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_confirmation_link_expires_after_seven_days(make: Make) -> None:
    token = token_of(confirm_url(subscription=make.subscription(), now=NOW))
    read_confirm(token, now=NOW + timedelta(days=7))
    with pytest.raises(ExpiredLink):
        read_confirm(token, now=NOW + timedelta(days=7, seconds=1))


def test_an_unsubscribe_token_opens_no_preferences_and_confirms_nothing(app: Flask) -> None:
    token = link_writer().reader_links(subscription_id=5).unsubscribe_token
    assert read_unsubscribe(token) == 5
    with pytest.raises(ForgedLink):
        read_preferences(token)
    with pytest.raises(ForgedLink):
        read_confirm(token, now=NOW)


def test_a_token_survives_case_folding_on_its_way(app: Flask) -> None:
    assert (
        read_unsubscribe(
            link_writer().reader_links(subscription_id=123456).unsubscribe_token.upper()
        )
        == 123456
    )


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_one_changed_or_missing_character_opens_nothing(app: Flask, data: Any) -> None:
    token = sign(Purpose.UNSUBSCRIBE, 987654)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c.lower() != token[place]))
    for broken in (token[:place] + other + token[place + 1 :], token[:place], token[place + 1 :]):
        with pytest.raises(ForgedLink):
            read_unsubscribe(broken)


def test_a_link_signed_by_an_older_key_still_opens(
    app: Flask, session_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = link_writer().reader_links(subscription_id=7).unsubscribe_token
    rotated = "a-newer-key-0123456789-0123456789abc," + session_settings.secret_key
    renewed = session_settings.model_copy(update={"secret_key": rotated})
    monkeypatch.setitem(app.extensions, "settings", renewed)
    assert read_unsubscribe(token) == 7
    assert link_writer().reader_links(subscription_id=7).unsubscribe_token != token
