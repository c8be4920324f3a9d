"""The page about deliverability: what was found last, and what to set."""

from collections.abc import Callable

import pytest

from newsletter.extensions import db
from newsletter.publications.models import DomainCheck
from newsletter.staff.models import StaffRole
from newsletter.web.admin import settings_domain
from tests.factories import Make
from tests.mail.scripted_dns import ScriptedDns
from tests.publications.test_domain_check import world
from tests.web.admin.conftest import Browser

PATH = "/admin/settings/domain"


def test_a_look_is_kept_and_shown_with_records_to_copy(
    make: Make, staff_room: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    make.publication(from_email="paper@example.net")
    owner = staff_room(StaffRole.OWNER)
    assert "never" in owner.get(PATH).text
    dns = ScriptedDns({("example.net", "TXT"): ["v=spf1 ip4:<b>x</b> -all"]})
    monkeypatch.setattr(settings_domain, "real_world", lambda: world(dns))
    assert owner.post(PATH).location == PATH
    page = owner.get(PATH).text
    assert "v=DMARC1; p=none" in page
    assert 'data-copy="dmarc-1-value"' in page
    assert "could not be looked up" in page
    assert "<b>x" not in page
    assert db.session.query(DomainCheck).count() == 1


def test_only_owners_look(make: Make, staff_room: Callable[..., Browser]) -> None:
    make.publication()
    assert staff_room(StaffRole.EDITOR).get(PATH).status_code == 403
