"""flask dkim …"""

import json
import re

import pytest

from newsletter.mail import dkim_dns
from newsletter.mail.dkim_record import Algorithm
from newsletter.publications.models import DkimKeyState, Publication
from newsletter.staff.audit import latest_events
from newsletter.unit_of_work import unit_of_work
from tests.commands.conftest import Run
from tests.factories import Make, reload
from tests.mail.dns_server import NameServer
from tests.mail.dns_server import server as server
from tests.publications.dkim_keys import active_key


@pytest.fixture
def paper(make: Make) -> Publication:
    return make.publication(slug="paper", name="The Paper", from_email="paper@example.net")


def states(publication: Publication) -> list[DkimKeyState]:
    return [key.state for key in reload(publication).dkim_keys]


def test_create_prints_the_record_as_dns_takes_it(run: Run, paper: Publication) -> None:
    result = run("dkim", "create", "paper", "--selector", "s1")
    assert result.exit_code == 0, result.output
    line, _, _, name, value, after = result.stdout.splitlines()
    assert line.startswith('s1._domainkey.example.net. IN TXT ( "v=DKIM1; k=rsa; p=')
    strings = re.findall('"([^"]*)"', line)
    assert len(strings) == 2
    assert max(map(len, strings)) <= 255
    assert name.strip() == "s1._domainkey.example.net"
    assert value.strip() == "".join(strings)
    assert after == "Once DNS has it: flask dkim activate paper s1"
    assert states(paper) == [DkimKeyState.WAITING]
    assert (latest_events()[0].action, latest_events()[0].detail) == ("dkim_key_created", "s1")


def test_create_shows_no_private_key(run: Run, paper: Publication) -> None:
    printed = run("dkim", "create", "paper").stdout + run("dkim", "list", "--json").stdout
    (key,) = reload(paper).dkim_keys
    assert key.private_key not in printed
    assert "PRIVATE" not in printed
    assert "private" not in printed


def test_create_makes_ed25519_keys_too(run: Run, paper: Publication) -> None:
    assert "k=ed25519; p=" in run("dkim", "create", "paper", "--algorithm", "ed25519").stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("create", "nothing"), "There is no publication called nothing."),
        (("activate", "paper", "s9"), "The Paper has no DKIM key s9."),
        (("retire", "paper", "s9"), "The Paper has no DKIM key s9."),
    ],
)
def test_what_is_not_there_is_named(
    run: Run, paper: Publication, words: tuple[str, ...], sentence: str
) -> None:
    result = run("dkim", *words)
    assert (result.exit_code, result.stderr) == (1, f"Error: {sentence}\n")


def test_activate_asks_dns_first(run: Run, paper: Publication, server: NameServer) -> None:
    line = run("dkim", "create", "paper", "--selector", "s1").stdout.splitlines()[0]
    refused = run("dkim", "activate", "paper", "s1")
    assert refused.exit_code == 1
    assert "DNS has no DKIM key at s1._domainkey.example.net." in refused.stderr
    assert states(paper) == [DkimKeyState.WAITING]
    server.zone["s1._domainkey.example.net"] = [re.findall('"([^"]*)"', line)]
    result = run("dkim", "activate", "paper", "s1")
    assert result.stdout == "Mail of paper is signed with s1 from now on.\n"
    assert states(paper) == [DkimKeyState.ACTIVE]
    assert latest_events()[0].action == "dkim_key_activated"


def test_activate_refuses_while_dns_does_not_answer(
    run: Run, paper: Publication, server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dkim_dns, "LIFETIME", 1.0)
    server.broken = True
    run("dkim", "create", "paper", "--selector", "s1")
    refused = run("dkim", "activate", "paper", "s1")
    assert refused.exit_code == 1
    assert "DNS does not answer" in refused.stderr
    assert states(paper) == [DkimKeyState.WAITING]


def test_activate_can_do_without_dns(run: Run, paper: Publication) -> None:
    run("dkim", "create", "paper", "--selector", "s1")
    assert run("dkim", "activate", "paper", "s1", "--without-dns").exit_code == 0
    assert states(paper) == [DkimKeyState.ACTIVE]


def test_activate_says_which_key_it_replaced(run: Run, paper: Publication) -> None:
    first = active_key(paper).selector
    run("dkim", "create", "paper", "--selector", "s2", "--algorithm", "ed25519")
    result = run("dkim", "activate", "paper", "s2", "--without-dns")
    assert f"{first} is retired." in result.stdout
    assert states(paper) == [DkimKeyState.RETIRED, DkimKeyState.ACTIVE]


def test_activate_refuses_a_key_that_does_not_align(run: Run, paper: Publication) -> None:
    run("dkim", "create", "paper", "--selector", "s1")
    with unit_of_work() as session:
        session.get_one(Publication, paper.id).from_email = "paper@example.com"
    refused = run("dkim", "activate", "paper", "s1", "--without-dns")
    assert refused.exit_code == 1
    assert "is for example.net, but The Paper sends from example.com" in refused.stderr
    assert "waiting, other domain" in run("dkim", "list").stdout


def test_retire_ends_a_key_for_good(run: Run, paper: Publication) -> None:
    selector = active_key(paper).selector
    result = run("dkim", "retire", "paper", selector)
    assert result.stdout.startswith(f"{selector} is retired. Leave its record in DNS for a week")
    assert "Mail of paper leaves unsigned now." in result.stdout
    assert states(paper) == [DkimKeyState.RETIRED]
    assert latest_events()[0].action == "dkim_key_retired"
    again = run("dkim", "activate", "paper", selector, "--without-dns")
    assert again.stderr == f"Error: The key {selector} was retired; create a new one.\n"


def test_retiring_one_of_two_leaves_mail_signed(run: Run, paper: Publication) -> None:
    active_key(paper, Algorithm.RSA)
    selector = active_key(paper).selector
    assert "unsigned" not in run("dkim", "retire", "paper", selector).stdout


def test_list_says_how_the_keys_stand(run: Run, paper: Publication) -> None:
    assert "There is no key" in run("dkim", "list").stdout
    selector = active_key(paper).selector
    head, row = run("dkim", "list").stdout.splitlines()
    assert head.split() == ["Publication", "Selector", "Domain", "Algorithm", "State", "Created"]
    assert row.split()[:5] == ["paper", selector, "example.net", "ed25519", "active"]
    (found,) = json.loads(run("dkim", "list", "--json").stdout)
    assert found["record"].startswith("v=DKIM1; k=ed25519; p=")
