"""A season of dates by the API: which rooms have most of them, and why not the others."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.rooms import HYBRID_NEEDS
from booking.models import OpeningHours, Unit
from booking.services.blocks import block_room
from tests.support.world import NOW, World, make_booking, slot
from tests.web.api.calls import Program
from tests.web.api.test_rooms import change_room, make_a_region
from tests.web.conftest import set_clock


@pytest.fixture(autouse=True)
def _at_now(app: Flask) -> None:
    """It is Monday 1.3.2027; Finland puts its clocks forward on 28.3."""
    set_clock(app, NOW)


def address(**changes: object) -> str:
    """Wednesdays 10–12 from 17.3. on, three of them."""
    asked = {
        "starts_at": "2027-03-17T10:00:00+02:00",
        "ends_at": "2027-03-17T12:00:00+02:00",
        "weekly": 3,
    }
    return f"/availability?{urlencode({**asked, **changes})}"


def season(room_id: int, free: int, **reasons: str) -> dict[str, Any]:
    by_date = {name.replace("d", "2027-").replace("_", "-"): code for name, code in reasons.items()}
    return {"room_id": room_id, "free": free, "taken": list(by_date), "reasons": by_date}


def test_rooms_are_told_most_free_first_with_the_reason_of_each_date(
    nobody: Program, database: Database, world: World
) -> None:
    # At the same time by the clock on the wall, an hour earlier in UTC once it is summer.
    make_booking(database, world, period=slot(31, 11, 1))
    make_booking(database, world, room_id=world.half_b, period=slot(17, 8, 2))
    make_booking(database, world, room_id=world.half_b, period=slot(31, 12, 1))

    def keep(session: Session) -> None:
        block_room(session, world.half_a, slot(17, 9), "Siivous", actor=world.veli, now=NOW)

    transaction(database, keep)
    assert nobody.get(address()).json == {
        "items": [
            season(world.cabinet, 3),
            season(world.half_b, 3),
            season(world.half_a, 1, d03_17="room_taken", d03_31="room_taken"),
            season(world.hall, 1, d03_17="room_taken", d03_31="room_taken"),
        ],
        "next": None,
    }


def test_rules_are_told_by_their_code(nobody: Program, database: Database, world: World) -> None:
    change_room(database, world.half_a, notice_minutes=20 * 1440)
    change_room(database, world.half_b, horizon_days=25)
    change_room(database, world.hall, min_minutes=180)
    found = {item["room_id"]: item["reasons"] for item in nobody.get(address()).json["items"]}
    days = ("2027-03-17", "2027-03-24", "2027-03-31")
    assert found == {
        world.cabinet: {},
        world.half_a: {days[0]: "too_late"},
        world.half_b: {days[2]: "beyond_horizon"},
        world.hall: dict.fromkeys(days, "too_short"),
    }


def test_a_date_whose_clocks_skip_the_time_is_said(
    nobody: Program, database: Database, world: World
) -> None:
    def open_always(session: Session) -> None:
        for unit in (world.rantakyla, world.kitee):
            session.get_one(Unit, unit).opening_hours = [
                OpeningHours(weekday=day, opens_minute=0, closes_minute=1440) for day in range(7)
            ]

    transaction(database, open_always)
    night = {
        "starts_at": "2027-03-21T03:15:00+02:00",
        "ends_at": "2027-03-21T04:15:00+02:00",
        "unit": world.kitee,
    }
    [found] = nobody.get(address(**night)).json["items"]
    assert found == season(world.cabinet, 2, d03_28="missing_hour")


def test_it_keeps_to_its_filters_and_pages(
    nobody: Program, database: Database, world: World
) -> None:
    make_a_region(database)
    change_room(database, world.half_b, equipment=sorted(HYBRID_NEEDS))

    def rooms(**changes: object) -> list[int]:
        return [item["room_id"] for item in nobody.get(address(**changes)).json["items"]]

    assert rooms(region="keski") == [world.cabinet]
    assert rooms(region="elsewhere") == []
    assert rooms(hybrid="true") == [world.half_b]
    assert rooms(people=31) == [world.hall]
    assert rooms(activity="event") == [world.half_a, world.half_b, world.hall]
    assert rooms(features="induction_loop") == [world.hall]
    first = nobody.get(address(limit=3))
    last = nobody.get(first.json["next"])
    pages = [[item["room_id"] for item in page.json["items"]] for page in (first, last)]
    assert pages == [[world.cabinet, world.half_a, world.half_b], [world.hall]]
    assert last.json["next"] is None
    gone = nobody.get(address(cursor="r999"))
    assert gone.json["errors"]["cursor"][0]["code"] == "bad_cursor"


def test_the_first_date_is_as_it_was_asked_in_a_doubled_hour(
    nobody: Program, database: Database, world: World
) -> None:
    """On 31.10.2027 the clocks show 3.15 twice; the second showing is asked for."""
    asked = {"starts_at": "2027-10-31T03:15:00+02:00", "ends_at": "2027-10-31T03:45:00+02:00"}
    answer = nobody.get(address(**asked))
    assert [item["free"] for item in answer.json["items"]] == [0, 0, 0, 0]
    turned = {"starts_at": "2027-10-31T03:45:00+03:00", "ends_at": "2027-10-31T03:15:00+02:00"}
    refused = nobody.get(address(**turned))
    assert refused.json["errors"]["ends_at"][0]["code"] == "weekly_within_a_day"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"ends_at": "2027-03-18T10:15:00+02:00"}, "ends_at", "weekly_within_a_day"),
        ({"ends_at": "2027-03-17T09:00:00+02:00"}, "ends_at", "end_before_start"),
        (
            {
                "starts_at": "2099-12-20T10:00:00+02:00",
                "ends_at": "2099-12-20T12:00:00+02:00",
            },
            "weekly",
            "bad_year",
        ),
    ],
)
def test_what_can_not_come_again_each_week_is_refused(
    nobody: Program, changes: dict[str, str], field: str, code: str
) -> None:
    answer = nobody.get(address(**changes))
    assert answer.status_code == 422
    named = {name: faults[0]["code"] for name, faults in answer.json["errors"].items()}
    assert named == {field: code}


def test_a_day_and_night_is_the_longest(nobody: Program, world: World) -> None:
    answer = nobody.get(address(ends_at="2027-03-18T10:00:00+02:00"))
    assert {item["reasons"]["2027-03-17"] for item in answer.json["items"]} == {"closed"}
