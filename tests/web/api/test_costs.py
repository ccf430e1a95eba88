"""How often the API asks the database: as often for many rooms, dates and bookings as for few."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.unit_values import DayHours
from booking.models import RoomFeature, Space, Unit
from booking.services.blocks import block_room
from booking.services.units import add_exception
from calendars.period import Period
from tests.support.world import NOW, World, at, make_booking, make_room, slot
from tests.web.api.calls import Program
from tests.web.conftest import set_clock

WEEKLY = "/availability?starts_at=2027-03-10T10:00:00Z&ends_at=2027-03-10T12:00:00Z&weekly="
# What is asked, and how often the database is for it once the catalogue is in memory.
COSTS = {
    "/rooms?limit=500": 1,
    # The catalogue's number, the room, its features, its pictures, the rules of use.
    "/rooms/{hall}": 5,
    # The catalogue's number twice; what holds the room, ours and foreign.
    "/rooms/{hall}/next-free?minutes=60": 4,
    # The catalogue's number twice, and which spaces are held; of many dates once.
    "/availability?starts_at=2027-03-10T10:00:00Z&ends_at=2027-03-10T12:00:00Z": 3,
    f"{WEEKLY}2": 2,
    f"{WEEKLY}53": 2,
    "/units?limit=500": 1,
    # The catalogue's number, the unit, the rules of use.
    "/units/{rantakyla}": 3,
    "/units/{rantakyla}/closures": 2,
}


@pytest.fixture(autouse=True)
def _at_now(app: Flask) -> None:
    set_clock(app, NOW)


def counted(database: Database, ask: Callable[[], Any]) -> int:
    """How many statements are sent while `ask` is answered; what it finds is to be found."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        assert ask().status_code == 200
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return len(seen)


def costs(nobody: Program, database: Database, world: World) -> dict[str, int]:
    nobody.get("/rooms")
    ids = {"hall": world.hall, "rantakyla": world.rantakyla}
    return {path: counted(database, partial(nobody.get, path.format_map(ids))) for path in COSTS}


def fill(session: Session, world: World) -> None:
    """Thirty more rooms with features, a block a week, and closures."""
    unit = session.get_one(Unit, world.rantakyla)
    for number in range(30):
        space = Space(unit_id=unit.id, name=f"Tila {number}")
        room = make_room(session, unit, [space], f"Tila {number}", buffer_after_minutes=number % 2)
        room.features = [RoomFeature(code="lift", value="yes")]
    for week in range(20):
        period = Period(*(moment + timedelta(days=7 * week) for moment in (at(8, 8), at(8, 9))))
        block_room(session, world.hall, period, "Siivous", actor=world.veli, now=NOW)
        day = at(6, 8).date().replace(month=4, day=week + 1)
        add_exception(session, unit.id, DayHours(day, day), actor=world.veli, now=NOW)


def test_the_database_is_asked_as_often_for_many_as_for_few(
    nobody: Program, database: Database, world: World
) -> None:
    assert costs(nobody, database, world) == COSTS
    for day in (10, 11, 12):
        make_booking(database, world, period=slot(day, 10))
    transaction(database, lambda session: fill(session, world))
    grown = costs(nobody, database, world)
    # Where rooms keep a distance to others, one more question is asked: which bookings are near.
    near = {path: 1 for path in COSTS if "availability" in path}
    assert grown == {path: cost + near.get(path, 0) for path, cost in COSTS.items()}


def test_blocks_are_listed_in_one_look(veli: Program, database: Database, world: World) -> None:
    path = f"/rooms/{world.hall}/blocks"
    veli.get(path)
    few = counted(database, lambda: veli.get(path))
    transaction(database, lambda session: fill(session, world))
    veli.get(path)
    assert counted(database, lambda: veli.get(path)) == few
