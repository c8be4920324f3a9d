"""The doctor says of each sending domain what receivers miss."""

import pytest
from flask import Flask

from newsletter.commands.doctor_domain import domain_findings
from newsletter.commands.findings import Level
from newsletter.config import settings
from tests.factories import Make
from tests.mail.scripted_dns import ScriptedDns
from tests.publications.test_domain_check import world


def test_a_bare_domain_is_told_every_record_it_lacks(
    app: Flask, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.publication(from_email="paper@example.net")
    make.publication(from_email="other@example.net")
    assert list(domain_findings(world=world(ScriptedDns()))) == []
    changed = settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    monkeypatch.setitem(app.extensions, "settings", changed)
    found = {one.part: one for one in domain_findings(world=world(ScriptedDns()))}
    assert set(found) == {"spf", "dkim", "dmarc", "reverse", "return-path", "one-click"}
    assert found["spf"].level is found["dkim"].level is Level.WARN
    assert "does not sign" in found["dkim"].found
    assert "can be told once a relay of the world is set" in found["spf"].advice
    assert "_dmarc.example.net TXT v=DMARC1; p=none" in found["dmarc"].advice
    assert found["one-click"].level is Level.FAIL
