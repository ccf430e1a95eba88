"""An erasure that meets what its person is just doing: nothing of them is left behind. On both databases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, select

from booking.db import Database, transaction
from booking.errors import InvalidValues, SignInRequired
from booking.models import Booking
from booking.services.bookings import request_booking
from booking.services.erasure import erase_person
from tests.support.acts import all_rows
from tests.support.world import NOW, World, booking_request, make_booking, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def erase_anna(database: Database, world: World) -> None:
    anna = world.anna.person_id
    assert anna is not None
    transaction(
        database, lambda session: erase_person(session, anna, actor=world.yllapito, now=NOW)
    )


def test_who_was_let_in_and_erased_before_asking_asks_for_nothing(
    database: Database, world: World
) -> None:
    erase_anna(database, world)
    with pytest.raises(SignInRequired):
        make_booking(database, world)
    assert all_rows(database, select(Booking)) == []


def test_a_request_beside_an_erasure_waits_for_it_and_is_refused(
    database: Database, world: World
) -> None:
    asking = threading.Event()

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        # On PostgreSQL who asks gets as far as the row of the person, which the erasure holds.
        if "FOR KEY SHARE" in statement and "FROM person" in statement:
            asking.set()

    def ask() -> type[Exception] | None:
        try:
            make_booking(database, world)
        except SignInRequired as error:
            return type(error)
        return None

    anna = world.anna.person_id
    assert anna is not None
    with ThreadPoolExecutor(1) as pool:
        with database.writer() as session:
            erase_person(session, anna, actor=world.yllapito, now=NOW)
            event.listen(database.engine, "before_cursor_execute", note)
            asked = pool.submit(ask)
            # SQLite lets nobody that far: who asks waits for their turn.
            assert database.is_sqlite or asking.wait(20)
        assert asked.result(20) is SignInRequired
    assert all_rows(database, select(Booking)) == []


def test_an_erasure_beside_a_request_waits_for_it_and_is_told_of_the_booking(
    database: Database, world: World
) -> None:
    def erase() -> list[str]:
        try:
            erase_anna(database, world)
        except InvalidValues as error:
            return [fault.code for fault in error.faults]
        return []

    with ThreadPoolExecutor(1) as pool:
        with database.writer() as session:
            request_booking(session, booking_request(world), world.anna, NOW)
            erased = pool.submit(erase)
        assert erased.result(20) == ["erase_coming_bookings"]
    [booking] = all_rows(database, select(Booking))
    assert (booking.contact_name, booking.state) == ("Anna Virtanen", "requested")
