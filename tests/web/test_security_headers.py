"""Every answer tells the browser how little it may do."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from newsletter.config import Settings
from tests.factories import Make


@pytest.mark.parametrize("path", ["/", "/archive/", "/nothing", "/confirm/forged"])
def test_pages_allow_no_foreign_script_style_or_frame(
    client: FlaskClient, make: Make, path: str
) -> None:
    make.publication()
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/archive/", "/nothing", "/dev/outbox"])
def test_pages_hold_nothing_their_own_policy_forbids(
    client: FlaskClient, make: Make, path: str
) -> None:
    make.publication()
    page = client.get(path).text
    assert not re.search(r"\s(style|on\w+)=", page)
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)", page)
    assert not re.search(r'(src|<link[^>]*stylesheet[^>]*href)="(https?:)?//', page)


def test_strict_transport_is_asked_for_where_the_address_is_secure(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Strict-Transport-Security" not in client.get("/").headers
    secure = Settings(_env_file=None, secret_key="k" * 40, base_url="https://news.example.org")
    monkeypatch.setitem(app.extensions, "settings", secure)
    assert "max-age" in client.get("/").headers["Strict-Transport-Security"]


def test_links_carry_the_configured_address_whatever_host_was_claimed(
    client: FlaskClient, make: Make
) -> None:
    make.publication()
    page = client.get("/", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in page.text
    feed = client.get("/archive.atom", headers={"Host": "evil.example"})
    assert "evil.example" not in feed.text


def test_style_sheets_are_kept_until_their_content_changes(client: FlaskClient, make: Make) -> None:
    make.publication()
    address = re.search(r'href="(/static/css/site\.css\?v=[0-9a-f]{12})"', client.get("/").text)
    assert address
    sheet = client.get(address[1])
    assert sheet.status_code == 200
    assert "immutable" in sheet.headers["Cache-Control"]


def test_a_reader_page_is_light(client: FlaskClient, make: Make) -> None:
    publication = make.publication()
    paths = ["/", f"/theme/{publication.slug}.css", "/static/css/site.css", "/static/js/site.js"]
    assert sum(len(client.get(path).data) for path in paths) < 50_000
