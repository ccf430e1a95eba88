"""Time a unit keeps for itself, on both databases."""

from __future__ import annotations

import pytest

from booking.db import Database
from booking.errors import (
    Conflict,
    Forbidden,
    RoomTaken,
)
from booking.services.blocks import block_room, lift_block
from tests.support.acts import do, held
from tests.support.world import World, make_booking, make_world, slot


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def test_blocks_join_and_part(database: Database, world: World) -> None:
    first = do(
        database, block_room, world.hall, slot(15, 8, hours=4), "Lattian vahaus", actor=world.veli
    )
    do(database, block_room, world.half_a, slot(15, 10, hours=4), "Inventaario", actor=world.veli)
    assert len(held(database)) == 2
    with pytest.raises(RoomTaken) as taken:
        make_booking(database, world, period=slot(15, 12, hours=1))
    assert taken.value.conflicts == (Conflict("block", slot(15, 8).start, slot(15, 14).start),)
    do(database, lift_block, first.id, actor=world.veli)
    do(database, lift_block, first.id, actor=world.veli)
    assert len(held(database)) == 1
    make_booking(database, world, period=slot(15, 8, hours=2))


def test_a_block_over_a_booking_is_refused_and_lists_it(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    with pytest.raises(RoomTaken) as taken:
        do(database, block_room, world.hall, slot(10, 8, hours=12), "Remontti", actor=world.veli)
    assert taken.value.conflicts == (Conflict("booking", booking.starts_at, booking.ends_at),)


@pytest.mark.parametrize("who", ["anna", "kaisa", "viivi", "aino", "outi"])
def test_only_the_units_approver_blocks(database: Database, world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        do(database, block_room, world.hall, slot(15, 8), "Oma", actor=world.actors[who])
