"""Fills an empty database with the demo: North Karelia in small, with three months of bookings around today.

Everything happens through the services, played in the order of its times, so rules, audit, mails and feeds are real; what the
services refuse can't be in the demo. One transaction: a demo that was interrupted has left nothing behind, and two that start
together don't get in each other's way. Pictures are encoded before it begins: others may write meanwhile. Mails of past acts
are marked as sent, or the worker would send hundreds at once.
Refused: writing booking rows directly (twice as fast, and sooner or later not what the service itself would have written).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.local_time import local
from booking.domain.requests import BookingRequest
from booking.domain.rooms import RoomRules
from booking.errors import DatabaseBusy
from booking.models import Booking, Installation, Municipality, OutboxMessage, Room
from booking.queries.catalogue import catalogue
from booking.seed.deciding import add_deciding
from booking.seed.demand import add_demand
from booking.seed.keeping import keep, unit_key
from booking.seed.people import People, add_people
from booking.seed.pictures import drawn
from booking.seed.places import Places, add_places
from booking.seed.plan import Act, Plan, PlannedBlock, PlannedBooking, plan
from booking.seed.season import ask_for_a_season
from booking.services.blocks import block_room, block_weekly, lift_block
from booking.services.bookings import cancel_booking, request_booking
from booking.services.decisions import decide_booking
from booking.services.pictures import Encoded

Progress = Callable[[int, int, str], None]

# Somebody else may be seeding the same database: wait for them some turns, each as long as the write queue's patience.
_TURNS = 6
_KNOWN_SINCE = timedelta(days=400)
_BLOCKED_SINCE = timedelta(days=90)
_LIFTED_SINCE = timedelta(hours=20)
_REPORTS_EVERY = 50  # acts


def seed_demo(database: Database, now: datetime, progress: Progress, seed: int = 1) -> bool:
    """Write the demo as seen at `now`; False, and nothing written, when there are places or rooms already.

    `progress` is told (done, total, what is being written). The same `now` and `seed` give the same rows, but for uuids and
    the hash of the password. Raises DatabaseBusy when others write for minutes.
    """
    with reading(database) as session:
        if _is_filled(session):
            return False
    progress(0, 1, "pictures")
    pictures = drawn()
    for turn in range(1, _TURNS + 1):
        try:
            return transaction(
                database, lambda session: _seed(session, pictures, now, progress, seed)
            )
        except DatabaseBusy:
            if turn == _TURNS:
                raise
    raise AssertionError("the last turn returns or raises")


def _is_filled(session: Session) -> bool:
    return any(
        session.scalars(select(table.id).limit(1)).first() is not None
        for table in (Municipality, Room)
    )


def _seed(
    session: Session,
    pictures: Mapping[str, Encoded],
    now: datetime,
    progress: Progress,
    seed: int,
) -> bool:
    # On PostgreSQL a second demo waits here, and then sees what the first has written.
    session.execute(select(Installation.id).with_for_update())
    if _is_filled(session):
        return False
    progress(0, 1, "municipalities, units and rooms")
    places = add_places(session, local(now).date())
    progress(0, 1, "associations and persons")
    people = add_people(session, places, now - _KNOWN_SINCE)
    keep(session, places, people, pictures, now)
    rules = catalogue(session)
    planned = plan({key: rules.room(row) for key, row in places.rooms.items()}, now, seed)
    _Stage(session, places, people, rules.rooms).play(planned, now, progress)
    ask_for_a_season(session, places, people, now)
    add_demand(session, places.units, now, seed)
    add_deciding(session, places, people, now)
    session.execute(
        update(OutboxMessage).values(state="sent", attempts=1, sent_at=OutboxMessage.created_at)
    )
    return True


@dataclass(frozen=True)
class _Stage:
    """Where the plan is played, and by whom."""

    session: Session
    places: Places
    people: People
    rules: Mapping[int, RoomRules]

    def play(self, planned: Plan, now: datetime, progress: Progress) -> None:
        """Let everything happen, in the order of its times."""
        blocks = [(one, self._block(one, now)) for one in planned.blocks]
        bookings: dict[int, Booking] = {}
        acts = sorted(_acts(planned), key=lambda item: (item[0].at, item[1]))
        for done, (act, number, booking) in enumerate(acts):
            if done % _REPORTS_EVERY == 0:
                progress(done, len(acts), "bookings and decisions")
            if act.action == "ask":
                bookings[number] = self._ask(booking, act)
            else:
                self._change(bookings[number], booking, act)
        progress(len(acts), len(acts), "bookings and decisions")
        for one, block_id in blocks:
            if one.is_lifted:
                actor = self.people.approvers[unit_key(one.room)]
                lift_block(self.session, block_id, actor=actor, now=now - _LIFTED_SINCE)

    def _block(self, planned: PlannedBlock, now: datetime) -> int:
        """The id of the first block."""
        room_id = self.places.rooms[planned.room]
        actor, at = self.people.approvers[unit_key(planned.room)], now - _BLOCKED_SINCE
        periods, reason = planned.periods, planned.reason
        if len(periods) == 1:
            return block_room(self.session, room_id, periods[0], reason, actor=actor, now=at).id
        return block_weekly(self.session, room_id, periods, reason, actor=actor, now=at)[0].id

    def _ask(self, planned: PlannedBooking, act: Act) -> Booking:
        told = planned.told
        request = BookingRequest(
            room_id=self.places.rooms[told["room"]],
            organisation_id=self.people.organisations[told["organisation"]],
            title=told["title"],
            activity=told["activity"],
            period=planned.period,
            people=told["people"],
            needs=told.get("needs"),
            needed_features=frozenset(told.get("needed", "").split()),
            is_public=told.get("public", False),
            terms_version=self.rules[self.places.rooms[told["room"]]].terms_version,
        )
        asker = self.people.askers[told["organisation"]]
        if told.get("on_behalf"):
            # Somebody called the site, and its approver wrote the request down.
            asker = self.people.approvers[unit_key(told["room"])]
        return request_booking(self.session, request, asker, act.at)

    def _change(self, booking: Booking, planned: PlannedBooking, act: Act) -> None:
        if act.action == "cancel":
            asker = self.people.askers[planned.told["organisation"]]
            cancel_booking(
                self.session, booking.id, booking.version, act.reason, actor=asker, now=act.at
            )
            return
        decide_booking(
            self.session,
            booking.id,
            "approve" if act.action == "approve" else "reject",
            booking.version,
            act.reason,
            planned.told.get("condition") if act.action == "approve" else None,
            actor=self.people.approvers[unit_key(planned.told["room"])],
            now=act.at,
        )


def _acts(planned: Plan) -> Iterator[tuple[Act, int, PlannedBooking]]:
    for number, booking in enumerate(planned.bookings):
        for act in booking.acts:
            yield act, number, booking
