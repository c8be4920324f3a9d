"""Run commands as an operator does."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from tests.articles.conftest import server, start_server

__all__ = ["server", "start_server"]

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run `flask …` and return what it printed and its exit code."""

    def invoke(*words: str) -> Result:
        return app.test_cli_runner().invoke(args=list(words))

    return invoke
