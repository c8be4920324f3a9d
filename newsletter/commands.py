"""Commands of `flask …`: thin doors for operators."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the commands."""
