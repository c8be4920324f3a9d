"""Operators examine digests by command, and go past what is found only if they say so."""

import json

import pytest

from newsletter.articles.link_checks import resolve_links
from newsletter.clock import utc_now
from newsletter.deliveries.publish_digest import publish_digest
from newsletter.digests.models import DigestState
from newsletter.publications.models import Publication
from tests.articles.conftest import LocalServer
from tests.commands.conftest import Run
from tests.commands.test_digests import compose, publication, state
from tests.factories import Make

__all__ = ["publication"]  # the fixture


@pytest.fixture
def gone(make: Make, publication: Publication, server: LocalServer) -> str:
    """The link of an article whose page is gone."""
    url = server.says("/gone", status=404)
    make.article(publication=publication, title="Rails", link=url, found_at=utc_now())
    resolve_links([url], clock=utc_now, seconds=10)
    return url


def test_findings_are_told_and_the_exit_code_says_whether_they_block(
    run: Run, publication: Publication
) -> None:
    told = run("digests", "preflight", str(compose(run)))
    assert told.exit_code == 0, told.output
    assert "warning: The publisher's postal address is missing" in told.stdout
    assert "1 of 1 variants looked at; 0 of 1 findings block." in told.stdout


def test_an_error_ends_with_one(run: Run, gone: str) -> None:
    number = compose(run)
    told = run("digests", "preflight", str(number), "--json")
    assert told.exit_code == 1
    facts = json.loads(told.stdout)
    (error,) = [one for one in facts["findings"] if one["blocks"]]
    assert (error["key"], error["level"], error["mend"]) == (
        f"link-gone {gone}",
        "error",
        "article",
    )
    assert (facts["examined"], facts["variants"]) == (1, 1)
    assert "error: The link" in run("digests", "preflight", str(number)).stdout


def test_what_is_stored_is_examined_as_it_is(run: Run, publication: Publication) -> None:
    number = compose(run)
    run("digests", "send", str(number))
    publish_digest(digest_id=number, now=utc_now())
    told = json.loads(run("digests", "preflight", str(number), "--json").stdout)
    assert (told["examined"], told["variants"]) == (1, 1)
    assert "no-postal-address" in [one["key"] for one in told["findings"]]


def test_a_digest_with_errors_is_sent_only_when_the_operator_says_anyway(
    run: Run, gone: str
) -> None:
    number = compose(run)
    refused = run("digests", "send", str(number))
    assert refused.exit_code == 1
    assert "the page is gone" in refused.stderr
    assert state(number) is DigestState.DRAFT
    assert run("digests", "send", str(number), "--anyway").exit_code == 0
    publish_digest(digest_id=number, now=utc_now())
    assert state(number) is DigestState.SENDING


def test_nobody_examines_what_is_not_there(run: Run) -> None:
    assert "There is no digest 7." in run("digests", "preflight", "7").stderr
