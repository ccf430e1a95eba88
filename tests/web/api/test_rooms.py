"""Rooms by the API: lists and their filters, one room with its version, pages."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.rooms import FEATURES, HYBRID_NEEDS
from booking.domain.texts import LocalText
from booking.models import Municipality, Region, Room
from tests.support.world import World
from tests.web.api.calls import Program
from tests.web.api.conftest import ProgramOf


def change_room(database: Database, room_id: int, **changes: Any) -> None:
    def work(session: Session) -> None:
        room = session.get_one(Room, room_id)
        for name, value in changes.items():
            setattr(room, name, value)

    transaction(database, work)


def make_a_region(database: Database) -> None:
    """Kitee lies in the region "keski"; of Joensuu it is not known."""

    def work(session: Session) -> None:
        town = next(one for one in session.scalars(select(Municipality)) if one.key == "kitee")
        town.region = Region(key="keski", name=LocalText("Keski-Karjala"))

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
                "region": None,
                "hybrid_ready": False,
                "outside_use": "unknown",
                "available_until": None,
                "elsewhere_url": None,
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
        ("region=keski", ["cabinet"]),
        ("region=elsewhere", []),
        ("hybrid=true", ["half_b"]),
        ("hybrid=false", ["hall", "half_a", "half_b", "cabinet"]),
    ],
)
def test_a_list_keeps_to_its_filters(
    nobody: Program, database: Database, world: World, query: str, names: list[str]
) -> None:
    make_a_region(database)
    change_room(database, world.half_b, equipment=sorted(HYBRID_NEEDS))
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


def test_a_room_that_is_not_published_is_there_for_its_unit_only(
    nobody: Program, program_of: ProgramOf, database: Database, world: World
) -> None:
    change_room(database, world.cabinet, published=False)
    path = f"/rooms/{world.cabinet}"
    for program in (nobody, program_of("veli"), program_of("anna")):
        answer = program.get(path)
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
        for method, below in (("PATCH", ""), ("PUT", "/features"), ("POST", "/blocks")):
            if program is not nobody:
                assert program.call(method, path + below, {}).status_code == 404
    assert program_of("aino").get(path).json["published"] is False
    change_room(database, world.hall, published=False)
    half = f"/rooms/{world.half_a}"
    assert nobody.get(half).json["shares_space_with"] == []
    assert program_of("veli").get(half).json["shares_space_with"] == [world.hall]
