"""What people and the worker may do to bookings, as rules of a state machine. Knows the services; no promise they must keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    rule,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.access import Actor
from booking.domain.deciding import UNDO_WITHIN
from booking.domain.local_time import local
from booking.domain.requests import BookingEdit
from booking.errors import BookingError, BreaksBookings
from booking.models import (
    Absence,
    Block,
    Booking,
    Person,
    Room,
    Space,
)
from booking.queries.people import actor_of
from booking.services.absences import add_absence, end_absence
from booking.services.blocks import block_room, lift_block
from booking.services.bookings import (
    cancel_booking,
    edit_booking,
    move_booking,
    request_booking,
)
from booking.services.decisions import decide_booking, undo_decision
from booking.services.escalation import escalate
from booking.services.outbox import claim_due
from booking.services.spaces import set_room_spaces
from tests.support.world import NOW, World, booking_request, slot

ROOMS = st.sampled_from(["hall", "half_a", "half_b"])
# Those who may come up more often than those who may not: refusals alone would prove little.
ASKERS = st.sampled_from(["anna", "pekka", "anna", "veli", "kaisa", "yllapito", "outi"])
DECIDERS = st.sampled_from(["veli", "yllapito", "veli", "veli", "aino", "kaisa", "anna"])
PEOPLE = st.sampled_from([5, 10, 25, 50])
SLOTS = st.builds(
    slot, st.sampled_from([10, 11, 12, 15]), st.integers(8, 17), st.sampled_from([1, 2, 3])
)
# Each step picks one of what is there by a number, right or a version behind.
WHICH = st.integers(0, 5)
BEHIND = st.sampled_from([0, 0, 0, 1])


class Acts(RuleBasedStateMachine):
    """All actions on three rooms over two spaces; refusals are fine. `done` counts what the audit must know of."""

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

    def _actor(self, who: str) -> Actor:
        """Somebody with the rights of the day: a stand-in's come and go."""
        with reading(self.database) as session:
            person = session.get_one(Person, self.world.actors[who].person_id)
            return actor_of(session, person, local(self.now).date())

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
        said=st.sampled_from([(None, None), ("Syy", None), ("Syy", "Ehto"), (None, "Ehto")]),
    )
    def decide(self, which: int, behind: int, who: str, action: Any, said: Any) -> None:
        if row := self._pick(Booking, which):
            actor, version = self._actor(who), row.version - behind
            self._try(
                lambda session: decide_booking(
                    session, row.id, action, version, *said, actor=actor, now=self.now
                )
            )

    @rule(which=WHICH, behind=BEHIND, who=DECIDERS, hurry=st.booleans())
    def undo(self, which: int, behind: int, who: str, hurry: bool) -> None:
        if row := self._pick(Booking, which):
            actor, version = self._actor(who), row.version - behind
            now = self.now if hurry else self.now + UNDO_WITHIN
            self._try(lambda session: undo_decision(session, row.id, version, actor=actor, now=now))

    @rule()
    def send(self) -> None:
        transaction(self.database, lambda session: claim_due(session, self.now, 100))

    @rule(which=WHICH)
    def escalate(self, which: int) -> None:
        if row := self._pick(Booking, which):
            step = transaction(self.database, lambda session: escalate(session, row.id, self.now))
            self.done += step is not None

    @rule(stand_in=st.sampled_from(["aino", "kaisa", "outi"]), days=st.integers(0, 3))
    def be_away(self, stand_in: str, days: int) -> None:
        today = local(self.now).date()
        veli, other = self.world.veli.person_id, self.world.actors[stand_in].person_id
        assert veli is not None
        assert other is not None
        span = (today, today + timedelta(days=days))
        self._try(
            lambda session: add_absence(
                session,
                veli,
                self.world.rantakyla,
                other,
                *span,
                actor=self.world.veli,
                now=self.now,
            )
        )

    @rule(which=WHICH)
    def come_back(self, which: int) -> None:
        if row := self._pick(Absence, which):
            self._try(
                lambda session: end_absence(session, row.id, actor=self.world.veli, now=self.now)
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

    @rule(hours=st.sampled_from([1, 3, 12, 48]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
