"""Whatever people do, in whatever order: no two holds overlap, only listed states, and every change is written down."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    invariant,
    run_state_machine_as_test,
)
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from booking.db import open_database, reading, transaction
from booking.domain.bookings import HOLDING, STATES, TRANSITIONS
from booking.models import (
    AuditEntry,
    Block,
    Booking,
    CalendarText,
    Occupancy,
    OutboxMessage,
    Room,
    Unit,
    room_space,
)
from tests.support import databases
from tests.support.machine import Acts
from tests.support.world import make_world

# What had ended when a room got other floor stays held in what it had then.
AS_NOW = or_(Room.spaces_changed_at.is_(None), Booking.ends_at > Room.spaces_changed_at)


class Bookings(Acts):
    """The promises that hold whatever is done; refusals are fine, broken promises are not."""

    @invariant()
    def no_two_holds_overlap(self) -> None:
        overlaps = text(
            "SELECT count(*) FROM occupancy a JOIN occupancy b ON a.space_id = b.space_id AND a.id < b.id "
            "AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
        )
        with reading(self.database) as session:
            assert session.scalar(overlaps) == 0

    @invariant()
    def what_is_held_is_what_the_bookings_say(self) -> None:
        with reading(self.database) as session:
            said = session.execute(
                select(Booking.id, room_space.c.space_id, Booking.starts_at, Booking.ends_at)
                .join(room_space, room_space.c.room_id == Booking.room_id)
                .join(Room, Room.id == Booking.room_id)
                .where(Booking.state.in_(HOLDING), AS_NOW)
            ).all()
            held = session.execute(
                select(
                    Occupancy.booking_id, Occupancy.space_id, Occupancy.starts_at, Occupancy.ends_at
                )
                .join(Booking, Booking.id == Occupancy.booking_id)
                .join(Room, Room.id == Booking.room_id)
                .where(AS_NOW)
            ).all()
        assert sorted(map(tuple, said)) == sorted(map(tuple, held))

    @invariant()
    def blocked_is_what_the_living_blocks_say(self) -> None:
        with reading(self.database) as session:
            said = session.execute(
                select(room_space.c.space_id, Block.starts_at, Block.ends_at)
                .join(room_space, room_space.c.room_id == Block.room_id)
                .where(Block.lifted_at.is_(None))
            ).all()
            held = session.execute(
                select(Occupancy.space_id, Occupancy.starts_at, Occupancy.ends_at).where(
                    Occupancy.source == "block"
                )
            ).all()
            floor_since = session.scalar(select(func.max(Room.spaces_changed_at)))
        if floor_since is not None:
            # What had begun when the floor was divided anew stays where it was.
            said, held = (
                [row for row in rows if row.starts_at > floor_since] for rows in (said, held)
            )
        assert hours_of(said) == hours_of(held)

    @invariant()
    def who_decided_is_known_as_long_as_the_decision_stands(self) -> None:
        with reading(self.database) as session:
            rows = session.scalars(select(Booking)).all()
        for row in rows:
            if row.state == "requested":
                assert (row.decided_at, row.decided_by_id, row.condition) == (None, None, None)
            elif row.state in ("approved", "rejected"):
                assert row.decided_by_id is not None
                assert row.condition is None or row.state == "approved"
            assert 0 <= row.escalation <= 3

    @invariant()
    def what_was_taken_back_is_told_to_nobody(self) -> None:
        with reading(self.database) as session:
            kept = session.scalars(
                select(OutboxMessage).where(OutboxMessage.kind.in_(("approved", "rejected")))
            ).all()
            undone = session.scalars(
                select(func.count()).where(AuditEntry.action == "undo_decision")
            ).one()
        assert sum(mail.state == "withdrawn" for mail in kept) == undone
        assert all(mail.attempts == 0 for mail in kept if mail.state == "withdrawn")

    @invariant()
    def states_change_only_as_listed(self) -> None:
        with reading(self.database) as session:
            now = {row.id: row.state for row in session.execute(select(Booking.id, Booking.state))}
        for booking_id, state in now.items():
            before = self.states.get(booking_id, state)
            assert state in STATES
            assert state == before or state in {
                to for (of, _), to in TRANSITIONS.items() if of == before
            }
        self.states = now

    @invariant()
    def every_change_is_in_the_audit(self) -> None:
        with reading(self.database) as session:
            assert session.scalar(select(func.count()).select_from(AuditEntry)) == self.done

    @invariant()
    def the_feed_shows_what_is_approved_and_owes_a_word_for_what_was(self) -> None:
        with reading(self.database) as session:
            kept = {row.uid.partition("@")[0]: row for row in session.scalars(select(CalendarText))}
            rows = session.scalars(select(Booking)).all()
        for row in rows:
            if row.state == "approved":
                title = row.title if row.is_public else "Varattu"
                self.approved[row.uuid] = (row.room_id, row.starts_at, row.ends_at, title)
            text = kept.get(row.uuid)
            if not row.was_approved:
                assert text is None
                continue
            assert text is not None
            assert text.status == ("CONFIRMED" if row.state == "approved" else "CANCELLED")
            shown = (text.room_id, text.starts_at, text.ends_at, text.summary)
            assert shown == self.approved[row.uuid]


def hours_of(rows: Iterable[Any]) -> set[tuple[int, datetime]]:
    """The whole hours of (space, start, end) rows, by space; all stretches here are whole hours."""
    return {
        (space, start + timedelta(hours=n))
        for space, start, end in rows
        for n in range(int((end - start).total_seconds() // 3600))
    }


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_no_order_of_actions_breaks_a_promise(
    kind: str, run_folder: Path, request: pytest.FixtureRequest
) -> None:
    """Each example runs on a fresh clone of the migrated template."""

    class OnFreshDatabase(Bookings):
        def __init__(self) -> None:
            super().__init__()
            if kind == "sqlite":
                self.folder = tempfile.TemporaryDirectory()
                self.url = databases.sqlite_clone(run_folder, Path(self.folder.name) / "machine.db")
            else:
                self.clone = request.getfixturevalue("postgres_server").clone()
                self.url = self.clone.__enter__()
            self.database = open_database(self.url)
            self.world = make_world(self.database)
            transaction(self.database, self._hurry)

        def _hurry(self, session: Session) -> None:
            # Steps that come within the days that pass here, and one that ends a request.
            unit = session.get_one(Unit, self.world.rantakyla)
            unit.remind_after_hours, unit.stand_in_after_hours = 4, 12
            unit.coordinator_after_hours, unit.lapse_after_hours = 24, 96

        def teardown(self) -> None:
            self.database.dispose()
            if kind == "sqlite":
                self.folder.cleanup()
            else:
                self.clone.__exit__(None, None, None)

    run_state_machine_as_test(
        OnFreshDatabase,
        settings=settings(
            max_examples=25,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
