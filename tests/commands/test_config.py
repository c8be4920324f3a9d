"""Every setting is shown with its origin, and no secret with it."""

import json

import pytest

from newsletter.commands.config import masked
from newsletter.config import Settings
from tests.commands.conftest import Run
from tests.conftest import TEST_KEY


def test_every_setting_is_described(run: Run) -> None:
    rows = json.loads(run("config", "show", "--json").stdout)
    assert {row["name"].casefold() for row in rows} == set(Settings.model_fields)
    assert all(row["description"] and row["type"] for row in rows)


def test_the_secret_is_not_shown(run: Run) -> None:
    for words in (("config", "show"), ("config", "show", "--json")):
        result = run(*words)
        assert result.exit_code == 0
        assert TEST_KEY not in result.output


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://news:hidden@db.example.org/news",
        "postgresql+psycopg://news:hid@den@db.example.org/news",
        "postgresql+psycopg://db.example.org/news?user=news&password=hidden",
        "redis://:hidden@queue.example.org/0",
        "smtp://news:hidden@a.example.org,smtps://news:hidden@b.example.org",
    ],
)
def test_a_password_in_an_address_is_masked(url: str) -> None:
    shown = masked("database_url", url)
    assert "hid" not in shown
    assert "den" not in shown
    assert ".example.org" in shown


def test_the_origin_of_a_value_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setenv("LOG_LEVEL", "WARNING")
    rows = {row["name"]: row for row in json.loads(run("config", "show", "--json").stdout)}
    assert rows["LOG_LEVEL"]["from"] == "the environment"
    assert rows["PORT"]["from"] == "its default"
    assert (rows["PORT"]["type"], rows["PORT"]["unit"]) == ("whole number", "TCP port")
    assert rows["SQLITE_BUSY_SECONDS"]["unit"] == "seconds"
    assert rows["SECRET_KEY"]["required"] is True
