"""The doctor looks at the ways by which bounces come."""

import pytest
from flask import Flask

from newsletter.clock import utc_now
from newsletter.commands.doctor_bounces import bounce_findings
from newsletter.commands.findings import Finding, Level
from newsletter.feedback.receive import receive_mail
from newsletter.unit_of_work import unit_of_work
from tests.feedback.imap_server import Store
from tests.feedback.imap_server import store as store
from tests.mail.bounce_samples import dsn


def found(app: Flask, patch: pytest.MonkeyPatch, **settings: str) -> list[Finding]:
    values = {"smtp_url": "smtp://127.0.0.1"} | settings
    patch.setitem(app.extensions, "settings", app.extensions["settings"].model_copy(update=values))
    return list(bounce_findings(now=utc_now()))


def test_that_nothing_tells_of_bounces_is_found(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    (finding,) = found(app, monkeypatch)
    assert (finding.level, "BOUNCE_DOMAIN" in finding.advice) == (Level.WARN, True)
    assert found(app, monkeypatch, smtp_url="") == [], "no mail leaves this machine"


def test_a_way_that_never_brought_anything_is_found_and_one_that_did_is_fine(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"bounce_domain": "bounces.example.org", "resend_webhook_secret": "whsec_x"}
    assert [one.level for one in found(app, monkeypatch, **settings)] == [Level.WARN] * 2
    with unit_of_work():
        receive_mail(octets=dsn(), now=utc_now())
    mail, resend = found(app, monkeypatch, **settings)
    assert (mail.level, mail.found) == (Level.OK, "By mail the last report came today.")
    assert (resend.level, "resend" in resend.found) == (Level.WARN, True)


def test_the_mailbox_is_entered_and_left_as_it_is(
    app: Flask, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    store.add(dsn())
    settings = {"bounce_domain": "bounces.example.org", "bounce_imap_url": store.url}
    assert found(app, monkeypatch, **settings)[0].found == "The mailbox opens; 1 mail waits in it."
    assert len(store.folders["INBOX"]) == 1
    assert found(app, monkeypatch, **settings | {"bounce_domain": ""})[0].level is Level.WARN
    settings["bounce_imap_url"] = "imap://a:b@127.0.0.1:1/INBOX"
    assert found(app, monkeypatch, **settings)[0].level is Level.FAIL
