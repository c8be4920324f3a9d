"""Run commands as an operator does."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from newsletter.config import Settings
from tests.articles.conftest import server, start_server
from tests.conftest import migrated_app

__all__ = ["server", "start_server"]

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def _migrated_app(session_settings: Settings) -> Flask:
    return migrated_app(session_settings, pages=False)  # as commands are run


@pytest.fixture
def run(app: Flask) -> Run:
    """Run `flask …` and return what it printed and its exit code."""

    def invoke(*words: str) -> Result:
        return app.test_cli_runner().invoke(args=list(words))

    return invoke
