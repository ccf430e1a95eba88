"""Takes and gives back a room's time, under the lock of its spaces. Knows rows; the rule itself is
`booking.domain.occupancy`.

An exclusion constraint alone is right but slow under contention: racers insert, meet, and wait for the database to
find the deadlock. So whoever wants to hold or release time first locks the spaces, in the order of their ids; the
constraint stays as the last guard.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.domain.occupancy import conflicts
from booking.domain.rooms import RoomRules
from booking.errors import RoomTaken
from booking.models import NO_OVERLAP, Block, Occupancy, Space, room_space
from booking.queries.availability import holds
from booking.queries.catalogue import Catalogue, catalogue
from calendars.period import Period, merged


def locked_rules(session: Session, room_id: int) -> RoomRules:
    """The room's rules as they are once nobody else may hold or release its time, until the transaction ends.

    Raises NotFound. Whoever changes a room's rules or spaces locks them in the same way.
    """
    return locked_rules_of_both(session, room_id, room_id)[0]


def locked_rules_of_both(session: Session, one: int, other: int) -> tuple[RoomRules, RoomRules]:
    """The rules of two rooms, all of their spaces locked in the order of their ids. Raises NotFound."""
    first, second = locked_rooms(session, lambda known: [known.room(one), known.room(other)])
    return first, second


def locked_rooms(
    session: Session,
    pick: Callable[[Catalogue], Sequence[RoomRules]],
    also: Collection[int] = (),
) -> Sequence[RoomRules]:
    """The rooms that `pick` finds in the catalogue, all of their spaces, and those of `also`, locked in the order of their ids.

    `also`: spaces that no room may claim yet. Raises what `pick` raises; it is asked again once the locks are had, and may find
    other rooms then.
    """
    wanted: frozenset[int] = frozenset()
    while True:
        rooms = pick(catalogue(session))
        spaces = frozenset(also).union(*(room.space_ids for room in rooms))
        # SQLite's writer has the whole file to itself already. On PostgreSQL the rules are read again after the wait:
        # who held the lock may have closed the room, lowered its capacity or divided the hall.
        if session.get_bind().dialect.name == "sqlite" or spaces <= wanted:
            return rooms
        wanted |= spaces
        # NO KEY UPDATE: a foreign key check against a space need not wait for us.
        query = select(Space.id).where(Space.id.in_(wanted)).order_by(Space.id)
        session.execute(query.with_for_update(key_share=True))


def require_free(
    session: Session, rules: RoomRules, wish: Period, moving: int | None = None
) -> None:
    """Raise RoomTaken with what is in the way, if anything holds a part of `wish`. Call with the spaces locked."""
    met = conflicts(wish, rules.space_ids, holds(session, rules.space_ids, wish), moving)
    if met:
        raise RoomTaken(met)


def hold_for_booking(
    session: Session, booking_id: int, space_ids: Iterable[int], period: Period
) -> None:
    """Hold the spaces for a booking; raises RoomTaken if the database finds them held."""
    hold_for_bookings(session, [(booking_id, space_ids, period)])


def hold_for_bookings(
    session: Session, wanted: Iterable[tuple[int, Iterable[int], Period]]
) -> None:
    """Hold spaces for many bookings at once, (booking, spaces, period) each; all or, with RoomTaken, none."""
    _insert(
        session,
        [
            _row(space, period, "booking", booking_id)
            for booking_id, space_ids, period in wanted
            for space in space_ids
        ],
    )


def release_booking(session: Session, booking_id: int) -> None:
    """Give back all time a booking holds."""
    session.execute(delete(Occupancy).where(Occupancy.booking_id == booking_id))


def rewrite_blocks(session: Session, space_ids: Iterable[int], around: Period) -> None:
    """Make the block rows of these spaces the union of their living blocks, where `around` touches it; the rest stands.

    Call with the spaces locked, after a block of the period `around` has come or gone.
    """
    session.flush()
    for space_id in sorted(space_ids):
        _rewrite_blocks(session, space_id, around)


def _rewrite_blocks(session: Session, space_id: int, around: Period) -> None:
    # What touches is included: two blocks end to end are one stretch.
    touched = (
        Occupancy.space_id == space_id,
        Occupancy.source == "block",
        Occupancy.starts_at <= around.end,
        Occupancy.ends_at >= around.start,
    )
    held = session.execute(select(Occupancy.starts_at, Occupancy.ends_at).where(*touched)).all()
    start = min([around.start, *(row.starts_at for row in held)])
    end = max([around.end, *(row.ends_at for row in held)])
    session.execute(delete(Occupancy).where(*touched))
    living = session.execute(
        select(Block.starts_at, Block.ends_at)
        .join(room_space, room_space.c.room_id == Block.room_id)
        .where(
            room_space.c.space_id == space_id,
            Block.lifted_at.is_(None),
            Block.starts_at < end,
            Block.ends_at > start,
        )
    )
    stretches = merged(Period(row.starts_at, row.ends_at) for row in living)
    _insert(session, [_row(space_id, stretch, "block") for stretch in stretches])


def _row(
    space_id: int, period: Period, source: str, booking_id: int | None = None
) -> dict[str, Any]:
    return {
        "space_id": space_id,
        "starts_at": period.start,
        "ends_at": period.end,
        "source": source,
        "booking_id": booking_id,
    }


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    try:
        session.execute(insert(Occupancy), rows)
    except IntegrityError as error:
        if _broken_constraint(error) == NO_OVERLAP:
            raise RoomTaken(()) from error
        raise


def _broken_constraint(error: IntegrityError) -> str | None:
    """The constraint's name: PostgreSQL says it apart, our SQLite triggers say it as their message."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        name: str | None = diagnosis.constraint_name
        return name
    return str(error.orig)
