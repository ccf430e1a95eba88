"""What staff do about mails that were given up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.errors import Forbidden, InvalidInput, NotFound
from booking.models import AuditEntry, OutboxMessage
from booking.queries.outbox import given_up, undelivered
from booking.services.failed_mails import send_again, settle
from booking.services.letters import written_messages
from booking.services.outbox import failed_mails
from tests.support.acts import all_rows, do
from tests.support.mails import mails
from tests.support.world import NOW, World, make_booking, make_world, slot

LATER = NOW + timedelta(days=6)


@pytest.fixture
def world(database: Database) -> World:
    """Of two bookings, the mail about the first could not be delivered to its asker."""
    made = make_world(database)
    make_booking(database, made)
    make_booking(database, made, period=slot(11, 10))

    def fail(session: Session) -> None:
        row = session.get_one(OutboxMessage, 1)
        row.state, row.attempts, row.last_error = "failed", 20, "SMTPDataError: (554, b'no')"

    transaction(database, fail)
    return made


def test_a_mail_sent_again_is_tried_from_the_beginning(database: Database, world: World) -> None:
    before = mails(database)[0]

    def work(session: Session) -> list[int]:
        send_again(session, before.id, actor=world.kaisa, now=LATER)
        return written_messages(session)

    assert transaction(database, work) == [before.id]
    row = mails(database)[0]
    assert (row.state, row.attempts, row.next_try_at, row.last_error, row.message_id) == (
        "waiting",
        0,
        LATER,
        None,
        before.message_id,
    )


def test_a_mail_is_sent_again_once(database: Database, world: World) -> None:
    for _ in range(2):
        do(database, send_again, 1, actor=world.kaisa, now=LATER)
    do(database, send_again, 2, actor=world.kaisa, now=LATER)  # waits, and isn't given up
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.object_kind == "mail"))
    assert [(one.action, one.object_id, one.actor_name) for one in entries] == [
        ("send_mail_again", 1, world.kaisa.name)
    ]


def test_a_mail_whose_text_is_gone_is_not_sent_again(database: Database, world: World) -> None:
    transaction(
        database,
        lambda session: session.execute(
            update(OutboxMessage).where(OutboxMessage.id == 1).values(body="", html=None)
        ),
    )
    with pytest.raises(InvalidInput, match="mail_emptied"):
        do(database, send_again, 1, actor=world.kaisa)


def test_a_reader_told_otherwise_is_listed_no_more(database: Database, world: World) -> None:
    do(database, settle, 1, actor=world.yllapito, now=LATER)
    do(database, send_again, 1, actor=world.yllapito, now=LATER)
    assert mails(database)[0].state == "withdrawn"
    with reading(database) as session:
        assert (given_up(session, 10), failed_mails(session)) == ([], 0)


@pytest.mark.parametrize("who", ["veli", "viivi", "anna", "outi"])
@pytest.mark.parametrize("act", [send_again, settle])
def test_others_leave_the_mails_alone(
    database: Database, world: World, who: str, act: Callable[..., object]
) -> None:
    with pytest.raises(Forbidden, match="not_your_mails"):
        do(database, act, 1, actor=world.actors[who])
    assert mails(database)[0].state == "failed"


def test_a_mail_that_isnt_there_cant_be_sent(database: Database, world: World) -> None:
    with pytest.raises(NotFound):
        do(database, send_again, 10**6, actor=world.kaisa)


def test_a_booking_knows_which_of_its_mails_did_not_arrive(
    database: Database, world: World
) -> None:
    with reading(database) as session:
        found = {number: [one.id for one in undelivered(session, number)] for number in (1, 2, 11)}
    assert found == {1: [1], 2: [], 11: []}


def test_what_a_booking_knows_of_its_mails_is_found_by_an_index(
    database: Database, world: World
) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    with reading(database) as session:
        undelivered(session, 1)
    statement, parameters = next(one for one in asked if "FROM outbox_message" in one[0])
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            # Of a handful of rows PostgreSQL reads them all, index or not.
            connection.exec_driver_sql("SET enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        plan = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
    assert "ix_outbox_message_failed" in str(plan)
