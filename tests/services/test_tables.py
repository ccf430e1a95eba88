"""Exports of rooms and closures, and the ids by which a table finds them again. On both databases."""

from __future__ import annotations

from typing import Any

import pytest

from booking.db import Database, reading, transaction
from booking.domain.access import Actor
from booking.domain.columns import TABLES
from booking.domain.texts import LocalText
from booking.errors import Forbidden
from booking.models import Room, Unit
from booking.seed.demo import seed_demo
from tests.support.seeds import silent
from tests.support.tables import HOUSE, ROOM, STATION, acts, bring, export, refused, state, told
from tests.support.world import NOW, World, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def test_an_export_of_the_demo_changes_nothing(database: Database) -> None:
    seed_demo(database, NOW, silent, 1)
    admin = Actor(person_id=None, name="Testi", is_admin=True)
    for kind in TABLES:
        before, text = state(database), export(database, admin, kind)
        imported = bring(database, admin, text, kind)
        assert len(imported.rows) == imported.count("unchanged") > 30
        assert state(database) == before
        assert export(database, admin, kind) == text


def test_an_export_changes_nothing_whatever_a_text_holds(database: Database, world: World) -> None:
    def disturb(session: Any) -> None:
        room = session.get_one(Room, world.hall)
        room.name = LocalText("=SUMMA(A1)\u2028 ;+b  ", "'@c", '"\u0085')
        room.owner, room.step_minutes = "  ei siivottu\t", 90
        room.activities = ["group", "event"]

    transaction(database, disturb)
    before = state(database)
    imported = bring(database, world.veli, export(database, world.veli))
    assert acts(imported) == ["unchanged"] * 3
    assert state(database) == before


def test_what_has_no_id_is_found_by_its_number_and_keeps_none(
    database: Database, world: World
) -> None:
    text = f"external_id,unit,capacity\nroom-{world.half_a},{HOUSE},31\n"
    assert acts(bring(database, world.veli, text)) == ["changed"]
    assert acts(bring(database, world.veli, text)) == ["unchanged"]
    with reading(database) as session:
        room = session.get_one(Room, world.half_a)
        assert (room.external_id, room.capacity) == (None, 31)


def test_a_number_gives_way_to_an_external_id_that_looks_like_one(
    database: Database, world: World
) -> None:
    name = f"room-{world.half_a}"

    def give(session: Any) -> None:
        session.get_one(Room, world.hall).external_id = name

    transaction(database, give)
    bring(database, world.veli, f"external_id,unit,capacity\n{name},{HOUSE},61\n")
    text = export(database, world.veli)
    assert f"\r\n{name}," in text
    assert f"\r\nroom-0{world.half_a}," in text
    assert acts(bring(database, world.veli, text)) == ["unchanged"] * 3
    with reading(database) as session:
        found = [session.get_one(Room, id_).capacity for id_ in (world.hall, world.half_a)]
    assert found == [61, 30]


def test_two_ids_of_one_room_are_one_too_many(database: Database, world: World) -> None:
    text = f"external_id,unit,capacity\nroom-{world.half_a},{HOUSE},7\nroom-0{world.half_a},{HOUSE},8\n"
    assert told(refused(database, world.veli, text)) == [(3, "external_id", "table_double_id")]


@pytest.mark.parametrize("who", ["anna", "outi", "kaisa", "viivi"])
def test_who_keeps_no_rooms_neither_imports_nor_exports(
    database: Database, world: World, who: str
) -> None:
    with pytest.raises(Forbidden):
        bring(database, world.actors[who], ROOM)
    with pytest.raises(Forbidden):
        export(database, world.actors[who])


def test_an_export_holds_the_rooms_and_closures_of_ones_own_units(
    database: Database, world: World
) -> None:
    closures = (
        f"external_id,unit,first_day,last_day\nK-1,{HOUSE},1.7.2027,\nK-2,{STATION},1.7.2027,\n"
    )
    bring(database, world.yllapito, closures, "closures")
    lines = export(database, world.aino).splitlines()
    assert [line.split(",")[:3] for line in lines[1:]] == [
        [f"room-{world.cabinet}", STATION, "Kabinetti"]
    ]
    assert export(database, world.aino, "closures").splitlines()[1:] == [
        f"K-2,{STATION},2027-07-01,2027-07-01,,,,,"
    ]
    assert len(export(database, world.yllapito).splitlines()) == 5


def test_a_unit_is_found_by_its_external_id_before_its_name(
    database: Database, world: World
) -> None:
    def rename(session: Any) -> None:
        session.get_one(Unit, world.rantakyla).external_id = STATION
        session.get_one(Unit, world.kitee).name = LocalText(HOUSE)

    transaction(database, rename)
    text = "external_id,unit,name_fi,capacity\nA,{},Uusi,5\n"
    assert told(refused(database, world.veli, text.format(HOUSE))) == [
        (2, "unit", "table_two_units")
    ]
    assert acts(bring(database, world.veli, text.format(STATION))) == ["added"]
