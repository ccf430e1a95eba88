"""The sweep passes on what nobody decides; one request that fails holds up no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.config import load_settings
from booking.db import Database, reading, transaction
from booking.models import Booking, OutboxMessage
from booking.worker import Worker
from tests.support.world import NOW, World, make_booking, make_world, slot

LATER = NOW + timedelta(hours=50)


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


@pytest.fixture
def worker(tmp_path: Path, database_url: str, database: Database) -> Iterator[Worker]:
    environ = {"YHTEISTILA_DATA": str(tmp_path), "YHTEISTILA_DATABASE_URL": database_url}
    made = Worker(load_settings(environ), database, lambda: LATER)
    yield made
    made.close()


def reached(database: Database) -> list[int]:
    with reading(database) as session:
        return list(session.scalars(select(Booking.escalation).order_by(Booking.id)))


def test_the_sweep_passes_on_what_nobody_decides(
    database: Database, world: World, worker: Worker
) -> None:
    for hour in (9, 11):
        make_booking(database, world, period=slot(20, hour, month=4))
    worker.sweep()
    worker.sweep()
    assert reached(database) == [1, 1]
    with reading(database) as session:
        reminders = select(OutboxMessage.recipient).where(OutboxMessage.kind == "reminder")
        assert list(session.scalars(reminders)) == ["veli@demo.example"] * 2


def test_one_request_that_fails_holds_up_no_other_and_is_not_hidden(
    database: Database, world: World, worker: Worker
) -> None:
    first, *_others = (
        make_booking(database, world, period=slot(20, hour, month=4)) for hour in (9, 11, 13)
    )

    def spoil(session: Session) -> None:
        # Somebody has written by hand the mail that the first step would write.
        session.add(
            OutboxMessage(
                cause=f"booking:{first.id}:1:reminder:{world.veli.person_id}",
                kind="reminder",
                locale="fi",
                recipient_name="Veli",
                recipient="veli@demo.example",
                subject="x",
                body="x",
                message_id="<x@example>",
                state="sent",
                attempts=1,
                created_at=NOW,
                next_try_at=NOW,
            )
        )

    transaction(database, spoil)
    with pytest.raises(IntegrityError):
        worker.sweep()
    assert reached(database) == [0, 1, 1]
