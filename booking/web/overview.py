"""Rooms at a glance, for everybody: a unit's page, its week and its day, a municipality's week, a room's month.

Readable without signing in: says when a room is taken, never by whom. How a day looks is worked out elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, render_template

from booking.domain.local_time import local
from booking.domain.rooms import RoomRules
from booking.domain.texts import LocalText
from booking.i18n import short_day
from booking.queries.catalogue import Catalogue, catalogue
from booking.queries.contacts import phones, unit_in_full
from booking.queries.held import held_in_rooms
from booking.web import edge, timeline
from booking.web import week as weeks
from booking.web.dates import day_asked, month_after, month_asked, month_before, week_asked
from booking.web.free_days import DayLook, looks
from booking.web.reader import actor
from booking.web.search import USUAL_FEATURES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from booking.domain.free_time import Held

blueprint = Blueprint("overview", __name__)

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@blueprint.get("/units/<row:unit_id>")
def unit(unit_id: int) -> str:
    """A unit: where it is, how one gets there, whom to ask, and its rooms."""
    with edge.read() as session:
        rooms = _rooms_of_unit(catalogue(session), unit_id)
        found = unit_in_full(session, unit_id)
    return render_template(
        "overview/unit.html", unit=found, rooms=rooms, shown_features=USUAL_FEATURES
    )


@blueprint.get("/units/<row:unit_id>/week")
def unit_week(unit_id: int) -> str:
    """How much is free in a unit's rooms on each day of the week that `week` lies in."""
    with edge.read() as session:
        known = catalogue(session)
        rooms = _rooms_of_unit(known, unit_id)
        return _week_page(session, known, rooms, rooms[0].unit_name, {"unit_id": unit_id})


@blueprint.get("/municipalities/<key>/week")
def town_week(key: str) -> str:
    """The same for all rooms of a municipality."""
    with edge.read() as session:
        known = catalogue(session)
        rooms = [
            room for room in known.rooms.values() if room.municipality == key and room.published
        ]
        if not rooms:
            abort(404)
        return _week_page(session, known, rooms, known.municipalities[key], {"key": key})


def _week_page(
    session: Session,
    known: Catalogue,
    rooms: Sequence[RoomRules],
    name: LocalText,
    place: dict[str, Any],
) -> str:
    now = edge.now()
    today = local(now).date()
    first = week_asked("week", today)
    held = _held(session, known, rooms, first, 7)
    return render_template(
        "overview/week.html",
        name=name,
        place=place,
        rows=[(room, looks(room, held[room.id], first, now, 7)) for room in rooms],
        days=[first + n * _DAY for n in range(7)],
        today=today,
        week_number=first.isocalendar().week,
        span=f"{short_day(first)} – {short_day(first + 6 * _DAY)}",
        before=_within(first - _WEEK, today - timedelta(days=today.weekday()), rooms),
        after=_within(first + _WEEK, today - timedelta(days=today.weekday()), rooms),
    )


@blueprint.get("/units/<row:unit_id>/day")
def unit_day(unit_id: int) -> str:
    """A unit's rooms side by side on the day that the address names, today without it."""
    now = edge.now()
    today = local(now).date()
    day = day_asked("day", today)
    with edge.read() as session:
        known = catalogue(session)
        rooms = _rooms_of_unit(known, unit_id)
        held = _held(session, known, rooms, day, 1)
        days = [weeks.days(room, held[room.id], day, now, 1)[0] for room in rooms]
        is_too_late = _is_too_late(list(zip(rooms, days, strict=True)), now)
        phone = phones(session, [unit_id]).get(unit_id) if is_too_late else None
    line = timeline.axis(days)
    return render_template(
        "overview/day.html",
        unit_id=unit_id,
        name=rooms[0].unit_name,
        rows=[
            (room, laid, timeline.cells(laid, line) if line else [])
            for room, laid in zip(rooms, days, strict=True)
        ],
        hours=timeline.hours(line) if line else [],
        day=day,
        today=today,
        because=rooms[0].hours.because(day),
        is_too_late=is_too_late,
        phone=phone,
        before=_within(day - _DAY, today, rooms),
        after=_within(day + _DAY, today, rooms),
    )


@blueprint.get("/rooms/<row:room_id>/month")
def month(room_id: int) -> str:
    """A room's month: of each day whether it is free, partly free, full or closed."""
    now = edge.now()
    today = local(now).date()
    first = month_asked("month", today)
    this_week = today - timedelta(days=today.weekday())
    # What is over helps nobody; of a month that is over all is shown to who has an old link.
    is_over = month_after(first) <= this_week
    start = first if is_over else max(first, this_week)
    count = (month_after(first) - start).days
    with edge.read() as session:
        known = catalogue(session)
        room = known.room(room_id)
        if not room.published and not actor().decides_for(room.unit_id):
            abort(404)
        held = _held(session, known, [room], start, count)[room_id]
    days = looks(room, held, start, now, count)
    return render_template(
        "overview/month.html",
        room=room,
        weeks=_weeks(days),
        days=days,
        is_over=is_over,
        first=first,
        today=today,
        before=_within(month_before(first), today.replace(day=1), [room]),
        after=_within(month_after(first), today, [room]),
    )


def _is_too_late(rows: Sequence[tuple[RoomRules, weeks.Day]], now: datetime) -> bool:
    """Whether the day is open somewhere, and nothing of it can be asked for any more in any room that is lent."""
    lent = [(room, laid) for room, laid in rows if room.is_lent]
    kinds = {stretch.kind for _room, laid in lent for stretch in laid.stretches}
    return (
        "past" in kinds
        and "free" not in kinds
        # Not because it is too early to ask, or because a booking keeps its distance.
        and all(laid.day <= local(weeks.askable_from(room, now)).date() for room, laid in lent)
    )


def _weeks(days: Sequence[DayLook]) -> list[list[DayLook | None]]:
    """The days as rows from Monday to Sunday; None where the month has none."""
    padded = [None] * days[0].day.weekday() + list(days)
    padded += [None] * (-len(padded) % 7)
    return [padded[n : n + 7] for n in range(0, len(padded), 7)]


def _rooms_of_unit(known: Catalogue, unit_id: int) -> list[RoomRules]:
    """The unit's published rooms, for its own staff all; 404 where there are none to see."""
    is_own = actor().decides_for(unit_id)
    rooms = [
        room
        for room in known.rooms.values()
        if room.unit_id == unit_id and (room.published or is_own)
    ]
    if not rooms:
        abort(404)
    return rooms


def _held(
    session: Session, known: Catalogue, rooms: Sequence[RoomRules], first: date, count: int
) -> dict[int, list[Held]]:
    """What holds the rooms on the days from `first`, with buffers where any of them have some."""
    is_buffered = not known.buffered.isdisjoint(room.id for room in rooms)
    buffer = known.longest_buffer if is_buffered else 0
    return held_in_rooms(session, rooms, weeks.bounds(first, count), buffer)


def _within(day: date, earliest: date, rooms: Sequence[RoomRules]) -> date | None:
    """The day, if it is worth a link: not before `earliest`, and not beyond what can be asked for in any of the rooms."""
    horizon = max(room.horizon_days for room in rooms)
    is_worth = earliest <= day <= local(edge.now()).date() + timedelta(days=horizon)
    return day if is_worth else None
