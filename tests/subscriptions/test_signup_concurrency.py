"""A hundred signups of one address at the same moment: one reader, one letter."""

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from flask import Flask

from newsletter.extensions import db
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import Letter, Subscriber, Subscription
from newsletter.unit_of_work import unit_of_work
from tests.factories import Make
from tests.subscriptions.asking import ask


def test_a_hundred_parallel_signups_end_with_one_row_and_one_letter(app: Flask, make: Make) -> None:
    slug = make.publication().slug

    def sign_up_once(_: int) -> None:
        with app.app_context():
            found = sa.select(Publication).where(Publication.slug == slug)
            publication = db.session.scalars(found).one()
            ask(publication, "reader@example.org")
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sign_up_once, range(100)))
    db.session.rollback()  # the reading transaction began before them
    for model in (Subscriber, Subscription, Letter):
        count = sa.select(sa.func.count()).select_from(model)
        assert db.session.scalar(count) == 1, model.__tablename__


def test_signups_of_many_readers_at_once_all_arrive(app: Flask, make: Make) -> None:
    publication_id = make.publication().id

    def sign_up_one(number: int) -> None:
        with app.app_context():
            ask(db.session.get_one(Publication, publication_id), f"reader{number}@example.org")
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sign_up_one, range(60)))
    with unit_of_work() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 60
