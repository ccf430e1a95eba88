"""Held time of many spaces, as the search, the policy and the next free time need it. Changes nothing, decides nothing.

Ours (bookings and blocks) never overlap within a space. So what touches a window is the last stretch that starts before it and
those that start within it: one index range per space, however many bookings lie before. Foreign busy time may overlap, and is
asked for apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    CompoundSelect,
    Integer,
    Interval,
    Select,
    String,
    TextClause,
    TextualSelect,
    bindparam,
    func,
    literal,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from booking.db import UtcDateTime
from booking.domain.bookings import Near
from booking.domain.free_time import Held
from booking.domain.rooms import RoomRules
from booking.models import LONG, SHORT, Booking, Occupancy, Room, Space
from calendars.period import Period

# The longest stretch in the index of short ones; its condition says the same.
_SHORTEST_LONG = timedelta(hours=24)


def _near_query(with_buffers: bool) -> CompoundSelect[Any]:
    """Stretches (space, start, end, source, buffers) that touch a window, of some spaces."""
    since, until = (bindparam(name, type_=UtcDateTime) for name in ("since", "until"))
    spaces: BindParameter[int] = bindparam("spaces", expanding=True)
    ours, before = aliased(Occupancy), aliased(Occupancy)
    last_before = (
        select(func.max(before.starts_at))
        .where(before.space_id == Space.id, before.source != "foreign", before.starts_at <= since)
        .correlate(Space)
        .scalar_subquery()
    )
    buffers = (Room.buffer_before_minutes, Room.buffer_after_minutes)
    none = (literal(0, Integer), literal(0, Integer))
    of_ours = (
        select(
            ours.space_id,
            ours.starts_at,
            ours.ends_at,
            ours.source,
            *(func.coalesce(minutes, 0) for minutes in buffers) if with_buffers else none,
        )
        .select_from(Space)
        .join(ours, ours.space_id == Space.id)
        .where(
            Space.id.in_(spaces),
            ours.source != "foreign",
            ours.starts_at >= func.coalesce(last_before, since, type_=UtcDateTime),
            ours.starts_at < until,
            ours.ends_at > since,
        )
    )
    if with_buffers:
        of_ours = of_ours.outerjoin(Booking, Booking.id == ours.booking_id).outerjoin(
            Room, Room.id == Booking.room_id
        )
    of_foreign = _foreign_query().add_columns(literal("foreign", String), *none)
    return union_all(of_ours, of_foreign)


def _foreign_query() -> Select[int, datetime, datetime]:
    """Foreign stretches (space, start, end) that touch a window, of some spaces."""
    foreign = aliased(Occupancy)
    since, until = (bindparam(name, type_=UtcDateTime) for name in ("since", "until"))
    return select(foreign.space_id, foreign.starts_at, foreign.ends_at).where(
        foreign.source == "foreign",
        foreign.space_id.in_(bindparam("spaces", expanding=True)),
        foreign.ends_at > since,
        foreign.starts_at < until,
    )


# Built once: putting it together costs more than asking it.
_NEAR = {with_buffers: _near_query(with_buffers) for with_buffers in (False, True)}
_FOREIGN = _foreign_query()


def held_near(
    session: Session, space_ids: Collection[int], window: Period, with_buffers: bool
) -> dict[int, list[Held]]:
    """What holds a part of `window`, by space, unsorted; with the buffers of the rooms booked if they are asked for.

    `window` should be as much wider than what is looked at as the buffers are long.
    """
    asked = {"spaces": list(space_ids), "since": window.start, "until": window.end}
    found: dict[int, list[Held]] = defaultdict(list)
    for space, starts_at, ends_at, source, before, after in session.execute(
        _NEAR[with_buffers], asked
    ):
        found[space].append(Held(Period(starts_at, ends_at), source, before, after))
    return found


def foreign_near(
    session: Session, space_ids: Collection[int], window: Period
) -> dict[int, list[Period]]:
    """When other calendars say that a space is busy for a part of `window`, by space, unsorted."""
    asked = {"spaces": list(space_ids), "since": window.start, "until": window.end}
    found: dict[int, list[Period]] = defaultdict(list)
    for space, starts_at, ends_at in session.execute(_FOREIGN, asked):
        found[space].append(Period(starts_at, ends_at))
    return found


def held_in_rooms(
    session: Session, rooms: Sequence[RoomRules], window: Period, buffer_minutes: int
) -> dict[int, list[Held]]:
    """What holds a part of each room within `window`, by room. `buffer_minutes`: the longest buffer among these rooms and
    their neighbours; 0 when none has any.
    """
    margin = timedelta(minutes=buffer_minutes)
    wider = Period(window.start - margin, window.end + margin)
    spaces = {space for room in rooms for space in room.space_ids}
    by_space = held_near(session, spaces, wider, with_buffers=buffer_minutes > 0)
    return {
        room.id: [held for space in room.space_ids for held in by_space.get(space, ())]
        for room in rooms
    }


def busy_slots(session: Session, slots: Sequence[Period]) -> Mapping[int, int]:
    """In which of the slots each space is held: a space's id → a number whose bit n stands for `slots[n]`.

    Spaces never held are left out.
    """
    query = _busy_slots_query(session.get_bind().dialect.name, len(slots))
    masks: dict[int, int] = defaultdict(int)
    for number, *held in session.execute(query, _slot_values(slots)):
        bit = 1 << number
        for spaces in held:
            for space in _ids(spaces):
                masks[space] |= bit
    return masks


def _ids(gathered: str | list[int] | None) -> Iterable[int]:
    """Ids as the database gathers them: PostgreSQL in a list, SQLite in a text."""
    if isinstance(gathered, str):
        return map(int, gathered.split(","))
    return gathered or ()


def bookings_near_slots(
    session: Session, slots: Sequence[Period], space_ids: Collection[int], margin: timedelta
) -> list[tuple[int, int, Near]]:
    """The bookings of some spaces that lie beside a slot, less than `margin` away, as (slot's number, space, booking)."""
    wider = [Period(slot.start - margin, slot.end + margin) for slot in slots]
    dialect = session.get_bind().dialect.name
    query = _near_slots_query(dialect, len(slots))
    # SQLite keeps instants as microseconds, and takes lengths as such.
    length = margin if dialect == "postgresql" else margin // timedelta(microseconds=1)
    asked = {"spaces": list(space_ids), "margin": length}
    rows = session.execute(query, {**_slot_values(wider), **asked})
    return [
        (number, space, Near(Period(starts_at, ends_at), before, after))
        for number, space, starts_at, ends_at, before, after in rows
    ]


def _slot_values(slots: Sequence[Period]) -> dict[str, datetime]:
    values: dict[str, datetime] = {}
    for number, slot in enumerate(slots):
        values[f"since{number}"], values[f"until{number}"] = slot.start, slot.end
        values[f"from{number}"] = slot.start - _SHORTEST_LONG
    return values


@cache
def _busy_slots_query(dialect: str, count: int) -> TextClause:
    # A row for each slot, its spaces gathered: rows for each space and slot would cost more than finding them.
    gather = "array_agg" if dialect == "postgresql" else "group_concat"
    served = {**_ours_by_index(dialect), "ix_occupancy_foreign": "held.source = 'foreign'"}
    busy = ", ".join(
        f"(SELECT {gather}(held.space_id) FROM {_held(dialect, index)} WHERE {condition} AND {_MEETS})"
        for index, condition in served.items()
    )
    return text(
        f"WITH {_slot_table(dialect, count)} SELECT slot.number, {busy} FROM slot"
    ).bindparams(*_slot_parameters(count))


@cache
def _near_slots_query(dialect: str, count: int) -> TextualSelect:
    near = " UNION ALL ".join(
        "SELECT slot.number, held.space_id, held.starts_at, held.ends_at, held.booking_id "
        f"FROM slot CROSS JOIN {_held(dialect, index)} WHERE {condition} AND {_MEETS} "
        "AND held.space_id IN :spaces AND held.booking_id IS NOT NULL "
        # What meets the slot itself is a conflict already: only what lies beside it can be too near.
        "AND (held.ends_at <= slot.since + :margin OR held.starts_at >= slot.until - :margin)"
        for index, condition in _ours_by_index(dialect).items()
    )
    return (
        text(
            f"WITH {_slot_table(dialect, count)}, near AS ({near}) "
            "SELECT near.number, near.space_id, near.starts_at, near.ends_at, "
            # Looked up for each: in a join, PostgreSQL expects so many that it reads all bookings there are.
            f"{_of_room('buffer_before_minutes')}, {_of_room('buffer_after_minutes')} FROM near"
        )
        .bindparams(
            *_slot_parameters(count),
            bindparam("spaces", expanding=True),
            bindparam("margin", type_=Interval if dialect == "postgresql" else BigInteger),
        )
        .columns(
            number=Integer,
            space_id=Integer,
            starts_at=UtcDateTime,
            ends_at=UtcDateTime,
            buffer_before_minutes=Integer,
            buffer_after_minutes=Integer,
        )
    )


def _of_room(column: str) -> str:
    return (
        f"(SELECT room.{column} FROM booking JOIN room ON room.id = booking.room_id "
        "WHERE booking.id = near.booking_id)"
    )


def _slot_table(dialect: str, count: int) -> str:
    instant = "CAST(:{} AS timestamptz)" if dialect == "postgresql" else ":{}"
    names = ("from", "since", "until")
    rows = ", ".join(
        f"({n}, {', '.join(instant.format(f'{name}{n}') for name in names)})" for n in range(count)
    )
    return f"slot (number, beginning, since, until) AS (VALUES {rows})"


def _slot_parameters(count: int) -> list[BindParameter[datetime]]:
    return [
        bindparam(f"{name}{n}", type_=UtcDateTime)
        for n in range(count)
        for name in ("from", "since", "until")
    ]


_MEETS = "held.starts_at < slot.until AND held.ends_at > slot.since"


def _ours_by_index(dialect: str) -> dict[str, str]:
    """What is ours, in parts that an index serves each: its name → the condition."""
    return {
        # A short one that meets a slot started within a day before its start: a range of the index, for each slot.
        "ix_occupancy_short": f"{SHORT[dialect]} AND held.starts_at >= slot.beginning",
        "ix_occupancy_long": LONG[dialect],
    }


def _held(dialect: str, index: str) -> str:
    # Left alone, SQLite would rather make an index of its own for one question, out of the whole table.
    return "occupancy AS held" + (f" INDEXED BY {index}" if dialect == "sqlite" else "")
