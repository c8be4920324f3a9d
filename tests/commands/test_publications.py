"""flask publications …"""

import json
from datetime import time
from pathlib import Path

import pytest

from newsletter import create_app
from newsletter.commands.feeds import feeds
from newsletter.commands.publications import publications
from newsletter.config import Settings
from newsletter.publications.find import publication_by_slug
from newsletter.publications.models import Cadence, DatePolicy
from tests.commands.conftest import Run
from tests.factories import reload

WORDS = ("publications", "create", "iria", "--name", "IRIA News")
SITE = ("--site-url", "https://www.example.org")


def test_create_stores_a_publication_and_says_what_comes_next(run: Run) -> None:
    result = run(
        *WORDS,
        *SITE,
        *("--from", "The desk <news@example.org>", "--cadence", "daily"),
        *("--hour", "02:30", "--timezone", "Europe/Berlin"),
    )
    assert result.exit_code == 0, result.output
    assert "flask feeds add iria URL" in result.stdout
    found = publication_by_slug("iria")
    assert found is not None
    assert (found.from_name, found.from_email) == ("The desk", "news@example.org")
    assert (found.default_cadence, found.send_at) == (Cadence.DAILY, time(2, 30))


def test_create_prints_json_for_scripts(run: Run) -> None:
    result = run(*WORDS, *SITE, "--from", "news@example.org", "--json")
    assert json.loads(result.stdout) == {
        "slug": "iria",
        "name": "IRIA News",
        "from": "news@example.org",
        "site_url": "https://www.example.org",
        "cadence": "weekly",
        "hour": "08:00",
        "timezone": "UTC",
        "languages": ["en"],
        "late": "include",
        "back_dated": "hold",
        "future": "hold",
    }


def test_the_rules_for_odd_dates_are_given_at_creation_and_changed_later(run: Run) -> None:
    run(*WORDS, *SITE, "--from", "news@example.org", "--late", "hold", "--future", "ignore")
    found = publication_by_slug("iria")
    assert found is not None
    assert (found.late_articles, found.back_dated_articles, found.future_articles) == (
        DatePolicy.HOLD,
        DatePolicy.HOLD,
        DatePolicy.IGNORE,
    )
    result = run("publications", "change", "iria", "--back-dated", "include")
    assert result.stdout == "IRIA News: late hold, back_dated include, future ignore.\n"
    assert reload(found).back_dated_articles is DatePolicy.INCLUDE
    result = run("publications", "change", "iria", "--draft-lead", "1:30")
    assert result.stdout.endswith("; drafts 90 minutes ahead.\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("iria",), "Nothing to change"),
        (("iria", "--late", "sometimes"), "'sometimes' is not one of"),
        (("iria", "--draft-lead", "soon"), "Give minutes from 0 to 1200"),
        (("nobody", "--late", "hold"), "nobody"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused(
    run: Run, words: tuple[str, ...], sentence: str
) -> None:
    run(*WORDS, *SITE, "--from", "news@example.org")
    result = run("publications", "change", *words)
    assert result.exit_code != 0
    assert sentence in result.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--from", "nobody"), "name@domain"),
        (("--from", "news@example.org", "--hour", "25"), "expected 0 to 23"),
        (("--from", "news@example.org", "--timezone", "Berlin"), "Europe/Berlin"),
    ],
)
def test_a_refusal_is_one_sentence_and_an_exit_code(
    run: Run, words: tuple[str, ...], sentence: str
) -> None:
    result = run(*WORDS, *SITE, *words)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert sentence in result.stderr
    assert publication_by_slug("iria") is None


def test_list_shows_every_publication(run: Run) -> None:
    assert "no publication yet" in run("publications", "list").stdout
    run(*WORDS, *SITE, "--from", "news@example.org")
    assert "IRIA News" in run("publications", "list").stdout
    (row,) = json.loads(run("publications", "list", "--json").stdout)
    assert row["slug"] == "iria"


def test_every_command_explains_itself(run: Run) -> None:
    for group in (publications, feeds):
        for name in group.commands:
            result = run(group.name, name, "--help")
            assert result.exit_code == 0
            assert "--json" in result.stdout


def test_a_database_that_is_not_prepared_is_named_with_the_way_to_mend_it(
    session_settings: Settings, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/empty.sqlite3"
    empty = create_app(session_settings.model_copy(update={"database_url": url}), pages=False)
    result = empty.test_cli_runner().invoke(args=["publications", "list"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "flask db upgrade" in result.stderr
