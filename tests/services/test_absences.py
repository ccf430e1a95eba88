"""Absences: who may say that somebody stands in, who may stand in, and for how long the stand-in decides."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.errors import BookingError, Forbidden, InvalidValues, NotFound
from booking.models import Absence, AuditEntry, OutboxMessage, Person, StaffRole
from booking.queries.absences import absences_to_come, posts, staff_by_name
from booking.queries.bookings import booking_in_sight
from booking.queries.deciding import standing_in
from booking.queries.people import actor_of
from booking.services.absences import add_absence, end_absence
from booking.services.decisions import decide_booking
from tests.support.acts import all_rows, do
from tests.support.world import NOW, World, make_booking, make_world

TODAY = local(NOW).date()
WEEK = (TODAY, TODAY + timedelta(days=6))


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def away(
    database: Database,
    world: World,
    stand_in: str = "aino",
    days: tuple[date, date] = WEEK,
    by: str = "veli",
) -> int:
    """Veli is away from Rantakylä."""
    who = (id_of(world, "veli"), world.rantakyla, id_of(world, stand_in))
    made: Absence = do(database, add_absence, *who, *days, actor=world.actors[by])
    return made.id


def id_of(world: World, who: str) -> int:
    found = world.actors[who].person_id
    assert found is not None
    return found


def as_of(database: Database, world: World, who: str, day: date) -> Actor:
    with reading(database) as session:
        return actor_of(session, session.get_one(Person, id_of(world, who)), day)


def codes(error: Any) -> list[tuple[str, str]]:
    return [(fault.code, fault.field) for fault in error.value.faults]


def test_a_stand_in_decides_while_it_lasts_and_no_longer(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    away(database, world)
    days = {
        day: world.rantakyla in as_of(database, world, "aino", day).approver_units
        for day in (WEEK[0] - timedelta(days=1), *WEEK, WEEK[1] + timedelta(days=1))
    }
    assert list(days.values()) == [False, True, True, False]
    over = as_of(database, world, "aino", WEEK[1] + timedelta(days=1))
    with pytest.raises(NotFound):
        do(database, decide_booking, booking.id, "approve", 1, None, actor=over)
    standing = as_of(database, world, "aino", TODAY)
    done = do(database, decide_booking, booking.id, "approve", 1, None, actor=standing)
    assert done.decided_by_name == "Aino Arvioija"


def test_who_is_away_still_decides(database: Database, world: World) -> None:
    away(database, world)
    assert as_of(database, world, "veli", TODAY).approver_units == {world.rantakyla}


def test_requests_are_told_to_the_stand_in_instead(database: Database, world: World) -> None:
    away(database, world)
    make_booking(database, world)
    mails = all_rows(database, select(OutboxMessage).where(OutboxMessage.kind == "to_decide"))
    assert [mail.recipient for mail in mails] == ["aino@demo.example"]


@pytest.mark.parametrize("stand_in", ["outi", "anna", "pekka", "toini", "veli"])
def test_only_somebody_else_of_the_county_stands_in(
    database: Database, world: World, stand_in: str
) -> None:
    with pytest.raises(InvalidValues) as refused:
        away(database, world, stand_in)
    assert codes(refused) == [("bad_stand_in", "stand_in_id")]
    assert all_rows(database, select(Absence)) == []


def test_nobody_who_has_left_stands_in(database: Database, world: World) -> None:
    def leave(session: Session) -> None:
        session.get_one(Person, id_of(world, "kaisa")).is_active = False

    transaction(database, leave)
    with pytest.raises(InvalidValues, match="bad_stand_in"):
        away(database, world, "kaisa")
    with pytest.raises(InvalidValues, match="bad_stand_in"):
        do(
            database,
            add_absence,
            id_of(world, "veli"),
            world.rantakyla,
            999_999,
            *WEEK,
            actor=world.veli,
        )


@pytest.mark.parametrize("by", ["aino", "kaisa", "viivi", "anna", "outi"])
def test_nobody_sends_another_away_but_an_administrator(
    database: Database, world: World, by: str
) -> None:
    with pytest.raises(Forbidden, match="not_your_absence"):
        away(database, world, "kaisa", by=by)
    assert away(database, world, "kaisa", by="yllapito")


def test_nobody_is_away_from_a_unit_they_do_not_approve_for(
    database: Database, world: World
) -> None:
    who = (id_of(world, "veli"), world.kitee, id_of(world, "kaisa"))
    with pytest.raises(Forbidden, match="not_your_unit"):
        do(database, add_absence, *who, *WEEK, actor=world.veli)


def test_a_stand_in_hands_nothing_on(database: Database, world: World) -> None:
    away(database, world)
    standing = as_of(database, world, "aino", TODAY)
    who = (id_of(world, "aino"), world.rantakyla, id_of(world, "kaisa"))
    with pytest.raises(Forbidden, match="not_your_unit"):
        do(database, add_absence, *who, *WEEK, actor=standing)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((TODAY, TODAY - timedelta(days=1)), ("end_before_start", "last_day")),
        (
            (TODAY - timedelta(days=3), TODAY - timedelta(days=1)),
            ("in_the_past", "last_day"),
        ),
        ((TODAY, TODAY + timedelta(days=366)), ("absence_too_long", "last_day")),
    ],
)
def test_days_that_make_no_sense_are_refused(
    database: Database, world: World, days: tuple[date, date], expected: tuple[str, str]
) -> None:
    with pytest.raises(InvalidValues) as refused:
        away(database, world, days=days)
    assert codes(refused) == [expected]


def test_one_is_away_once_at_a_time(database: Database, world: World) -> None:
    away(database, world)
    after = (WEEK[1] + timedelta(days=1), WEEK[1] + timedelta(days=2))
    with pytest.raises(InvalidValues) as refused:
        away(database, world, "kaisa", (WEEK[1], after[1]))
    assert codes(refused) == [("absence_overlaps", "first_day")]
    away(database, world, "kaisa", after)
    assert len(all_rows(database, select(Absence))) == 2


@pytest.mark.parametrize("turn", range(4))
def test_of_two_absences_over_the_same_days_one_is_kept(
    database: Database, world: World, turn: int
) -> None:
    def said(stand_in: str) -> str:
        try:
            away(database, world, stand_in)
        except BookingError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(said, ("aino", "kaisa"))) == ["absence_overlaps", "done"]


def test_an_absence_ends_at_once(database: Database, world: World) -> None:
    absence = away(database, world)
    do(database, end_absence, absence, actor=world.veli)
    assert as_of(database, world, "aino", TODAY).approver_units == {world.kitee}
    entries = all_rows(database, select(AuditEntry).order_by(AuditEntry.id))
    assert [(one.action, one.object_kind, one.object_id) for one in entries] == [
        ("add_absence", "person", id_of(world, "veli")),
        ("end_absence", "person", id_of(world, "veli")),
    ]


@pytest.mark.parametrize("by", ["aino", "kaisa", "viivi", "anna"])
def test_nobody_ends_anothers_absence(database: Database, world: World, by: str) -> None:
    absence = away(database, world)
    with pytest.raises(NotFound):
        do(database, end_absence, absence, actor=world.actors[by])
    assert len(all_rows(database, select(Absence))) == 1
    do(database, end_absence, absence, actor=world.yllapito)
    with pytest.raises(NotFound):
        do(database, end_absence, absence, actor=world.yllapito)


def test_who_loses_the_role_takes_the_stand_ins_rights_along(
    database: Database, world: World
) -> None:
    away(database, world)

    def take(session: Session) -> None:
        own = StaffRole.person_id == id_of(world, "veli")
        session.delete(session.scalars(select(StaffRole).where(own)).one())

    transaction(database, take)
    assert as_of(database, world, "aino", TODAY).approver_units == {world.kitee}


def test_what_is_shown_is_ones_own_and_all_to_an_administrator(
    database: Database, world: World
) -> None:
    away(database, world)
    with reading(database) as session:
        listed = {
            who: [row.stand_in.name for row, _unit in absences_to_come(session, actor, TODAY)]
            for who, actor in world.actors.items()
        }
        own = {who: len(posts(session, actor)) for who, actor in world.actors.items()}
        staff = [name for _id, name in staff_by_name(session)]
    assert {who for who, found in listed.items() if found} == {"veli", "yllapito"}
    assert {who: count for who, count in own.items() if count} == {
        "veli": 1,
        "aino": 1,
        "yllapito": 2,
    }
    assert staff == [
        "Aino Arvioija",
        "Kaisa Koordinoija",
        "Veli Vastaava, palveluesihenkilö",
        "Viivi Viranhaltija",
        "Yrjö Ylläpito",
    ]


def test_who_stands_in_is_told_for_whom_and_until_when(database: Database, world: World) -> None:
    away(database, world)
    standing = as_of(database, world, "aino", TODAY)
    with reading(database) as session:
        [(absence, unit)] = standing_in(session, standing, TODAY)
        assert (absence.person.name, absence.last_day, unit.fi) == (
            "Veli Vastaava",
            WEEK[1],
            "Rantakylän hyvinvointitalo",
        )
        assert standing_in(session, standing, WEEK[1] + timedelta(days=1)) == []
        assert standing_in(session, world.veli, TODAY) == []


def test_an_expired_stand_in_does_not_even_see_the_request(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    away(database, world)
    over = as_of(database, world, "aino", WEEK[1] + timedelta(days=1))
    with reading(database) as session, pytest.raises(NotFound):
        booking_in_sight(session, booking.id, over)
