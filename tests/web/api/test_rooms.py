"""Rooms by the API: lists and their filters, one room with its version, pages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.rooms import FEATURES
from booking.domain.texts import LocalText
from booking.models import OpeningException, Room, RoomFeature
from tests.support.world import World
from tests.web.api.calls import Program


def change_room(database: Database, room_id: int, **changes: Any) -> None:
    def work(session: Session) -> None:
        room = session.get_one(Room, room_id)
        for name, value in changes.items():
            setattr(room, name, value)

    transaction(database, work)


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json["items"]]


def test_rooms_are_listed_without_a_token(nobody: Program, world: World) -> None:
    answer = nobody.get("/rooms?people=31")
    assert answer.json == {
        "items": [
            {
                "id": world.hall,
                "name": {"fi": "Sali"},
                "unit": {
                    "id": world.rantakyla,
                    "name": {"fi": "Rantakylän hyvinvointitalo"},
                    "open_for_booking": True,
                },
                "municipality": "joensuu",
                "address": "Esimerkkitie 1, Joensuu",
                "capacity": 60,
                "activities": ["event", "meeting", "group"],
                "features": dict.fromkeys(FEATURES, "unknown")
                | {"step_free": "yes", "induction_loop": "yes"},
            }
        ],
        "next": None,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["hall", "half_a", "half_b", "cabinet"]),
        ("municipality=kitee", ["cabinet"]),
        ("municipality=nowhere", []),
        ("activity=event", ["hall", "half_a", "half_b"]),
        ("people=30", ["hall", "half_a", "half_b"]),
        ("features=step_free", ["hall", "half_a", "half_b"]),
        # Of half B it is not known, of half A it is known not to be there: neither is promised.
        ("features=step_free,induction_loop", ["hall"]),
    ],
)
def test_a_list_keeps_to_its_filters(
    nobody: Program, world: World, query: str, names: list[str]
) -> None:
    assert ids(nobody.get(f"/rooms?{query}")) == [getattr(world, name) for name in names]


def test_a_list_of_one_unit(nobody: Program, world: World) -> None:
    assert ids(nobody.get(f"/rooms?unit={world.kitee}")) == [world.cabinet]


def test_pages_of_a_list_are_the_list(nobody: Program, world: World) -> None:
    found, address = [], "/rooms?limit=2&people=1"
    while address:
        answer = nobody.get(address)
        found.append(ids(answer))
        address = answer.json["next"]
    assert found == [[world.hall, world.half_a], [world.half_b, world.cabinet]]


def test_a_cursor_behind_a_room_that_has_gone_is_told(
    nobody: Program, database: Database, world: World
) -> None:
    address = nobody.get("/rooms?limit=1").json["next"]
    change_room(database, world.hall, published=False)
    answer = nobody.get(address)
    assert (answer.status_code, answer.json["errors"]["cursor"][0]["code"]) == (422, "bad_cursor")


TODAY = date.today()  # noqa: DTZ011 - a day near today is enough
UNKNOWN = dict.fromkeys(("note", "measure_cm", "checked_on", "checked_by")) | {"value": "unknown"}


def furnish(session: Session, world: World) -> None:
    """Give half A texts, other hours on some days, and a door that was measured."""
    room = session.get_one(Room, world.half_a)
    room.description = LocalText("Valoisa sali", "En ljus sal")
    room.unit.opening_exceptions = [
        OpeningException(day=TODAY - timedelta(days=9)),
        OpeningException(day=TODAY + timedelta(days=9), reason=LocalText("Remontti")),
        OpeningException(day=TODAY + timedelta(days=10), opens_minute=600, closes_minute=1440),
    ]
    session.add(
        RoomFeature(
            room_id=room.id,
            code="door_width",
            value="yes",
            note=LocalText("Pääovi"),
            measure_cm=95,
            checked_on=date(2026, 5, 4),
            checked_by="Esteettömyyskartoittaja",
        )
    )


DOOR = {
    "value": "yes",
    "note": {"fi": "Pääovi"},
    "measure_cm": 95,
    "checked_on": "2026-05-04",
    "checked_by": "Esteettömyyskartoittaja",
}
EXCEPTIONS = [
    {
        "day": (TODAY + timedelta(days=9)).isoformat(),
        "hours": [],
        "reason": {"fi": "Remontti"},
    },
    {
        "day": (TODAY + timedelta(days=10)).isoformat(),
        "hours": [{"opens": "10:00", "closes": "24:00"}],
        "reason": None,
    },
]
RULES = {
    "step_minutes": 15,
    "min_minutes": 30,
    "max_minutes": 720,
    "notice_minutes": 1440,
    "horizon_days": 400,
}


def test_a_room_has_its_facts_hours_and_rules(
    nobody: Program, database: Database, world: World
) -> None:
    transaction(database, lambda session: furnish(session, world))
    in_list = next(
        item for item in nobody.get("/rooms").json["items"] if item["id"] == world.half_a
    )
    assert nobody.get(f"/rooms/{world.half_a}").json == {
        **in_list,
        "features": {
            **dict.fromkeys(FEATURES, UNKNOWN),
            "step_free": {**UNKNOWN, "value": "yes"},
            "induction_loop": {**UNKNOWN, "value": "no"},
            "door_width": DOOR,
        },
        "description": {"fi": "Valoisa sali", "sv": "En ljus sal"},
        "arrival": None,
        "opening_hours": [
            {"weekday": weekday, "opens": "08:00", "closes": "20:00"} for weekday in range(1, 6)
        ],
        "opening_exceptions": EXCEPTIONS,
        "rules": RULES,
        "shares_space_with": [world.hall],
    }


def test_a_room_is_sent_again_only_when_it_has_changed(
    nobody: Program, database: Database, world: World
) -> None:
    path = f"/rooms/{world.half_a}"
    etag = nobody.get(path).headers["ETag"]
    known = nobody.get(path, If_None_Match=f'"other", W/{etag}')
    assert (known.status_code, known.headers["ETag"]) == (304, etag)
    change_room(database, world.half_a, capacity=20)
    changed = nobody.get(path, If_None_Match=etag)
    assert (changed.status_code, changed.json["capacity"]) == (200, 20)
    assert changed.headers["ETag"] != etag


def test_a_room_that_is_not_published_is_not_there(
    nobody: Program, database: Database, world: World
) -> None:
    change_room(database, world.cabinet, published=False)
    answer = nobody.get(f"/rooms/{world.cabinet}")
    assert (answer.status_code, answer.mimetype, answer.json) == (
        404,
        "application/problem+json",
        {
            "type": "urn:yhteistila:problem:not_found",
            "title": "Not Found",
            "status": 404,
            "code": "not_found",
            "detail": "There is nothing here, or you may not know of it.",
        },
    )
