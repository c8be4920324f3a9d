"""A reader who did all that a reader can do is erased, and no byte of her is found again."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from newsletter.clock import utc_now
from newsletter.database import empty_write_ahead_log
from newsletter.deliveries.models import Delivery
from newsletter.deliveries.send import send_batch
from newsletter.extensions import db, redis
from newsletter.mail.mailer import Accepted, OutgoingMail, RecordingMailer
from newsletter.publications.models import Publication
from newsletter.subscriptions.links import preferences_url, unsubscribe_url
from newsletter.subscriptions.models import Subscription
from newsletter.subscriptions.short_links import my_data_url
from tests.deliveries.conftest import Publish, batch_ids
from tests.deliveries.conftest import publish as publish
from tests.factories import Make, reload
from tests.subscriptions.post import Opened, deliver_post
from tests.web.test_leaving import forms

OLD, NEW = "Zora.Quill@example.org", "zq-elsewhere@example.net"
FROM = {"REMOTE_ADDR": "203.0.113.77"}
AGENT = {"User-Agent": "Quillbrowser/7"}
#: What nobody else in the test leaves behind, in any case of letters.
TRACES = ("zora", "quill", "zq-elsewhere", "203.0.113.77")


class Talkative(RecordingMailer):
    """A relay that names the address in its answer."""

    def __init__(self) -> None:
        super().__init__(answers={OLD: self._taken, NEW: self._taken})

    def _taken(self, mail: OutgoingMail) -> Accepted:
        return Accepted(mail.id, f"250 2.1.5 <{mail.recipient}> taken")


@pytest.fixture
def home(make: Make) -> Publication:
    publication: Publication = make.publication(welcome=False, slug="harbour")
    return publication


def everything() -> str:
    """Return every cell of every table, and all that Redis holds, as text in lower case."""
    db.session.rollback()
    found = []
    for table in sa.inspect(db.engine).get_table_names():
        found += [repr(row) for row in db.session.execute(sa.text(f'SELECT * FROM "{table}"'))]
    for key in redis.scan_iter():
        found += [repr(key), repr(redis.dump(key))]
    return "\n".join(found).casefold()


def only(letters: list[Opened]) -> Opened:
    (letter,) = letters
    return letter


def live(client: FlaskClient, make: Make, home: Publication, publish: Publish) -> str:
    """Sign up, confirm, choose, read, move, leave and come back; return a link to her data."""
    client.environ_base.update(FROM | {"HTTP_USER_AGENT": AGENT["User-Agent"]})
    client.post("/subscribe", data={"email": OLD, "name": "Zora Quill", "publication": home.slug})
    client.post(only(deliver_post(now=utc_now())).path)
    row = db.session.scalars(sa.select(Subscription)).one()
    own = preferences_url(subscription_id=row.id).removeprefix("http://localhost")
    client.post(own, data={"cadence": "daily", "hour": "18:00", "time_zone": "Asia/Tokyo"})
    make.article(publication=reload(home))
    digest = publish(home, now=utc_now())
    for batch_id in batch_ids(digest):
        send_batch(batch_id=batch_id, mailer=Talkative(), clock=utc_now)
    client.post(own, data={"act": "personal_link"})
    link = only(deliver_post(now=utc_now())).path
    client.post(f"{link}/address", data={"email": NEW})
    client.post(only(deliver_post(now=utc_now())).path)
    deliver_post(now=utc_now())
    leave = unsubscribe_url(subscription_id=row.id).removeprefix("http://localhost")
    undo, reason = forms(client.post(leave).text)
    client.post(reason, data={"reason": "other"})
    client.post(undo)
    db.session.rollback()
    # A link made in the second of the move would be taken for one of before.
    later = utc_now() + timedelta(seconds=2)
    return my_data_url(subscription=row, now=later).removeprefix("http://localhost")


def test_no_table_no_queue_and_no_log_knows_her_afterwards(
    client: FlaskClient,
    make: Make,
    home: Publication,
    publish: Publish,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level("DEBUG"):
        link = live(client, make, home, publish)
        before = everything()
        assert [trace for trace in TRACES if trace not in before] == [], "the test would miss it"
        assert client.post(f"{link}/erase").status_code == 200
    after = everything()
    assert [trace for trace in TRACES if trace in after] == []
    assert "reader_erased" in caplog.text
    assert [trace for trace in TRACES if trace in caplog.text.casefold()] == []
    assert db.session.scalar(sa.select(sa.func.count(Delivery.id))) == 1, "the figures stay true"


def test_the_files_of_sqlite_do_not_hold_her_either(
    client: FlaskClient, make: Make, home: Publication, publish: Publish
) -> None:
    name = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or not name:
        pytest.skip("another database keeps its files to itself")
    link = live(client, make, home, publish)
    client.post(f"{link}/erase")
    db.session.remove()
    empty_write_ahead_log(db.engine)
    files = [file for file in Path(name).parent.glob(f"{Path(name).name}*") if file.is_file()]
    held = b"".join(file.read_bytes() for file in files).lower()
    assert len(held) > 100_000
    assert [trace for trace in TRACES if trace.encode() in held] == []


def test_importing_her_again_is_refused_with_the_reason(
    app: Flask,
    client: FlaskClient,
    make: Make,
    home: Publication,
    publish: Publish,
    tmp_path: Path,
) -> None:
    link = live(client, make, home, publish)
    client.post(f"{link}/erase")
    file = tmp_path / "old-list.csv"
    file.write_text(f"email\n{NEW.upper()}\n")
    words = ["subscribers", "import", str(file), "--publication", home.slug, "--confirmed"]
    result = app.test_cli_runner().invoke(args=[*words, "--evidence", "an old list"])
    assert result.exit_code == 0
    report = (tmp_path / "old-list.csv.errors.csv").read_text()
    assert "erased" in report
    assert db.session.scalar(sa.select(sa.func.count(Subscription.id))) == 1
