"""Regions, municipalities and divisions: who may, every fault, and what the catalogue says afterwards; on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from booking.db import Database, reading
from booking.domain.texts import LocalText
from booking.errors import Forbidden, InvalidValues, NotFound
from booking.models import Division, Municipality, Region
from booking.queries.catalogue import catalogue
from booking.services.places import (
    add_division,
    add_region,
    edit_division,
    edit_region,
    place_municipality,
)
from tests.support.acts import all_rows, do
from tests.support.keeping import audit, faults
from tests.support.world import World, make_world

CENTRE = LocalText("Joensuun seutu", "Joensuuregionen", "Joensuu region")


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def joensuu(database: Database) -> Municipality:
    [row] = all_rows(database, select(Municipality).where(Municipality.key == "joensuu"))
    assert isinstance(row, Municipality)
    return row


def test_a_region_is_added_and_renamed(database: Database, world: World) -> None:
    region = do(database, add_region, "joensuun-seutu", LocalText("Seutu"), actor=world.yllapito)
    do(database, edit_region, region.id, CENTRE, actor=world.yllapito)
    do(database, edit_region, region.id, CENTRE, actor=world.yllapito)
    with reading(database) as session:
        assert catalogue(session).regions == {"joensuun-seutu": CENTRE}
    name = {"fi": "Joensuun seutu", "sv": "Joensuuregionen", "en": "Joensuu region"}
    assert audit(database, "region") == [
        ("add_region", {}, {"key": "joensuun-seutu", "name": {"fi": "Seutu"}}),
        ("edit_region", {"name": {"fi": "Seutu"}}, {"name": name}),
    ]


@pytest.mark.parametrize(
    ("key", "name", "expected"),
    [
        ("seutu", LocalText(" "), [("name_required", "name")]),
        ("seutu", LocalText("x" * 201), [("too_long_text", "name")]),
        ("", CENTRE, [("bad_key_text", "key")]),
        ("Seutu", CENTRE, [("bad_key_text", "key")]),
        ("seutu-", CENTRE, [("bad_key_text", "key")]),
        ("ylä-karjala", CENTRE, [("bad_key_text", "key")]),
        ("x" * 41, CENTRE, [("bad_key_text", "key")]),
        ("keski", CENTRE, [("key_taken", "key")]),
        ("keski", LocalText(""), [("name_required", "name"), ("key_taken", "key")]),
    ],
)
def test_a_region_with_a_fault_is_not_added(
    database: Database, world: World, key: str, name: LocalText, expected: list[tuple[str, str]]
) -> None:
    do(database, add_region, "keski", LocalText("Keski-Karjala"), actor=world.yllapito)
    with pytest.raises(InvalidValues) as refused:
        do(database, add_region, key, name, actor=world.yllapito)
    assert faults(refused) == expected
    assert all_rows(database, select(Region.key)) == ["keski"]


def test_a_municipality_is_put_into_a_region_and_that_is_made_sure_of(
    database: Database, world: World
) -> None:
    region = do(database, add_region, "seutu", CENTRE, actor=world.yllapito)
    place = joensuu(database).id
    do(database, place_municipality, place, region.id, False, actor=world.yllapito)
    assert not joensuu(database).region_is_checked
    do(database, place_municipality, place, region.id, True, actor=world.yllapito)
    do(database, place_municipality, place, region.id, True, actor=world.yllapito)
    assert joensuu(database).region_is_checked
    with reading(database) as session:
        assert catalogue(session).region_of == {"joensuu": "seutu"}
    assert audit(database, "municipality") == [
        ("place_municipality", {"region_id": None}, {"region_id": region.id}),
        ("place_municipality", {"is_checked": False}, {"is_checked": True}),
    ]


def test_no_region_is_never_made_sure_of(database: Database, world: World) -> None:
    region = do(database, add_region, "seutu", CENTRE, actor=world.yllapito)
    place = joensuu(database).id
    do(database, place_municipality, place, region.id, True, actor=world.yllapito)
    do(database, place_municipality, place, None, True, actor=world.yllapito)
    row = joensuu(database)
    assert (row.region_id, row.region_is_checked) == (None, False)


def test_a_municipality_lies_in_a_region_that_is_there(database: Database, world: World) -> None:
    with pytest.raises(InvalidValues) as refused:
        do(
            database,
            place_municipality,
            joensuu(database).id,
            999,
            True,
            actor=world.yllapito,
        )
    assert faults(refused) == [("bad_choice", "region_id")]


def test_a_division_is_added_and_renamed(database: Database, world: World) -> None:
    division = do(database, add_division, LocalText("Ikäihmiset"), actor=world.yllapito)
    do(
        database,
        edit_division,
        division.id,
        LocalText("Ikäihmisten palvelut"),
        actor=world.yllapito,
    )
    assert [row.name.fi for row in all_rows(database, select(Division))] == ["Ikäihmisten palvelut"]
    assert [action for action, *_rest in audit(database, "division")] == [
        "add_division",
        "edit_division",
    ]


def test_a_name_is_needed(database: Database, world: World) -> None:
    region = do(database, add_region, "seutu", CENTRE, actor=world.yllapito)
    division = do(database, add_division, LocalText("Ikäihmiset"), actor=world.yllapito)
    nameless: list[tuple[Any, tuple[Any, ...]]] = [
        (edit_region, (region.id,)),
        (edit_division, (division.id,)),
        (add_division, ()),
    ]
    for change, which in nameless:
        with pytest.raises(InvalidValues) as refused:
            do(database, change, *which, LocalText(""), actor=world.yllapito)
        assert faults(refused) == [("name_required", "name")]


def test_what_is_not_there_is_not_found(database: Database, world: World) -> None:
    for change in (edit_region, edit_division):
        with pytest.raises(NotFound):
            do(database, change, 999, CENTRE, actor=world.yllapito)
    with pytest.raises(NotFound):
        do(database, place_municipality, 999, None, False, actor=world.yllapito)


@pytest.mark.parametrize("who", ["veli", "aino", "kaisa", "anna", "outi"])
def test_only_the_admin_says_where_things_are(database: Database, world: World, who: str) -> None:
    region = do(database, add_region, "seutu", CENTRE, actor=world.yllapito)
    division = do(database, add_division, LocalText("Ikäihmiset"), actor=world.yllapito)
    changes: list[tuple[Any, tuple[Any, ...]]] = [
        (add_region, ("toinen", CENTRE)),
        (edit_region, (region.id, LocalText("Muu"))),
        (place_municipality, (joensuu(database).id, region.id, True)),
        (add_division, (LocalText("Muu"),)),
        (edit_division, (division.id, LocalText("Muu"))),
    ]
    for change, values in changes:
        with pytest.raises(Forbidden, match="admin_only"):
            do(database, change, *values, actor=world.actors[who])
    assert all_rows(database, select(Region.name)) == [CENTRE]
    assert all_rows(database, select(Division.name)) == [LocalText("Ikäihmiset")]
    assert joensuu(database).region_id is None
