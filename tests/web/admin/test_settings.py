"""The settings' pages."""

import html
import re

import pytest

from newsletter.mail.dkim_record import Algorithm
from newsletter.publications.models import DatePolicy, Publication
from newsletter.staff.accounts import staff_of_password
from newsletter.staff.models import Staff, StaffRole
from tests.factories import Make, reload
from tests.publications.dkim_keys import active_key
from tests.web.admin.conftest import PASSWORD, Browser, make_staff
from tests.web.admin.steps import words

PATH = "/admin/settings"


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(name="The Harbour", slug="harbour", accent="#0B3D6B")


def form_values(page: str) -> dict[str, str]:
    """Return the plain fields of the publication's form as they stand in the page."""
    tags = re.findall(r'<input class="form-control[^>]*>', page)
    pairs = [(re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in tags]
    return {name[1]: value[1] for name, value in pairs if name and value}


def columns_of(paper: Publication) -> dict[str, object]:
    return {column.name: getattr(paper, column.name) for column in paper.__table__.columns}


def test_the_form_as_shown_changes_nothing_when_it_is_saved(
    owner: Browser, paper: Publication
) -> None:
    before = columns_of(paper)
    values = form_values(owner.get(PATH).text)
    assert values["send_at"] == "08:00"
    assert owner.post(PATH, values).status_code == 302
    assert "Nothing was changed." in owner.get(PATH).text
    stored = reload(paper)
    assert before == {
        column.name: getattr(stored, column.name) for column in stored.__table__.columns
    }


def test_a_new_name_is_saved_and_recorded(owner: Browser, paper: Publication) -> None:
    owner.post(PATH, {"name": "The Quay"})
    assert reload(paper).name == "The Quay"
    assert "publication changed" in owner.get("/admin/settings/staff").text


def test_a_problem_stands_at_its_field_and_keeps_what_was_typed(
    owner: Browser, paper: Publication
) -> None:
    answer = owner.post(PATH, {"name": "The Quay", "send_at": "25:00"})
    assert answer.status_code == 400
    assert 'aria-describedby="problem-send_at' in answer.text
    assert 'value="25:00"' in answer.text
    assert 'value="The Quay"' in answer.text
    assert reload(paper).name == "The Harbour"


def test_fields_that_are_no_setting_are_ignored(owner: Browser, paper: Publication) -> None:
    owner.post(PATH, {"slug": "stolen", "last_position": "0", "id": "99", "name": "The Quay"})
    stored = reload(paper)
    assert (stored.slug, stored.name) == ("harbour", "The Quay")


def test_a_pale_accent_is_told_to_be_too_pale(owner: Browser, paper: Publication) -> None:
    owner.post(PATH, {"accent": "#FFE680"})
    assert "too little for text" in owner.get(PATH).text


def test_languages_and_the_welcome_are_set(owner: Browser, paper: Publication) -> None:
    owner.post(PATH, {"languages": "uk", "welcome": "off"})
    stored = reload(paper)
    assert (stored.offered_languages, stored.welcome) == (["en", "uk"], False)


def test_a_language_without_words_is_not_offered(owner: Browser, paper: Publication) -> None:
    answer = owner.post(PATH, {"languages": "uk, tlh"})
    assert answer.status_code == 400
    assert "There are no words in the language" in answer.text
    assert reload(paper).languages == ""


def test_the_box_for_other_sites_speaks_the_publications_language(
    owner: Browser, paper: Publication
) -> None:
    owner.post(PATH, {"language": "uk"})
    page = html.unescape(owner.get(f"{PATH}/box").text)
    assert "Підписатися на «The Harbour»" in page
    assert '<input type="hidden" name="lang" value="uk">' in page


def test_a_topic_is_renamed_and_offered(owner: Browser, make: Make, paper: Publication) -> None:
    topic = make.topic(publication=paper, name="Europe", offered=False)
    owner.post(f"{PATH}/topics/{topic.id}", {"name": "The Continent", "offered": "on"})
    stored = reload(topic)
    assert (stored.name, stored.offered) == ("The Continent", True)


def test_a_topic_without_a_name_is_refused_at_its_field(
    owner: Browser, make: Make, paper: Publication
) -> None:
    topic = make.topic(publication=paper)
    answer = owner.post(f"{PATH}/topics/{topic.id}", {"name": " "})
    assert answer.status_code == 400
    assert f'id="topic-{topic.id}-problem"' in answer.text


def test_a_topic_of_another_publication_does_not_exist_here(owner: Browser, make: Make) -> None:
    foreign = make.topic(publication=make.publication(slug="other"))
    assert owner.post(f"{PATH}/topics/{foreign.id}", {"name": "Mine"}).status_code == 404


def test_an_invitation_is_shown_once_and_creates_its_account(owner: Browser) -> None:
    answer = owner.post(f"{PATH}/staff/invite", {"role": "viewer"})
    link = re.search(r"http://localhost(/admin/welcome/\w+)", answer.text)
    assert link is not None
    assert link[1] not in owner.get(f"{PATH}/staff").text
    guest = Browser(owner.client.application)
    guest.get(link[1])
    guest.post(link[1], {"email": "cy@example.org", "name": "Cy", "password": PASSWORD})
    member = staff_of_password(email="cy@example.org", password=PASSWORD)
    assert member is not None
    assert member.role is StaffRole.VIEWER


def test_a_withdrawn_invitation_opens_nothing(owner: Browser) -> None:
    answer = owner.post(f"{PATH}/staff/invite", {"role": "editor"})
    link = re.search(r"http://localhost(/admin/welcome/\w+)", answer.text)
    withdraw = re.search(r"/admin/settings/staff/invitations/\d+/withdraw", answer.text)
    assert link is not None
    assert withdraw is not None
    owner.post(withdraw[0])
    assert owner.get(link[1]).status_code == 410


def test_a_role_that_does_not_exist_is_refused(owner: Browser) -> None:
    assert owner.post(f"{PATH}/staff/invite", {"role": "root"}).status_code == 400


def test_an_account_is_closed_and_opened_again(owner: Browser) -> None:
    editor = make_staff(StaffRole.EDITOR)
    owner.post(f"{PATH}/staff/{editor.id}/deactivate")
    assert reload(editor).active is False
    owner.post(f"{PATH}/staff/{editor.id}/reactivate")
    assert reload(editor).active is True


def test_the_only_owner_cannot_close_herself(owner: Browser) -> None:
    owner.post(f"{PATH}/staff/{owner.member.id}/deactivate")
    assert "This is the only owner." in owner.get(f"{PATH}/staff").text
    assert reload(owner.member).active is True


def test_a_role_is_changed(owner: Browser) -> None:
    editor: Staff = make_staff(StaffRole.EDITOR)
    owner.post(f"{PATH}/staff/{editor.id}/role", {"role": "viewer"})
    assert reload(editor).role is StaffRole.VIEWER


def test_the_rules_for_odd_dates_are_saved(owner: Browser, paper: Publication) -> None:
    page = owner.get(PATH).text
    assert "Articles with odd dates" in page
    owner.post(PATH, {"late_articles": "ignore", "future_articles": "include"})
    stored = reload(paper)
    assert (stored.late_articles, stored.back_dated_articles, stored.future_articles) == (
        DatePolicy.IGNORE,
        DatePolicy.HOLD,
        DatePolicy.INCLUDE,
    )


def test_a_rule_that_does_not_exist_is_refused(owner: Browser, paper: Publication) -> None:
    answer = owner.post(PATH, {"late_articles": "sometimes"})
    assert answer.status_code == 400
    assert "Choose include, hold or ignore." in answer.text
    assert reload(paper).late_articles is DatePolicy.INCLUDE


def test_another_domain_of_the_sender_than_that_of_its_keys_is_warned_of(
    owner: Browser, paper: Publication
) -> None:
    active_key(paper)
    values = form_values(owner.get(PATH).text)
    owner.post(PATH, values | {"from_email": "desk@example.org"})
    assert "DKIM" not in words(owner.get(PATH).text).replace("(SPF, DKIM)", "")
    owner.post(PATH, values | {"from_email": "desk@news.example.net"})
    page = words(owner.get(PATH).text)
    warning = "Mail from news.example.net goes out without a DKIM signature"
    assert page.count(warning) == 2  # once for the change, and beside the address from now on
    assert "flask dkim create harbour" in page
    assert words(owner.get(PATH).text).count(warning) == 1


def test_keys_of_a_former_domain_beside_those_that_sign_are_named(
    owner: Browser, paper: Publication
) -> None:
    active_key(paper)
    values = form_values(owner.get(PATH).text)
    owner.post(PATH, values | {"from_email": "desk@example.net"})
    active_key(paper, algorithm=Algorithm.RSA)
    page = words(owner.get(PATH).text)
    assert "of example.org is still active and signs nothing any more." in page
    assert "without a DKIM signature" not in page.split("Sender", 1)[1]
