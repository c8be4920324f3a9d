"""Commands start with what they need, and no page."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from flask import Flask

from newsletter import PROJECT_DIR, commands
from tests.commands.conftest import Run


def flask(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `flask …` as an operator does, and tell on stderr what is imported."""
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "flask", "--app", "wsgi.py", *words],
        cwd=PROJECT_DIR,
        env={"SECRET_KEY": "k" * 40, "DATABASE_URL": f"sqlite:///{folder}/test.sqlite3"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_loads_neither_pages_nor_other_commands(tmp_path: Path) -> None:
    ran = flask(tmp_path, "sending", "--help")
    assert ran.returncode == 0
    assert "newsletter.mail.sending_hold" in ran.stderr
    assert "newsletter.web" not in ran.stderr
    assert "newsletter.commands.digests" not in ran.stderr


def test_what_flask_itself_shows_of_pages_is_there(tmp_path: Path) -> None:
    assert "/healthz" in flask(tmp_path, "routes").stdout


def test_all_commands_are_listed_beside_those_of_extensions(run: Run) -> None:
    listed = run("--help").output
    for name in (*commands.NAMES, "db"):
        assert f"\n  {name} " in listed


@pytest.mark.parametrize("name", commands.NAMES)
def test_each_has_the_name_it_is_called_by(app: Flask, name: str) -> None:
    found = app.cli.get_command(click.Context(app.cli), name)
    assert found is not None
    assert found.name == name


def test_a_command_that_is_none_is_refused(run: Run) -> None:
    refused = run("subscriber")
    assert refused.exit_code == 2
    assert "No such command" in refused.output
