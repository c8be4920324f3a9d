"""The outbox folder: written whole, listed fast, read safely."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.mail.mailer import Accepted, OutboxMailer, OutgoingMail, RelayUnavailable
from newsletter.mail.markers import Markers, Placeholder
from newsletter.mail.message import compile_message
from newsletter.mail.outbox import NoSuchMail, forget_mails, list_mails, read_mail

NOW = datetime(2026, 11, 23, 6, 30, 0, 123456, tzinfo=UTC)
MARKERS = Markers("0123456789abcdef")


def content(subject="Grüße", html="<p>Guten Tag</p>\n"):
    message = compile_message(
        headers=[
            ("From", "News <news@example.org>"),
            ("To", MARKERS.marker(Placeholder.ADDRESS)),
            ("Subject", subject),
        ],
        text="Guten Tag, schöne Grüße\n",
        html=html,
        markers=MARKERS,
    )
    return message.stamp({Placeholder.ADDRESS: "reader@example.com"})


def write(folder, *subjects, now=NOW):
    times = iter(now + timedelta(seconds=number) for number in range(len(subjects)))
    mailer = OutboxMailer(folder, clock=lambda: next(times))
    mails = [
        OutgoingMail(str(n), "bounces@example.org", "reader@example.com", content(subject))
        for n, subject in enumerate(subjects)
    ]
    return [outcome for group in mailer.send(mails) for outcome in group]


def test_a_mail_becomes_a_file_with_exactly_its_octets(tmp_path):
    folder = tmp_path / "outbox"
    [outcome] = write(folder, "One")
    [path] = folder.glob("*.eml")
    assert path.name.startswith("20261123T063000123456Z-")
    assert path.read_bytes() == content("One")
    assert outcome == Accepted("0", f"250 2.0.0 written to {path.name}")
    assert sorted(os.listdir(folder)) == sorted([path.name, path.stem + ".json"])


def test_the_list_is_newest_first_and_no_longer_than_asked(tmp_path):
    write(tmp_path, "One", "Zwei für Leser", "Three")
    mails = list_mails(tmp_path, 2)
    assert [mail.subject for mail in mails] == ["Three", "Zwei für Leser"]
    assert mails[0].date == NOW + timedelta(seconds=2)
    assert (mails[0].from_, mails[0].to) == ("News <news@example.org>", "reader@example.com")
    assert mails[0].size == len(content("Three"))


def test_mails_of_the_same_moment_keep_their_order(tmp_path):
    mailer = OutboxMailer(tmp_path, clock=lambda: NOW)
    list(mailer.send(OutgoingMail(str(n), "", "a@example.com", content(str(n))) for n in range(5)))
    assert [mail.subject for mail in list_mails(tmp_path, 9)] == ["4", "3", "2", "1", "0"]


def test_a_mail_is_read_with_envelope_headers_and_both_bodies(tmp_path):
    write(tmp_path, "Grüße")
    [listed] = list_mails(tmp_path, 1)
    mail = read_mail(tmp_path, listed.name)
    assert mail.envelope_sender == "bounces@example.org"
    assert mail.envelope_recipient == "reader@example.com"
    assert ("Subject", "Grüße") in mail.headers
    assert mail.text == "Guten Tag, schöne Grüße\r\n"
    assert mail.html == "<p>Guten Tag</p>\r\n"
    assert mail.size == len(content("Grüße"))
    assert mail.date == NOW


def test_a_mail_of_text_alone_has_no_html(tmp_path):
    mail = OutgoingMail("1", "", "a@example.com", content(html=None))
    list(OutboxMailer(tmp_path).send([mail]))
    assert read_mail(tmp_path, list_mails(tmp_path, 1)[0].name).html is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../secret.eml",
        "/etc/passwd",
        "a.eml",
        "20261123T063000123456Z-000000-0123abcd.eml",
        "x\0.eml",
    ],
)
def test_a_name_that_is_not_in_the_outbox_is_no_mail(tmp_path, name):
    (tmp_path / "secret.eml").write_text("secret")
    folder = tmp_path / "outbox"
    write(folder, "One")
    with pytest.raises(NoSuchMail):
        read_mail(folder, name)


def test_a_link_out_of_the_folder_is_no_mail(tmp_path):
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "outbox"
    folder.mkdir()
    name = "20261123T063000123456Z-000000-0123abcd.eml"
    (folder / name).symlink_to(tmp_path / "secret")
    with pytest.raises(NoSuchMail):
        read_mail(folder, name)


def test_an_outbox_that_is_not_there_yet_is_empty(tmp_path):
    assert list_mails(tmp_path / "outbox", 10) == []


def test_other_and_unfinished_files_are_not_listed(tmp_path):
    (tmp_path / "notes.eml").write_text("x")
    (tmp_path / ".20261123T063000123456Z-000000-0123abcd.eml.unfinished").write_text("x")
    assert list_mails(tmp_path, 10) == []


def test_a_folder_that_cannot_be_written_means_the_batch_waits(tmp_path):
    (tmp_path / "outbox").write_text("a file in its place")
    with pytest.raises(RelayUnavailable, match="cannot be written"):
        write(tmp_path / "outbox", "One")


def test_of_many_mails_only_the_newest_are_opened(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(content())
    folder = tmp_path / "outbox"
    folder.mkdir()
    for number in range(2_000):
        mail = folder / f"20261123T063000{number:06}Z-000000-0123abcd.eml"
        mail.symlink_to(source if number >= 1_950 else tmp_path / "cannot be opened")
    mails = list_mails(folder, 50)
    assert mails[0].name.startswith("20261123T063000001999Z")
    assert len(mails) == 50


def test_the_mails_of_an_address_are_forgotten_whole(tmp_path):
    folder = tmp_path / "outbox"
    write(folder, "One", "Two")
    other = OutgoingMail("9", "bounces@example.org", "other@example.com", content("Three"))
    list(OutboxMailer(folder).send([other]))
    (folder / "notes.txt").write_text("reader@example.com")
    assert forget_mails(folder, to={"Reader@Example.com"}) == 2
    assert [mail.subject for mail in list_mails(folder, limit=9)] == ["Three"]
    assert len(os.listdir(folder)) == 3, "a mail, its envelope, and what is not ours"
    assert forget_mails(folder, to={"reader@example.com"}) == 0
    assert forget_mails(tmp_path / "nowhere", to={"reader@example.com"}) == 0
