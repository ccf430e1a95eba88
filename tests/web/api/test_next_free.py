"""When a room is next free, by the API: from now or later, within its rules, null where there is none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.models import Unit
from booking.services.blocks import block_room
from calendars.period import Period
from tests.support.world import NOW, World, at, make_booking, slot
from tests.web.api.calls import Program
from tests.web.api.conftest import ProgramOf
from tests.web.api.test_rooms import change_room
from tests.web.conftest import set_clock


@pytest.fixture(autouse=True)
def _at_now(app: Flask) -> None:
    """It is Monday 1.3.2027, 9.00; rooms must be asked for a day ahead."""
    set_clock(app, NOW)


def told(period: Period) -> dict[str, str]:
    return {"starts_at": period.start.isoformat(), "ends_at": period.end.isoformat()}


def test_the_next_free_time_is_behind_what_holds_the_room_and_its_neighbours(
    nobody: Program, database: Database, world: World
) -> None:
    path = f"/rooms/{world.hall}/next-free"
    assert nobody.get(f"{path}?minutes=120").json == told(slot(2, 9))
    make_booking(database, world, period=slot(2, 9, 9.5))
    # Until 20.00 there is an hour and a half left.
    rest = Period(at(2, 18, 30), at(2, 20))
    assert nobody.get(f"{path}?minutes=90").json == told(rest)
    assert nobody.get(f"{path}?minutes=120").json == told(slot(3, 8))
    later = f"{path}?minutes=120&from=2027-03-05T18:15:00%2B02:00"
    assert nobody.get(later).json == told(slot(8, 8))


def test_a_start_in_the_past_is_now(nobody: Program, world: World) -> None:
    path = f"/rooms/{world.half_a}/next-free?minutes=60&from=1970-01-02T00:00:00Z"
    assert nobody.get(path).json == told(slot(2, 9, 1))


def test_there_is_none_where_the_room_is_held_closed_or_not_lent(
    nobody: Program, database: Database, world: World
) -> None:
    path = f"/rooms/{world.cabinet}/next-free?minutes=60"
    beyond = at(1, 8) + timedelta(days=500)
    assert nobody.get(f"{path}&from={beyond:%Y-%m-%dT%H:%M:%SZ}").json is None
    change_room(database, world.cabinet, elsewhere_url="https://tilat.example/")
    assert nobody.get(path).json is None

    def keep(session: Session) -> None:
        months = Period(at(1, 8), at(1, 8) + timedelta(days=450))
        block_room(session, world.half_a, months, "Remontti", actor=world.veli, now=NOW)

    transaction(database, keep)
    assert nobody.get(f"/rooms/{world.hall}/next-free?minutes=60").json is None
    assert nobody.get(f"/rooms/{world.half_b}/next-free?minutes=60").json == told(slot(2, 9, 1))

    def close(session: Session) -> None:
        session.get_one(Unit, world.rantakyla).opening_hours = []

    transaction(database, close)
    assert nobody.get(f"/rooms/{world.half_b}/next-free?minutes=60").json is None


@pytest.mark.parametrize(
    ("query", "field", "code", "detail"),
    [
        ("", "minutes", "required", "This value is needed."),
        ("minutes=0", "minutes", "out_of_range", "The number must be from 1 to 2147483647."),
        ("minutes=15", "minutes", "out_of_range", "The number must be from 30 to 720."),
        ("minutes=735", "minutes", "out_of_range", "The number must be from 30 to 720."),
        ("minutes=2147483647", "minutes", "out_of_range", "The number must be from 30 to 720."),
        (
            "minutes=50",
            "minutes",
            "not_whole_steps",
            "The length must be a multiple of 15 minutes, since bookings begin and end at such times. "
            "Change one of the two.",
        ),
        ("minutes=x", "minutes", "not_whole_number", None),
        ("minutes=60&from=now", "from", "bad_instant", None),
        ("minutes=60&from=2100-01-01T00:00:00Z", "from", "bad_year", None),
        ("minutes=60&people=5", "people", "unknown_field", None),
    ],
)
def test_what_can_not_be_asked_is_named(
    nobody: Program, world: World, query: str, field: str, code: str, detail: Any
) -> None:
    answer = nobody.get(f"/rooms/{world.half_a}/next-free?{query}")
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    [fault] = answer.json["errors"][field]
    assert fault["code"] == code
    assert detail in (None, fault["detail"])


def test_a_hidden_room_is_free_for_its_unit_only(
    nobody: Program, program_of: ProgramOf, database: Database, world: World
) -> None:
    change_room(database, world.cabinet, published=False)
    path = f"/rooms/{world.cabinet}/next-free?minutes=60"
    assert nobody.get(path).status_code == 404
    # Nothing can be booked there yet, so there is no time to tell.
    assert program_of("aino").get(path).json is None
