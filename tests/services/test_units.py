"""Keeping units: who may, every fault, what breaks bookings to come; rules of use and quotas; on both databases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import Database
from booking.domain.texts import LocalText
from booking.errors import (
    BreaksBookings,
    Forbidden,
    InvalidValues,
    NotFound,
    PolicyRefusal,
    Stale,
)
from booking.models import (
    Quota,
    Terms,
    Unit,
)
from booking.services.units import (
    DayHours,
    add_exception,
    add_unit,
    edit_exception,
    edit_unit,
    remove_exception,
    set_hours,
    set_quotas,
    set_terms,
)
from tests.support.acts import all_rows, do
from tests.support.keeping import (
    WEDNESDAY,
    audit,
    faults,
    the_broken,
    unit_of,
)
from tests.support.world import NOW, World, make_booking, make_world, slot

SUMMER = (date(2027, 6, 1), date(2027, 8, 31))
RULES = LocalText("Jätä tila siistiksi.", "Städa efter dig.", "Leave the room tidy.")


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def test_a_unit_is_added_by_the_admin_and_is_not_open_yet(database: Database, world: World) -> None:
    municipality = unit_of(database, world).municipality_id
    values = {
        "name": LocalText("Uusi talo"),
        "address": "Esimerkkitie 3, Joensuu",
        "municipality_id": municipality,
        "contact_email": "uusi@demo.example",
    }
    unit = do(database, add_unit, values, actor=world.yllapito)
    assert (unit.open_for_booking, unit.version, unit.closed_on_holidays) == (False, 1, True)
    after = {
        "name": {"fi": "Uusi talo"},
        "address": "Esimerkkitie 3, Joensuu",
        "municipality_id": municipality,
    }
    assert audit(database) == [("add_unit", {}, after)]


@pytest.mark.parametrize("who", ["veli", "kaisa", "outi", "anna"])
def test_only_the_admin_adds_a_unit(database: Database, world: World, who: str) -> None:
    before = len(all_rows(database, select(Unit)))
    with pytest.raises(Forbidden, match="admin_only"):
        do(database, add_unit, {"name": LocalText("x")}, actor=world.actors[who])
    assert len(all_rows(database, select(Unit))) == before


def test_a_new_unit_lies_somewhere(database: Database, world: World) -> None:
    with pytest.raises(InvalidValues) as refused:
        do(database, add_unit, {"division_id": 999}, actor=world.yllapito)
    assert faults(refused) == [
        ("name_required", "name"),
        ("address_required", "address"),
        ("bad_choice", "municipality_id"),
        ("bad_choice", "division_id"),
    ]


def test_an_edit_sets_what_it_names_and_the_audit_keeps_no_contact(
    database: Database, world: World
) -> None:
    values = {
        "address": "Uusitie 1, Joensuu",
        "contact_email": "salainen@demo.example",
        "arrival": LocalText("Ovi on pihan puolella."),
    }
    unit = do(database, edit_unit, world.rantakyla, 1, values, actor=world.veli)
    assert (unit.version, unit.address, unit.name.fi) == (
        2,
        "Uusitie 1, Joensuu",
        "Rantakylän hyvinvointitalo",
    )
    before = {"address": "Esimerkkitie 1, Joensuu", "arrival": None}
    after = {
        "address": "Uusitie 1, Joensuu",
        "arrival": {"fi": "Ovi on pihan puolella."},
        "contact_email": "changed",
    }
    assert audit(database) == [("edit_unit", before, after)]


def test_an_edit_that_changes_nothing_is_no_change(database: Database, world: World) -> None:
    values = {"address": "Esimerkkitie 1, Joensuu"}
    unit = do(database, edit_unit, world.rantakyla, 1, values, actor=world.veli)
    assert (unit.version, audit(database)) == (1, [])


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"name": LocalText("")}, ("name_required", "name")),
        ({"address": ""}, ("address_required", "address")),
        ({"contact_email": "x"}, ("bad_email", "contact_email")),
        ({"contact_phone": "x"}, ("bad_phone", "contact_phone")),
        ({"arrival": LocalText("", "x")}, ("finnish_first", "arrival")),
        ({"external_id": "varattu"}, ("external_id_taken", "external_id")),
    ],
)
def test_an_edit_with_a_fault_changes_nothing(
    database: Database, world: World, values: dict[str, Any], fault: tuple[str, str]
) -> None:
    do(database, edit_unit, world.kitee, 1, {"external_id": "varattu"}, actor=world.aino)
    with pytest.raises(InvalidValues) as refused:
        do(database, edit_unit, world.rantakyla, 1, values, actor=world.veli)
    assert faults(refused) == [fault]
    assert unit_of(database, world).version == 1


def test_where_a_unit_lies_and_whether_it_lends_is_the_admins(
    database: Database, world: World
) -> None:
    [other] = all_rows(database, select(Unit.municipality_id).where(Unit.id == world.kitee))
    for values in ({"open_for_booking": False}, {"municipality_id": other}):
        with pytest.raises(Forbidden, match="admin_only"):
            do(database, edit_unit, world.rantakyla, 1, values, actor=world.veli)
    do(database, edit_unit, world.rantakyla, 1, {"open_for_booking": True}, actor=world.veli)
    assert unit_of(database, world).open_for_booking


def test_a_column_nobody_edits_is_a_mistake_of_the_caller(database: Database, world: World) -> None:
    with pytest.raises(ValueError, match="version"):
        do(database, edit_unit, world.rantakyla, 1, {"version": 9}, actor=world.veli)
    with pytest.raises(ValueError, match="version"):
        do(database, add_unit, {"version": 9}, actor=world.yllapito)


def test_closing_a_unit_for_booking_lists_what_it_breaks(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    closing = (world.rantakyla, 1, {"open_for_booking": False})
    with pytest.raises(BreaksBookings) as broken:
        do(database, edit_unit, *closing, actor=world.yllapito)
    assert broken.value.bookings == (the_broken(booking, "not_published"),)
    assert unit_of(database, world).open_for_booking
    do(database, edit_unit, *closing, [booking.id], actor=world.yllapito)
    assert not unit_of(database, world).open_for_booking
    with pytest.raises(PolicyRefusal, match="not_published"):
        make_booking(database, world, period=slot(11, 10))


CHANGES: list[tuple[Any, tuple[Any, ...]]] = [
    (edit_unit, ({"address": "Muualla 1"},)),
    (set_hours, ([], None)),
    (set_terms, (RULES,)),
    (set_quotas, ({"week": 600},)),
]


@pytest.mark.parametrize("who", ["anna", "aino", "kaisa", "viivi", "outi"])
def test_only_the_units_own_approver_keeps_it(database: Database, world: World, who: str) -> None:
    closed = DayHours(WEDNESDAY, WEDNESDAY)
    own = do(database, add_exception, world.rantakyla, closed, actor=world.veli)
    for change, rest in CHANGES:
        with pytest.raises(Forbidden, match="not_your_unit"):
            do(database, change, world.rantakyla, 2, *rest, actor=world.actors[who])
    with pytest.raises(Forbidden, match="not_your_unit"):
        do(database, add_exception, world.rantakyla, closed, actor=world.actors[who])
    with pytest.raises(Forbidden, match="not_your_unit"):
        do(database, edit_exception, own.id, 2, closed, actor=world.actors[who])
    with pytest.raises(Forbidden, match="not_your_unit"):
        do(database, remove_exception, own.id, actor=world.actors[who])
    assert unit_of(database, world).version == 2


def test_a_unit_or_exception_that_is_not_there_is_not_found(
    database: Database, world: World
) -> None:
    for change, rest in CHANGES:
        with pytest.raises(NotFound):
            do(database, change, 999, 1, *rest, actor=world.yllapito)
    closed = DayHours(WEDNESDAY, WEDNESDAY)
    with pytest.raises(NotFound):
        do(database, add_exception, 999, closed, actor=world.yllapito)
    with pytest.raises(NotFound):
        do(database, edit_exception, 999, 1, closed, actor=world.yllapito)
    with pytest.raises(NotFound):
        do(database, remove_exception, 999, actor=world.yllapito)


def test_a_change_on_an_older_version_is_refused(database: Database, world: World) -> None:
    closed = DayHours(WEDNESDAY, WEDNESDAY)
    own = do(database, add_exception, world.rantakyla, closed, actor=world.veli)
    for change, rest in CHANGES:
        with pytest.raises(Stale) as stale:
            do(database, change, world.rantakyla, 1, *rest, actor=world.veli)
        assert stale.value.params == {"current_version": 2}
    with pytest.raises(Stale):
        do(database, edit_exception, own.id, 1, closed, actor=world.veli)
    assert unit_of(database, world).version == 2


def test_rules_of_use_must_be_accepted_in_the_version_in_force(
    database: Database, world: World
) -> None:
    do(database, set_terms, world.rantakyla, 1, RULES, actor=world.veli)
    with pytest.raises(PolicyRefusal, match="terms_not_accepted"):
        make_booking(database, world)
    assert make_booking(database, world, terms_version=1).terms_version == 1
    newer = LocalText("Jätä tila siistiksi ja sammuta valot.")
    do(database, set_terms, world.rantakyla, 2, newer, actor=world.veli)
    with pytest.raises(PolicyRefusal, match="terms_not_accepted"):
        make_booking(database, world, terms_version=1, period=slot(11, 10))
    assert make_booking(database, world, terms_version=2, period=slot(11, 10)).terms_version == 2
    rows = all_rows(database, select(Terms).order_by(Terms.version))
    assert [(row.version, row.text, row.created_at) for row in rows] == [
        (1, RULES, NOW),
        (2, newer, NOW),
    ]


def test_rules_of_use_taken_away_ask_nothing_of_anybody(database: Database, world: World) -> None:
    do(database, set_terms, world.rantakyla, 1, RULES, actor=world.veli)
    do(database, set_terms, world.rantakyla, 2, None, actor=world.veli)
    assert make_booking(database, world).terms_version is None
    do(database, set_terms, world.rantakyla, 3, RULES, actor=world.veli)
    assert make_booking(database, world, terms_version=3, period=slot(11, 10)).terms_version == 3


def test_the_same_rules_of_use_are_no_new_version(database: Database, world: World) -> None:
    unchanged = do(database, set_terms, world.rantakyla, 1, None, actor=world.veli)
    assert (unchanged.version, all_rows(database, select(Terms))) == (1, [])
    do(database, set_terms, world.rantakyla, 1, RULES, actor=world.veli)
    do(database, set_terms, world.rantakyla, 2, RULES, actor=world.veli)
    assert len(all_rows(database, select(Terms))) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [(LocalText(" ", "Regler"), "finnish_first"), (LocalText("x" * 20_001), "too_long_text")],
)
def test_rules_of_use_with_a_fault_change_nothing(
    database: Database, world: World, text: LocalText, code: str
) -> None:
    with pytest.raises(InvalidValues) as refused:
        do(database, set_terms, world.rantakyla, 1, text, actor=world.veli)
    assert faults(refused) == [(code, "terms")]
    assert all_rows(database, select(Terms)) == []


def test_an_organisation_holds_its_quota_and_no_more(database: Database, world: World) -> None:
    do(database, set_quotas, world.rantakyla, 1, {"week": 180, "year": 6000}, actor=world.veli)
    make_booking(database, world)
    with pytest.raises(PolicyRefusal) as refused:
        make_booking(database, world, period=slot(11, 10))
    [refusal] = refused.value.refusals
    assert (refusal.code, refusal.params) == (
        "quota_exceeded",
        {"per": "week", "limit_minutes": 180, "used_minutes": 120},
    )
    make_booking(database, world, period=slot(17, 10))  # the week after
    do(database, set_quotas, world.rantakyla, 2, {"week": 240}, actor=world.veli)
    make_booking(database, world, period=slot(11, 10))
    limits = {row.per: row.limit_minutes for row in all_rows(database, select(Quota))}
    assert limits == {"week": 240}
    assert audit(database) == [
        ("set_quotas", {}, {"week": 180, "year": 6000}),
        ("set_quotas", {"week": 180, "year": 6000}, {"week": 240}),
    ]


@pytest.mark.parametrize("limits", [{"week": 0}, {"week": 366 * 1440 + 1}, {"day": 60}])
def test_quotas_with_a_fault_change_nothing(
    database: Database, world: World, limits: dict[str, int]
) -> None:
    [per] = limits
    with pytest.raises(InvalidValues) as refused:
        do(database, set_quotas, world.rantakyla, 1, limits, actor=world.veli)
    assert faults(refused) == [("number_out_of_range", per)]
    assert all_rows(database, select(Quota)) == []


def test_the_same_quotas_are_no_change(database: Database, world: World) -> None:
    do(database, set_quotas, world.rantakyla, 1, {"week": 180}, actor=world.veli)
    unit = do(database, set_quotas, world.rantakyla, 2, {"week": 180}, actor=world.veli)
    assert unit.version == 2
