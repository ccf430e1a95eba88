"""The same act asked for many times at once is done once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.errors import KeyReused, RoomTaken
from booking.models import Booking, IdempotencyKey, OutboxMessage
from booking.services.bookings import request_booking
from booking.services.idempotency import KEPT_FOR, claim, forget_old_keys, keep
from tests.support.world import NOW, World, booking_request, make_booking, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def ask(session: Session, world: World, body: bytes = b"{}") -> str:
    claimed = claim(session, "POST /bookings", "key-1", body, actor=world.anna, now=NOW)
    if claimed.answer is None:
        keep(
            claimed,
            json.dumps(request_booking(session, booking_request(world), world.anna, NOW).id),
        )
    return str(claimed.answer)


def test_eight_at_once_make_one_booking_its_mails_and_the_same_answer(
    database: Database, world: World
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: transaction(database, lambda session: ask(session, world)), range(8))
        )
    with reading(database) as session:
        [booking] = session.scalars(select(Booking)).all()
        # One to who asked, one to who decides.
        assert len(session.scalars(select(OutboxMessage)).all()) == 2
    assert answers == [str(booking.id)] * 8


def test_another_body_under_the_key_is_refused(database: Database, world: World) -> None:
    transaction(database, lambda session: ask(session, world))
    with pytest.raises(KeyReused):
        transaction(database, lambda session: ask(session, world, b'{"people": 11}'))


def test_a_failure_is_not_kept_so_the_key_may_try_again(database: Database, world: World) -> None:
    other = make_booking(database, world)
    with pytest.raises(RoomTaken):
        transaction(database, lambda session: ask(session, world))
    with reading(database) as session:
        assert session.scalars(select(IdempotencyKey)).all() == []
        assert session.scalars(select(Booking.id)).all() == [other.id]


def test_keys_are_each_persons_own(database: Database, world: World) -> None:
    transaction(database, lambda session: ask(session, world))

    def of_veli(session: Session) -> str | None:
        return claim(session, "POST /bookings", "key-1", b"other", actor=world.veli, now=NOW).answer

    assert transaction(database, of_veli) is None


def test_old_keys_are_forgotten(database: Database, world: World) -> None:
    transaction(database, lambda session: ask(session, world))
    transaction(database, lambda session: forget_old_keys(session, NOW + KEPT_FOR))
    with reading(database) as session:
        assert len(session.scalars(select(IdempotencyKey)).all()) == 1
    transaction(
        database, lambda session: forget_old_keys(session, NOW + KEPT_FOR + timedelta(seconds=1))
    )
    with reading(database) as session:
        assert session.scalars(select(IdempotencyKey)).all() == []
