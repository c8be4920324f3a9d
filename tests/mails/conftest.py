"""One mail of each kind, made once for all judges."""

import os

import pytest
from flask import Flask

import tests.mails.newer_kinds  # noqa: F401 – puts its kinds among the others
from newsletter.extensions import redis
from tests.conftest import _empty_database
from tests.factories import Make
from tests.mails.kinds import KINDS, Mail
from tests.mails.scene import Scene, public_settings
from tests.publications.dkim_keys import records


@pytest.fixture(scope="session")
def judged_mails(_migrated_app: Flask) -> tuple[dict[str, Mail], dict[str, dict[str, str]]]:
    """Every kind of mail by its name, with the DNS records of the keys that signed it."""
    found, known = {}, {}
    with _migrated_app.app_context(), public_settings(_migrated_app):
        redis.flushdb()
        for name, make_mail in KINDS.items():
            found[name] = Mail(name, make_mail(Scene(Make())).content)
            known[name] = records()
            _empty_database()
    return found, known


@pytest.fixture(scope="session")
def mails(judged_mails: tuple[dict[str, Mail], dict[str, dict[str, str]]]) -> dict[str, Mail]:
    """Every kind of mail by its name."""
    return judged_mails[0]


@pytest.fixture(scope="session")
def dkim_records(
    judged_mails: tuple[dict[str, Mail], dict[str, dict[str, str]]],
) -> dict[str, dict[str, str]]:
    """What DNS would say of the keys that signed each mail."""
    return judged_mails[1]


def need(program: str | None, package: str) -> str:
    """Return the program; skip without it, but never in CI."""
    if program is None:
        reason = f"not installed: {package}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return program
