"""Associations: named, changed, verified, put to rest, agreed with; and who may know and do what. On both databases."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import Database, reading
from booking.errors import (
    BookingError,
    Forbidden,
    InvalidInput,
    InvalidValues,
    NotFound,
    Stale,
    TooMany,
)
from booking.models import Agreement, AuditEntry, Booking, Membership, Organisation
from booking.queries import organisations as queries
from booking.queries.organisations import OrganisationFilter
from booking.services.organisations import (
    add_organisation,
    add_own_organisation,
    edit_organisation,
    set_active,
    set_agreement,
    verify_organisation,
)
from tests.support.acts import all_rows, do
from tests.support.world import NOW, World, make_booking, make_world

NEW = {"name": "Uusi Alku ry", "kind": "association"}
AGREEMENT = {
    "kind": "partnership",
    "valid_from": date(2027, 1, 1),
    "valid_until": None,
    "file_number": "12/2027",
}
RESPONSIBLE = {"responsible_name": "Toini Toinen"}


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def one(database: Database, organisation_id: int) -> Organisation:
    with reading(database) as session:
        return session.get_one(Organisation, organisation_id)


def add(database: Database, actor: Any, **changes: Any) -> Any:
    return do(database, add_own_organisation, {**NEW, **changes}, actor=actor)


def faults(call: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidValues) as error:
        call()
    return [(fault.code, fault.field) for fault in error.value.faults]


def entries(database: Database, organisation_id: int) -> list[AuditEntry]:
    of_it = (
        AuditEntry.object_kind == "organisation",
        AuditEntry.object_id == organisation_id,
    )
    return all_rows(database, select(AuditEntry).where(*of_it).order_by(AuditEntry.id))


def test_who_names_an_association_owns_it_and_books_before_it_is_verified(
    database: Database, world: World
) -> None:
    row = add(database, world.outi, y_tunnus="FI 3221317 – 4", register_number="123123")
    kept = (row.name, row.y_tunnus, row.register_number, row.verified_at, row.version)
    assert kept == ("Uusi Alku ry", "3221317-4", "123.123", None, 1)
    members = all_rows(database, select(Membership).where(Membership.organisation_id == row.id))
    assert [(one.person_id, one.role) for one in members] == [(world.outi.person_id, "owner")]


def test_a_hostile_name_is_cleaned_or_refused(database: Database, world: World) -> None:
    row = add(database, world.outi, name="\u202eyr  atriV\x00\r\n<script>", contact_email=None)
    assert row.name == "yr atriV <script>"
    assert faults(lambda: add(database, world.outi, name="x" * 200_000)) == [
        ("too_long_text", "name")
    ]
    assert faults(lambda: add(database, world.outi, name="\u202e\x00 ")) == [
        ("organisation_name_required", "name")
    ]


def test_all_that_is_wrong_is_told_at_once(database: Database, world: World) -> None:
    values = {
        "name": "",
        "kind": "unregistered",
        "y_tunnus": "3221317-5",
        "register_number": "x",
        "municipality_id": 999,
        "contact_email": "a@b.fi\r\nBcc: x@y.fi",
    }
    assert faults(lambda: add(database, world.outi, **values)) == [
        ("organisation_name_required", "name"),
        ("bad_email", "contact_email"),
        ("responsible_required", "responsible_name"),
        ("bad_y_tunnus", "y_tunnus"),
        ("bad_register_number", "register_number"),
        ("bad_choice", "municipality_id"),
    ]
    assert faults(lambda: add(database, world.outi, kind="county")) == [("bad_choice", "kind")]
    assert faults(lambda: add(database, world.outi, y_tunnus="0927140-5")) == [
        ("organisation_known", "y_tunnus")
    ]


def test_nobody_names_more_than_three_a_day(database: Database, world: World) -> None:
    for number in range(3):
        add(database, world.outi, name=f"Yhdistys {number}")
    with pytest.raises(TooMany):
        add(database, world.outi, name="Neljäs")
    assert add(database, world.toini, name="Toisen oma").id


def test_staff_add_verified_ones_and_others_cannot(database: Database, world: World) -> None:
    row = do(database, add_organisation, {**NEW, "kind": "municipality"}, actor=world.kaisa)
    assert (row.verified_at, row.verified_by_id) == (NOW, world.kaisa.person_id)
    for who in (world.pekka, world.veli, world.viivi):
        with pytest.raises(Forbidden):
            do(database, add_organisation, NEW, actor=who)


def test_the_owner_changes_it_and_a_new_name_is_verified_anew(
    database: Database, world: World
) -> None:
    values = {"field": "culture", "contact_email": "virta@example.fi"}
    row = do(database, edit_organisation, world.virta, 1, values, actor=world.pekka)
    assert (row.field, row.version, row.verified_at) == ("culture", 2, NOW)
    row = do(database, edit_organisation, world.virta, 2, {"name": "Uoma ry"}, actor=world.pekka)
    assert (row.name, row.version, row.verified_at) == ("Uoma ry", 3, None)
    by_audit = [(entry.before, entry.after) for entry in entries(database, world.virta)]
    # Of the mailbox only that it changed.
    assert by_audit == [
        ({"field": None}, {"contact_email": "changed", "field": "culture"}),
        ({"name": "Virta ry"}, {"name": "Uoma ry"}),
    ]


def test_what_the_coordinator_writes_stays_verified(database: Database, world: World) -> None:
    row = do(database, edit_organisation, world.virta, 1, {"name": "Uoma ry"}, actor=world.kaisa)
    assert (row.name, row.verified_at) == ("Uoma ry", NOW)


def test_a_change_that_changes_nothing_is_no_version(database: Database, world: World) -> None:
    same = {"name": " Virta   ry ", "y_tunnus": "FI09271405"}
    row = do(database, edit_organisation, world.virta, 1, same, actor=world.pekka)
    assert (row.version, entries(database, world.virta)) == (1, [])


def test_two_do_not_overwrite_each_other(database: Database, world: World) -> None:
    do(database, edit_organisation, world.virta, 1, {"field": "culture"}, actor=world.pekka)
    with pytest.raises(Stale) as error:
        do(database, edit_organisation, world.virta, 1, {"field": "sports"}, actor=world.kaisa)
    assert error.value.params == {"current_version": 2}
    assert one(database, world.virta).field == "culture"
    with reading(database) as session:
        missed = queries.saved_since(session, session.get_one(Organisation, world.virta), 1)
    assert [entry.action for entry in missed] == ["edit_organisation"]


ACTS: dict[str, Callable[[Database, World, Any], object]] = {
    "edit": lambda d, w, a: do(d, edit_organisation, w.virta, 1, {"field": "culture"}, actor=a),
    "verify": lambda d, w, a: do(d, verify_organisation, w.virta, actor=a),
    "rest": lambda d, w, a: do(d, set_active, w.virta, False, "Lopetettu", actor=a),
    "agree": lambda d, w, a: do(d, set_agreement, w.virta, None, AGREEMENT, actor=a),
}
ALL = ("outi", "toini", "anna", "pekka", "viivi", "veli", "aino", "kaisa", "yllapito")


@pytest.mark.parametrize(
    ("act", "may"),
    [
        ("edit", {"pekka", "kaisa", "yllapito"}),
        ("verify", {"veli", "aino", "kaisa", "yllapito"}),
        ("rest", {"kaisa", "yllapito"}),
        ("agree", {"kaisa", "yllapito"}),
    ],
)
def test_only_those_who_may_do_and_strangers_learn_nothing(
    database: Database, world: World, act: str, may: set[str]
) -> None:
    def outcome(who: str) -> str:
        try:
            ACTS[act](database, world, world.actors[who])
        except NotFound:
            return "not there"
        except Forbidden:
            return "may not"
        except Stale:
            return "done"  # somebody before has done it: they may, too
        return "done"

    seen = {who: outcome(who) for who in ALL}
    expected = {who: "done" if who in may else "may not" for who in ALL}
    assert seen == {**expected, "outi": "not there", "toini": "not there"}


def test_verified_is_what_was_seen(database: Database, world: World) -> None:
    owner = dataclasses.replace(world.toini, organisations={world.toinen: "owner"})
    values = {"name": "Aivan Muu", **RESPONSIBLE}
    do(database, edit_organisation, world.toinen, 1, values, actor=owner)
    with pytest.raises(Stale):
        do(database, verify_organisation, world.toinen, 1, actor=world.veli)
    row = do(database, verify_organisation, world.toinen, 2, actor=world.veli)
    assert (row.verified_at, row.verified_by_id) == (NOW, world.veli.person_id)
    again = do(database, verify_organisation, world.toinen, 2, actor=world.aino)
    assert again.verified_by_id == world.veli.person_id


def test_one_at_rest_asks_for_nothing_and_its_people_learn_why(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    with pytest.raises(InvalidInput):
        do(database, set_active, world.virta, False, "  ", actor=world.kaisa)
    do(database, set_active, world.virta, False, " Lakkautettu. ", actor=world.kaisa)
    with pytest.raises(Forbidden) as error:
        make_booking(database, world)
    assert error.value.code == "organisation_at_rest"
    with reading(database) as session:
        told = queries.put_to_rest(session, world.virta)
        assert told is not None
        assert (told.reason, told.actor_name) == ("Lakkautettu.", "Kaisa Koordinoija")
        assert session.get_one(Booking, booking.id).state == "requested"
        assert queries.bookable_organisations(session, world.anna) == []
        assert [row.id for row in queries.own_organisations(session, world.anna)] == [world.virta]
    do(database, set_active, world.virta, True, "Jatkaa", actor=world.kaisa)
    assert make_booking(database, world, room_id=world.half_b).state == "requested"


def test_an_agreement_is_written_and_written_anew(database: Database, world: World) -> None:
    row = do(database, set_agreement, world.virta, None, AGREEMENT, actor=world.kaisa)
    ends = {**AGREEMENT, "valid_until": date(2028, 12, 31)}
    do(database, set_agreement, world.virta, row.id, ends, actor=world.kaisa)
    do(database, set_agreement, world.virta, row.id, ends, actor=world.kaisa)
    kept = all_rows(database, select(Agreement))
    assert [(one.kind, one.valid_until) for one in kept] == [("partnership", date(2028, 12, 31))]
    assert [entry.after for entry in entries(database, world.virta)] == [
        {"file_number": "12/2027", "kind": "partnership", "valid_from": "2027-01-01"},
        {"valid_until": "2028-12-31"},
    ]
    assert one(database, world.virta).version == 3
    with pytest.raises(NotFound):
        do(database, set_agreement, world.toinen, row.id, ends, actor=world.kaisa)


def test_an_agreement_says_what_it_must(database: Database, world: World) -> None:
    wrong = {
        "kind": "marriage",
        "valid_from": date(2027, 1, 2),
        "valid_until": date(2027, 1, 1),
        "file_number": "x" * 61,
    }
    assert faults(
        lambda: do(database, set_agreement, world.virta, None, wrong, actor=world.kaisa)
    ) == [
        ("bad_choice", "kind"),
        ("end_before_start", "valid_until"),
        ("too_long_text", "file_number"),
    ]


def found(database: Database, actor: Any, text: str = "", **wanted: Any) -> list[str]:
    with reading(database) as session:
        narrowed = OrganisationFilter(text=text, **wanted)
        rows = queries.organisations(session, actor, narrowed, 50)
        assert queries.count_of(session, actor, narrowed) == len(rows)
    return [row.name for row in rows]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", ["Kylätupa", "Toinen yhdistys", "Virta ry", "ÄITI Öljymäki"]),
        ("äiti", ["ÄITI Öljymäki"]),
        ("ÖLJY", ["ÄITI Öljymäki"]),
        ("ry virta", ["Virta ry"]),
        ("092714", ["Virta ry"]),
        ("FI 0927140-5", ["Virta ry"]),
        ("123.12", ["Kylätupa"]),
        ("123123", ["Kylätupa"]),
        ("%", []),
        ("_", []),
        ("'; DROP TABLE organisation; --", []),
        ("x" * 10_000, []),
    ],
)
def test_an_association_is_found_by_words_and_numbers(
    database: Database, world: World, typed: str, names: list[str]
) -> None:
    for values in ({"name": "ÄITI Öljymäki"}, {"name": "Kylätupa", "register_number": "123123"}):
        do(database, add_organisation, {**NEW, **values}, actor=world.kaisa)
    assert sorted(found(database, world.viivi, typed)) == sorted(names)
    assert found(database, world.outi, typed) == []


def test_a_list_is_narrowed_and_paged(database: Database, world: World) -> None:
    do(database, set_active, world.virta, False, "Lepo", actor=world.kaisa)
    assert found(database, world.veli, unverified=True) == ["Toinen yhdistys"]
    assert found(database, world.veli, at_rest=True) == ["Virta ry"]
    assert found(database, world.veli, field="culture") == []
    with reading(database) as session:
        town = session.get_one(Organisation, world.virta).municipality_id
        assert queries.unverified(session) == 1
        page = queries.organisations(session, world.veli, OrganisationFilter(), 1)
        rest = queries.organisations(session, world.veli, OrganisationFilter(), 9, after=page[0].id)
        assert [row.name for row in (*page, *rest)] == ["Toinen yhdistys", "Virta ry"]
        with pytest.raises(NotFound):
            queries.organisations(session, world.toini, OrganisationFilter(), 9, after=world.virta)
    assert found(database, world.veli, municipality_id=town) == ["Virta ry"]


def test_the_search_for_booking_on_behalf_leaves_out_those_that_may_not_book(
    database: Database, world: World
) -> None:
    do(database, add_organisation, {**NEW, "name": "Pieni Virta"}, actor=world.kaisa)
    asleep = do(database, add_organisation, {**NEW, "name": "Virtanen"}, actor=world.kaisa)
    do(database, set_active, asleep.id, False, "Lepo", actor=world.kaisa)
    with reading(database) as session:
        names = [row.name for row in queries.search_organisations(session, "virta", 10)]
        assert [row.name for row in queries.search_organisations(session, "virta", 1)] == names[:1]
        everybody = queries.bookable_organisations(session, world.veli)
    assert names == ["Virta ry", "Pieni Virta"]
    assert "Virtanen" not in [row.name for row in everybody]


def test_likely_doubles_are_shown(database: Database, world: World) -> None:
    for values in (
        {"name": "VIRTA r.y."},
        {"name": "Virtaus ry"},
        {"name": "Aivan Muu", "register_number": "55"},
        {"name": "Jokin", "register_number": "55"},
    ):
        do(database, add_organisation, {**NEW, **values}, actor=world.kaisa)
    with reading(database) as session:
        rows = {row.name: row for row in session.scalars(select(Organisation))}
        alike = {
            name: [one.name for one in queries.alike(session, row)[0]] for name, row in rows.items()
        }
    assert alike == {
        "Virta ry": ["VIRTA r.y."],
        "VIRTA r.y.": ["Virta ry"],
        "Virtaus ry": [],
        "Toinen yhdistys": [],
        "Aivan Muu": ["Jokin"],
        "Jokin": ["Aivan Muu"],
    }


def test_one_is_in_sight_of_its_people_and_staff(database: Database, world: World) -> None:
    seen = {}
    with reading(database) as session:
        for who in ALL:
            try:
                queries.organisation_in_sight(session, world.virta, world.actors[who])
                seen[who] = True
            except NotFound:
                seen[who] = False
    assert seen == {who: who not in ("outi", "toini") for who in ALL}


def test_a_refusal_knows_its_code(database: Database, world: World) -> None:
    with pytest.raises(BookingError) as error:
        do(database, edit_organisation, world.virta, 1, {}, actor=world.anna)
    assert error.value.code == "owners_only"
    with pytest.raises(NotFound):
        do(database, edit_organisation, 10**9, 1, {}, actor=world.kaisa)
