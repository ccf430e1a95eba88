"""The worker's errands: woken or by itself, and unharmed by a queue that fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.config import Settings, load_settings
from booking.db import Database, reading, transaction
from booking.domain.deciding import UNDO_WITHIN
from booking.models import IdempotencyKey, OutboxMessage, SignIn, SignInAttempt
from booking.services.decisions import decide_booking
from booking.services.mail_settings import set_wishes
from booking.worker import Worker
from tests.support.acts import do
from tests.support.mails import mails, write_mails
from tests.support.world import NOW, World, make_booking, make_world
from tests.support.world import at as at_local


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return load_settings(
        {
            "YHTEISTILA_DATA": str(tmp_path),
            "YHTEISTILA_DATABASE_URL": database_url,
            "YHTEISTILA_DEMO": "1",
        }
    )


@pytest.fixture
def worker(settings: Settings, database: Database) -> Iterator[Worker]:
    made = Worker(settings, database)
    yield made
    made.close()


def mail_states(database: Database) -> list[str]:
    with reading(database) as session:
        return list(session.scalars(select(OutboxMessage.state).order_by(OutboxMessage.id)))


def test_the_sweep_finds_what_a_lost_wake_up_missed(database: Database, worker: Worker) -> None:
    write_mails(database)
    # Due at the booking's time, which the tests put into the future.
    transaction(database, _make_due)
    worker.sweep()
    assert mail_states(database) == ["sent"]


def test_a_decision_is_told_by_the_sweep_once_it_can_no_longer_be_undone(
    database: Database, world: World, settings: Settings
) -> None:
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    states = []
    for waited in (UNDO_WITHIN - timedelta(seconds=1), UNDO_WITHIN):
        worker = Worker(settings, database, lambda waited=waited: NOW + waited)  # type: ignore[misc]
        worker.sweep()
        worker.close()
        states.append([mail.state for mail in mails(database) if mail.kind == "approved"])
    assert states == [["waiting"], ["sent"]]
    # The sweep comes each minute, and a mail is to be out within five.
    assert UNDO_WITHIN + timedelta(minutes=1) <= timedelta(minutes=5)


def test_the_sweep_writes_the_mail_of_the_day_once_the_morning_has_come(
    database: Database, world: World, settings: Settings
) -> None:
    do(database, set_wishes, {"to_decide": "daily"}, actor=world.veli)
    make_booking(database, world)
    told = []
    for at in (at_local(2, 6, 59), at_local(2, 7), at_local(2, 7, 1)):
        worker = Worker(settings, database, lambda at=at: at)  # type: ignore[misc]
        worker.sweep()
        worker.close()
        told.append(sorted((one.kind, one.state) for one in mails(database)[1:]))
    assert told == [
        [("to_decide", "gathered")],
        [("digest", "waiting"), ("to_decide", "sent")],
        [("digest", "sent"), ("to_decide", "sent")],
    ]


def test_the_sweep_clears_away_what_is_over_and_nothing_else(
    database: Database, world: World, worker: Worker
) -> None:
    now = datetime.now(UTC)
    transaction(database, lambda session: _leave_traces(session, world, now))
    worker.sweep()
    with reading(database) as session:
        left = [
            list(session.scalars(select(column)))
            for column in (SignIn.token_hash, SignInAttempt.key, IdempotencyKey.key)
        ]
    assert left == [["living"], ["fresh"], ["young"]]


def test_a_wake_up_that_fails_is_counted_and_never_raised(
    database: Database, settings: Settings, worker: Worker
) -> None:
    _break_queue(settings, database)
    worker.wake([1])
    worker.wake()
    assert worker.lost_wakes == 2


def test_nobody_is_woken_for_no_mail(
    database: Database, settings: Settings, worker: Worker
) -> None:
    _break_queue(settings, database)
    worker.wake([])
    assert worker.lost_wakes == 0


def test_without_a_mail_server_mails_wait(
    database: Database, tmp_path: Path, database_url: str
) -> None:
    write_mails(database)
    transaction(database, _make_due)
    given = {"YHTEISTILA_DATA": str(tmp_path), "YHTEISTILA_DATABASE_URL": database_url}
    worker = Worker(load_settings(given), database)
    worker.deliver_mails(None)
    worker.close()
    assert mail_states(database) == ["waiting"]


def _make_due(session: Session) -> None:
    for mail in session.scalars(select(OutboxMessage)):
        mail.next_try_at = datetime.now(UTC)


def _leave_traces(session: Session, world: World, now: datetime) -> None:
    person = world.anna.person_id
    for name, ends in (("over", -1), ("living", 1)):
        session.add(
            SignIn(
                person_id=person,
                token_hash=name,
                created_at=now - timedelta(hours=1),
                last_seen_at=now,
                expires_at=now + timedelta(minutes=ends),
            )
        )
    session.add_all(
        [SignInAttempt(key="old", at=now - timedelta(days=1)), SignInAttempt(key="fresh", at=now)]
    )
    for key, age in (("old", timedelta(days=3)), ("young", timedelta(hours=25))):
        session.add(
            IdempotencyKey(
                person_id=person, route="r", key=key, body_hash="h", created_at=now - age
            )
        )


def _break_queue(settings: Settings, database: Database) -> None:
    """Take the queue's tables away from under it."""
    if settings.huey == "sqlite":
        for path in settings.data.glob("huey.db*"):
            path.unlink()
        (settings.data / "huey.db").mkdir()
    else:
        with database.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE huey_task")
