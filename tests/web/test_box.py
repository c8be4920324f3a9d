"""What a signup box on another site is served: a small script, colours, answers it may read."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from newsletter.config import Settings, UnusableSetting, load_settings
from newsletter.mail.palette import READABLE, contrast
from newsletter.web.box_look import BoxLook, colours_of
from newsletter.web.forms import TRAP_FIELD
from tests.conftest import TEST_KEY
from tests.factories import Make

PLAIN = {"Accept": "application/json", "Origin": "https://blog.example.org"}


def test_the_script_is_small_asks_no_other_host_and_needs_no_inline_style(
    client: FlaskClient,
) -> None:
    answer = client.get("/embed/box.js")
    assert answer.mimetype == "text/javascript"
    assert len(answer.data) < 5000
    assert b"http" not in answer.data
    assert b"cookie" not in answer.data.replace(b"No cookie", b"")
    assert b'setAttribute("style"' not in answer.data
    assert b"innerHTML" not in answer.data


def test_browsers_ask_for_the_script_again_within_the_day_and_get_it_once(
    client: FlaskClient,
) -> None:
    answer = client.get("/embed/box.js")
    assert answer.cache_control.max_age == 6 * 3600
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = client.get("/embed/box.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_any_page_may_read_the_answer_to_a_signup_but_with_no_cookie(
    client: FlaskClient, make: Make
) -> None:
    make.publication()
    for email, status in {"reader@example.org": 200, "reader": 400}.items():
        answer = client.post("/subscribe", data={"email": email}, headers=PLAIN)
        assert answer.status_code == status
        assert answer.is_json
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers


def test_a_page_that_posts_json_is_told_that_it_may(client: FlaskClient, make: Make) -> None:
    make.publication()
    asked = client.options(
        "/subscribe", headers={**PLAIN, "Access-Control-Request-Method": "POST"}
    ).headers
    assert asked["Access-Control-Allow-Origin"] == "*"
    assert asked["Access-Control-Allow-Methods"] == "POST"
    assert asked["Access-Control-Allow-Headers"] == "Content-Type"


@pytest.mark.parametrize("path", ["/", "/archive/", "/preferences/forged", "/admin/sign-in"])
def test_no_other_answer_may_be_read_by_a_foreign_page(
    client: FlaskClient, make: Make, path: str
) -> None:
    make.publication()
    assert "Access-Control-Allow-Origin" not in client.get(path, headers=PLAIN).headers


def test_the_framed_box_asks_for_what_its_address_names_and_keeps_its_colours(
    client: FlaskClient, make: Make
) -> None:
    publication = make.publication()
    make.topic(publication=publication, name="Europe")
    asked = "paper=101418&accent=7AA7D2&cadence=1&topics=1"
    page = client.get(f"/embed/{publication.slug}?{asked}").text
    assert 'name="cadence"' in page
    assert 'name="topics"' in page
    assert "/embed/colours.css?paper=101418&amp;accent=7AA7D2" in page
    plain = client.get(f"/embed/{publication.slug}").text
    assert 'name="cadence"' not in plain
    assert "colours.css" not in plain
    for email in ("reader", "reader@example.org"):
        answer = client.post(f"/subscribe?{asked}", data={"email": email, "frame": "1"})
        assert "/embed/colours.css?paper=101418" in answer.text
    assert "Check your inbox" in answer.text


def test_what_is_asked_in_a_frame_looks_like_it_and_tells_its_height(
    client: FlaskClient, make: Make
) -> None:
    make.publication()
    asked = {"paper": "101418", "accent": "7AA7D2", "topics": "1"}
    questions = ({"email": "ann@gmai.com"}, {"email": "ann@example.org", TRAP_FIELD: "x"})
    for fields in questions:
        answer = client.post("/subscribe", query_string=asked, data={"frame": "1", **fields})
        assert answer.status_code in (403, 422)
        assert "/embed/colours.css?paper=101418" in answer.text
        assert "js/box-frame.js" in answer.text
        leads = re.findall(r'(?:action|href)="(/(?:subscribe|embed/pub)[^"]*)"', answer.text)
        assert leads
        assert all(link.endswith("paper=101418&amp;accent=7AA7D2&amp;topics=1") for link in leads)
        assert '<main id="main" class="page notice" aria-label="Subscribe to' in answer.text
        alone = client.post("/subscribe", data=fields).text
        assert "js/box-frame.js" not in alone
        assert 'action="/subscribe"' in alone


@pytest.mark.parametrize("colour", ["red", "fff", "101418;}*{", "%23101418", "101418&paper=101418"])
def test_what_is_no_colour_is_refused(client: FlaskClient, make: Make, colour: str) -> None:
    publication = make.publication()
    for path in (f"/embed/{publication.slug}", "/embed/colours.css"):
        assert client.get(f"{path}?paper={colour}").status_code == 400


@pytest.mark.parametrize("paper", ["", "FFFFFF", "101418", "7F7F7F", "FFE600"])
def test_every_text_of_the_box_can_be_read_on_the_ground_it_is_given(paper: str) -> None:
    colours = colours_of(BoxLook(paper=paper, ink="808080", accent="7A7A7A"))
    for text in (colours.ink, colours.quiet, colours.accent, colours.error):
        assert contrast(text, colours.paper) >= READABLE
    assert contrast(colours.on_accent, colours.accent) >= READABLE
    assert colours.scheme == ("dark" if paper == "101418" else "light")


def test_the_operator_says_which_sites_may_frame_the_box(
    app: Flask, client: FlaskClient, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = make.publication()
    for sites, ancestors in {
        "*": "frame-ancestors *",
        "https://www.example.org": "frame-ancestors 'self' https://www.example.org",
        "": "frame-ancestors 'self'",
    }.items():
        kept = Settings(_env_file=None, secret_key=TEST_KEY, box_sites=sites)
        monkeypatch.setitem(app.extensions, "settings", kept)
        policy = client.get(f"/embed/{publication.slug}").headers["Content-Security-Policy"]
        assert ancestors in policy.split("; ")


@pytest.mark.parametrize("sites", ["example.org", "https://a.example/;x", "'none'", "data:"])
def test_what_is_no_site_stops_the_start(sites: str) -> None:
    with pytest.raises(UnusableSetting, match="BOX_SITES"):
        load_settings(secret_key=TEST_KEY, box_sites=sites)


def test_the_script_asks_the_signup_page_wherever_an_answer_is_new_to_it() -> None:
    """The journey presses the buttons; this keeps the one way out from being lost in it."""
    script = Path("static/js/box.js").read_text(encoding="utf-8")
    assert "HTMLFormElement.prototype.submit.call(form)" in script
