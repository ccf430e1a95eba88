"""Whatever people do, in whatever order: no two holds overlap, only listed states, and every change is written down."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from booking.db import Database, open_database, reading, transaction
from booking.domain.bookings import HOLDING, STATES, TRANSITIONS
from booking.domain.requests import BookingEdit
from booking.errors import BookingError, BreaksBookings
from booking.models import (
    AuditEntry,
    Block,
    Booking,
    CalendarText,
    Occupancy,
    Room,
    Space,
    room_space,
)
from booking.services.blocks import block_room, lift_block
from booking.services.bookings import (
    cancel_booking,
    decide_booking,
    edit_booking,
    move_booking,
    request_booking,
)
from booking.services.spaces import set_room_spaces
from tests.support import databases
from tests.support.world import NOW, World, booking_request, make_world, slot

ROOMS = st.sampled_from(["hall", "half_a", "half_b"])
# Those who may come up more often than those who may not: refusals alone would prove little.
ASKERS = st.sampled_from(["anna", "pekka", "anna", "veli", "kaisa", "yllapito", "outi"])
DECIDERS = st.sampled_from(["veli", "yllapito", "veli", "veli", "aino", "anna"])
PEOPLE = st.sampled_from([5, 10, 25, 50])
SLOTS = st.builds(
    slot, st.sampled_from([10, 11, 12, 15]), st.integers(8, 17), st.sampled_from([1, 2, 3])
)
# What had ended when a room got other floor stays held in what it had then.
AS_NOW = or_(Room.spaces_changed_at.is_(None), Booking.ends_at > Room.spaces_changed_at)
# Each step picks one of what is there by a number, right or a version behind.
WHICH = st.integers(0, 5)
BEHIND = st.sampled_from([0, 0, 0, 1])


class Bookings(RuleBasedStateMachine):
    """All actions on three rooms over two spaces; refusals are fine, broken promises are not."""

    database: Database
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[int, str] = {}
        self.approved: dict[str, tuple[Any, ...]] = {}  # what the public was last told yes to
        self.done = 0
        self.now = NOW

    def _try(self, work: Callable[[Session], Any]) -> None:
        try:
            transaction(self.database, work)
        except BookingError:
            return
        self.done += 1

    def _pick(self, model: Any, which: int) -> Any:
        with reading(self.database) as session:
            rows = session.scalars(select(model).order_by(model.id)).all()
        return rows[which % len(rows)] if rows else None

    @rule(room=ROOMS, period=SLOTS, who=ASKERS, people=PEOPLE)
    def ask(self, room: str, period: Any, who: str, people: int) -> None:
        request = booking_request(
            self.world, room_id=getattr(self.world, room), period=period, people=people
        )
        self._try(
            lambda session: request_booking(session, request, self.world.actors[who], self.now)
        )

    @rule(
        which=WHICH,
        behind=BEHIND,
        who=DECIDERS,
        action=st.sampled_from(["approve", "approve", "reject"]),
        reason=st.sampled_from([None, "Syy"]),
    )
    def decide(self, which: int, behind: int, who: str, action: Any, reason: str | None) -> None:
        if row := self._pick(Booking, which):
            actor, version = self.world.actors[who], row.version - behind
            self._try(
                lambda session: decide_booking(
                    session, row.id, action, version, reason, actor=actor, now=self.now
                )
            )

    @rule(which=WHICH, behind=BEHIND, who=ASKERS)
    def cancel(self, which: int, behind: int, who: str) -> None:
        if row := self._pick(Booking, which):
            actor, version = self.world.actors[who], row.version - behind
            self._try(
                lambda session: cancel_booking(
                    session, row.id, version, None, actor=actor, now=self.now
                )
            )

    @rule(which=WHICH, behind=BEHIND, who=ASKERS, room=ROOMS, period=SLOTS)
    def move(self, which: int, behind: int, who: str, room: str, period: Any) -> None:
        if row := self._pick(Booking, which):
            actor, version, target = (
                self.world.actors[who],
                row.version - behind,
                getattr(self.world, room),
            )
            self._try(
                lambda session: move_booking(
                    session, row.id, version, target, period, None, actor=actor, now=self.now
                )
            )

    @rule(
        which=WHICH,
        behind=BEHIND,
        who=ASKERS,
        people=PEOPLE,
        title=st.sampled_from([None, "Uusi nimi"]),
    )
    def edit(self, which: int, behind: int, who: str, people: int, title: str | None) -> None:
        if row := self._pick(Booking, which):
            actor, version, edit = (
                self.world.actors[who],
                row.version - behind,
                BookingEdit(title=title, people=people),
            )
            self._try(
                lambda session: edit_booking(
                    session, row.id, version, edit, actor=actor, now=self.now
                )
            )

    @rule(room=ROOMS, period=SLOTS, who=DECIDERS)
    def block(self, room: str, period: Any, who: str) -> None:
        actor, target = self.world.actors[who], getattr(self.world, room)
        self._try(
            lambda session: block_room(
                session, target, period, "Oma käyttö", actor=actor, now=self.now
            )
        )

    @rule(which=WHICH, who=DECIDERS)
    def lift(self, which: int, who: str) -> None:
        row = self._pick(Block, which)
        if row is not None and row.lifted_at is None:
            actor = self.world.actors[who]
            self._try(lambda session: lift_block(session, row.id, actor=actor, now=self.now))

    @rule(
        room=ROOMS,
        capacity=st.sampled_from([30, 60, 5]),
        published=st.sampled_from([True, True, False]),
    )
    def change_rules(self, room: str, capacity: int, published: bool) -> None:
        def work(session: Session) -> None:
            row = session.get_one(Room, getattr(self.world, room))
            row.capacity, row.published = capacity, published

        transaction(self.database, work)

    @rule(room=ROOMS, claimed=st.sets(st.integers(0, 1), min_size=1), cancels=st.booleans())
    def change_floor(self, room: str, claimed: set[int], cancels: bool) -> None:
        with reading(self.database) as session:
            row = session.get_one(Room, getattr(self.world, room))
            floor = session.scalars(
                select(Space.id).where(Space.unit_id == row.unit_id).order_by(Space.id)
            ).all()
            had = {space.id for space in row.spaces}
        wanted = {floor[n] for n in claimed}
        if wanted == had:
            return

        def work(session: Session, cancel: Iterable[int] = ()) -> None:
            set_room_spaces(
                session,
                row.id,
                row.version,
                wanted,
                frozenset(cancel),
                "Tila muuttuu",
                actor=self.world.veli,
                now=self.now,
            )

        try:
            transaction(self.database, work)
        except BreaksBookings as error:
            if cancels:
                chosen = [broken.booking_id for broken in error.bookings]
                before = self.done
                self._try(lambda session: work(session, chosen))
                # Each booking called off on the way is a change of its own.
                self.done += len(chosen) if self.done > before else 0
        else:
            self.done += 1

    @rule(hours=st.integers(1, 12))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

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
