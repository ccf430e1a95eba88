"""Time a unit keeps for itself, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.db import Database
from booking.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    RoomTaken,
)
from booking.models import Block, Occupancy
from booking.services.blocks import block_room, block_weekly, lift_block, lift_series
from calendars.period import Period
from tests.support.acts import all_rows, do, held
from tests.support.world import World, at, make_booking, make_world, slot


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


WEEKS = [Period(at(day, 17), at(day, 19)) for day in (9, 16, 23)]


def test_blocks_of_one_act_hold_every_date_and_are_lifted_from_here_on(
    database: Database, world: World
) -> None:
    made = do(database, block_weekly, world.half_a, WEEKS, "Kuoron oma ilta", actor=world.veli)
    assert len({block.series for block in made}) == 1
    assert [(block.starts_at, block.ends_at) for block in made] == [
        (week.start, week.end) for week in WEEKS
    ]
    # After the first evening: what is over stays as it was.
    later = at(10, 9)
    do(database, lift_series, made[1].id, actor=world.veli, now=later)
    lifted = [block.lifted_at for block in all_rows(database, select(Block).order_by(Block.id))]
    assert lifted == [None, later, later]
    assert len(all_rows(database, select(Occupancy))) == 1


def test_blocks_of_one_act_are_all_or_none(database: Database, world: World) -> None:
    make_booking(database, world, period=WEEKS[1])
    make_booking(database, world, period=WEEKS[2])
    with pytest.raises(RoomTaken) as error:
        do(database, block_weekly, world.hall, WEEKS, "Kuoro", actor=world.veli)
    assert [met.starts_at for met in error.value.conflicts] == [WEEKS[1].start, WEEKS[2].start]
    assert all_rows(database, select(Block)) == []


def test_a_single_block_lifted_with_its_series_is_lifted_alone(
    database: Database, world: World
) -> None:
    [one, other] = (
        do(database, block_room, world.half_a, week, "Huolto", actor=world.veli)
        for week in WEEKS[:2]
    )
    do(database, lift_series, one.id, actor=world.veli)
    rows = all_rows(database, select(Block).order_by(Block.id))
    assert [row.lifted_at is None for row in rows] == [False, True]
    assert rows[1].id == other.id


def test_blocks_of_one_act_have_a_limit_and_a_future(database: Database, world: World) -> None:
    with pytest.raises(InvalidInput) as error:
        do(database, block_weekly, world.half_a, WEEKS * 18, "Kuoro", actor=world.veli)
    assert error.value.code == "too_many_dates"
    for periods in ([], [slot(1, 8, 0.5)]):
        with pytest.raises(InvalidInput) as error:
            do(database, block_weekly, world.half_a, periods, "Kuoro", actor=world.veli)
        assert error.value.code == "in_the_past"
    with pytest.raises(Forbidden):
        do(database, block_weekly, world.half_a, WEEKS, "Kuoro", actor=world.aino)
    with pytest.raises(NotFound):
        do(database, lift_series, 10_000, actor=world.veli)
