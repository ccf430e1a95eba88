"""Imports of rooms and closures: all or nothing, once is enough, and an export changes nothing. On both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from booking.db import Database, reading, rehearsed, transaction
from booking.domain.access import Actor
from booking.domain.texts import LocalText
from booking.models import AuditEntry, OpeningException, Room, RoomFeature, Unit
from booking.services.imports import (
    EVERY_BOOKING,
    Imported,
    ImportRefused,
)
from booking.services.tables import own_id
from booking.services.units import DayHours, add_exception
from booking.services.wanted import Change, Done
from tests.services.test_bookings import wait_until_somebody_waits
from tests.support.tables import HOUSE, ROOM, STATION, acts, bring, refused, state, told
from tests.support.world import NOW, World, make_booking, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def test_a_new_room_has_all_that_its_row_says(database: Database, world: World) -> None:
    imported = bring(database, world.veli, ROOM)
    assert acts(imported) == ["added"]
    with reading(database) as session:
        room = session.scalars(select(Room).where(Room.external_id == "SALI-9")).one()
        assert (room.unit_id, room.name, room.capacity) == (
            world.rantakyla,
            LocalText("Uusi sali", "Nya salen"),
            40,
        )
        assert room.layouts == {"theatre": 40, "classroom": 24}
        assert room.equipment == ["display", "camera"]
        assert room.activities == ["meeting", "group"]
        assert room.activity_reasons == {"event": {"fi": "Naapurit nukkuvat."}}
        assert (room.latest_end_minute, room.available_until) == (21 * 60 + 30, date(2028, 6, 7))
        assert (room.step_minutes, room.published, len(room.spaces)) == (15, True, 1)
        facts = [(f.code, f.value, f.measure_cm, f.note, f.checked_on) for f in room.features]
        checked = date(2027, 2, 1)
        assert facts == [
            ("step_free", "yes", None, None, checked),
            ("door_width", "no", 70, LocalText("Ovi on kapea."), checked),
        ]
        assert {f.checked_by for f in room.features} == {"Esteettömyyskartoittaja"}


def test_the_same_file_twice_is_the_same_as_once(database: Database, world: World) -> None:
    closure = (
        f"external_id,unit,first_day,last_day,reason_fi\nK-1,{HOUSE},24.12.2027,,Aattona kiinni\n"
    )
    for kind, text in (("rooms", ROOM), ("closures", closure)):
        bring(database, world.veli, text, kind)
        before = state(database)
        assert acts(bring(database, world.veli, text, kind)) == ["unchanged"]
        assert state(database) == before


def test_a_change_is_told_with_what_was_and_what_is(database: Database, world: World) -> None:
    bring(database, world.veli, ROOM)
    text = f"external_id;unit;capacity;layouts;name_sv;owner\nSALI-9;{HOUSE};41;;;Siun sote\n"
    imported = bring(database, world.veli, text)
    assert imported.rows == (
        Done(
            2,
            "SALI-9",
            "Uusi sali",
            "changed",
            (
                Change("name_sv", "Nya salen", ""),
                Change("capacity", "40", "41"),
                Change("layouts", "theatre:40|classroom:24", ""),
                Change("owner", "", "Siun sote"),
            ),
        ),
    )
    with reading(database) as session:
        room = session.scalars(select(Room).where(Room.external_id == "SALI-9")).one()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "edit_room")).one()
        assert (room.name, room.layouts, room.owner) == (LocalText("Uusi sali"), {}, "Siun sote")
        assert (entry.object_id, entry.actor_id) == (room.id, world.veli.person_id)


def test_an_empty_cell_leaves_what_always_has_a_value(database: Database, world: World) -> None:
    text = f"external_id,unit,capacity,step_minutes\n{own_id('rooms', world.hall, ())},{HOUSE},,\n"
    assert acts(bring(database, world.veli, text)) == ["unchanged"]


def test_a_trial_leaves_no_trace(database: Database, world: World) -> None:
    before = state(database)
    imported = bring(database, world.veli, ROOM, run=rehearsed)
    assert acts(imported) == ["added"]
    assert state(database) == before


def test_one_wrong_row_undoes_all_and_every_fault_is_told(database: Database, world: World) -> None:
    number = own_id("rooms", world.half_a, ())
    rows = [
        f"A,{HOUSE},Uusi,5,event,,",
        f",{HOUSE},Uusi,5,,,",
        "B,Olematon,Uusi,5,,,",
        f"C,{HOUSE},Uusi,viisi,disco,,",
        f"D,{HOUSE},,0,,,",
        f"A,{HOUSE},Uusi,5,,,",
        f"room-999,{HOUSE},Uusi,5,,,",
        f"{number},{STATION},Uusi,5,,,",
        f"{'e' * 61},{HOUSE},Uusi,5,,,",
        f"F,{HOUSE},Uusi,5,,yes,",
        f"G,{HOUSE},Uusi,5,,yes,1.2.2027",
        f"H,{HOUSE},Uusi,5,,yes,2.3.2027",
    ]
    text = "external_id,unit,name_fi,capacity,activities,step_free,checked_on\n" + "\n".join(rows)
    assert told(refused(database, world.yllapito, text)) == [
        (3, "external_id", "table_id_needed"),
        (4, "unit", "table_no_unit"),
        (5, "capacity", "table_number"),
        (5, "activities", "table_choices"),
        (6, "name_fi", "name_required"),
        (6, "capacity", "number_out_of_range"),
        (7, "external_id", "table_double_id"),
        (8, "external_id", "table_own_id"),
        (9, "unit", "table_other_unit"),
        (10, "external_id", "table_id_too_long"),
        (11, "checked_on", "table_checked_on_needed"),
        (12, "checked_by", "table_checked_by_needed"),
        (13, "checked_on", "table_day_to_come"),
    ]


def test_a_row_of_another_unit_is_a_fault_of_that_row(database: Database, world: World) -> None:
    text = f"external_id,unit,name_fi,capacity\nA,{HOUSE},Uusi,5\nB,{STATION},Uusi,5\n"
    assert told(refused(database, world.veli, text)) == [(3, "unit", "table_not_your_unit")]
    assert acts(bring(database, world.yllapito, text)) == ["added", "added"]


def breaking(world: World) -> str:
    return (
        f"external_id,unit,capacity\nroom-{world.hall},{HOUSE},61\nroom-{world.half_a},{HOUSE},9\n"
    )


def test_a_row_that_breaks_bookings_is_refused_with_them_unless_they_are_accepted(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world, people=10)
    with pytest.raises(ImportRefused) as caught:
        bring(database, world.veli, breaking(world))
    [fault] = caught.value.faults
    assert (fault.row, fault.code) == (3, "table_breaks_bookings")
    assert [one.booking_id for one in fault.params["bookings"]] == [booking.id]
    assert [one.booking_id for one in caught.value.broken] == [booking.id]
    assert acts(caught.value.imported) == ["changed", "changed"]
    with pytest.raises(ImportRefused):
        bring(database, world.veli, breaking(world), accepted={booking.id + 1})
    imported = bring(database, world.veli, breaking(world), accepted={booking.id})
    assert acts(imported) == ["changed", "changed"]


def test_all_that_breaks_may_be_accepted_unseen(database: Database, world: World) -> None:
    make_booking(database, world, people=10)
    imported = bring(database, world.veli, breaking(world), accepted=EVERY_BOOKING)
    assert acts(imported) == ["changed", "changed"]


def test_a_closure_over_a_booking_is_a_fault_of_the_row_with_its_day(
    database: Database, world: World
) -> None:
    make_booking(database, world)
    text = f"external_id,unit,first_day,last_day\nK-1,{HOUSE},1.7.2027,\nK-2,{HOUSE},8.3.2027,12.3.2027\n"
    faults = refused(database, world.veli, text, "closures")
    assert told(faults) == [(3, "", "table_breaks_bookings")]


def test_closures_are_added_and_changed(database: Database, world: World) -> None:
    head = "external_id,unit,first_day,last_day,opens,closes,reason_fi,reason_sv"
    bring(database, world.veli, f"{head}\nK-1,{HOUSE},24.12.2027,,,,Aatto,\n", "closures")
    text = f"{head}\nK-1,{HOUSE},24.12.2027,26.12.2027,10.00,14:00:00,Joulu,Jul\n"
    [row] = bring(database, world.veli, text, "closures").rows
    assert row == Done(
        2,
        "K-1",
        HOUSE,
        "changed",
        (
            Change("last_day", "2027-12-24", "2027-12-26"),
            Change("opens", "", "10:00"),
            Change("closes", "", "14:00"),
            Change("reason_fi", "Aatto", "Joulu"),
            Change("reason_sv", "", "Jul"),
        ),
    )
    with reading(database) as session:
        found = session.scalars(select(OpeningException)).one()
        assert (found.day, found.last_day) == (date(2027, 12, 24), date(2027, 12, 26))
        assert (found.opens_minute, found.closes_minute) == (600, 840)
        assert (found.reason, found.external_id) == (LocalText("Joulu", "Jul"), "K-1")


def test_what_is_wrong_with_a_closure_is_told_by_column(database: Database, world: World) -> None:
    rows = [
        f"A,{HOUSE},,,,,",
        f"B,{HOUSE},2.7.2027,1.7.2027,,,",
        f"C,{HOUSE},1.7.2027,,8.00,,",
        f"D,{HOUSE},1.7.2027,,14.00,8.00,",
        f"E,{HOUSE},1.7.2027,,,,Stängt",
        f"closure-9,{HOUSE},1.7.2027,,,,",
    ]
    text = "external_id,unit,first_day,last_day,opens,closes,reason_sv\n" + "\n".join(rows)
    assert told(refused(database, world.veli, text, "closures")) == [
        (2, "first_day", "table_day"),
        (3, "last_day", "end_before_start"),
        (4, "opens", "both_times_or_none"),
        (5, "closes", "closes_before_opens"),
        (6, "reason_fi", "finnish_first"),
        (7, "external_id", "table_own_id"),
    ]


def test_closures_of_one_table_count_together_among_the_units_days(
    database: Database, world: World
) -> None:
    head = "external_id,unit,first_day,last_day\n"
    rows = [f"K-{year},{HOUSE},{year}-01-01,{year}-12-31\n" for year in range(2030, 2039)]
    faults = refused(database, world.veli, head + "".join(rows), "closures")
    assert told(faults) == [(10, "last_day", "too_many_exceptions")]


def test_an_import_and_an_edit_of_one_unit_at_once_are_counted_both(
    database: Database, world: World
) -> None:
    adding, may_go_on = threading.Event(), threading.Event()

    def add(session: Session) -> None:
        july = DayHours(date(2027, 7, 5), date(2027, 7, 5))
        add_exception(session, world.rantakyla, july, actor=world.yllapito, now=NOW)
        adding.set()
        assert may_go_on.wait(20)

    text = f"external_id,unit,first_day,last_day\nA,{HOUSE},1.7.2027,\nB,{HOUSE},2.7.2027,\n"
    with ThreadPoolExecutor(2) as pool:
        edited = pool.submit(transaction, database, add)
        assert adding.wait(20)
        imported = pool.submit(bring, database, world.veli, text, "closures")
        wait_until_somebody_waits(database)
        may_go_on.set()
        edited.result()
        assert acts(imported.result()) == ["added", "added"]
    with reading(database) as session:
        unit = session.get_one(Unit, world.rantakyla)
        assert (unit.version, len(unit.opening_exceptions)) == (4, 3)


FACTS = "external_id,unit,step_free,induction_loop,checked_on,checked_by\n"


def facts_of(database: Database, room_id: int) -> list[tuple[Any, ...]]:
    with reading(database) as session:
        rows = session.scalars(
            select(RoomFeature).where(RoomFeature.room_id == room_id).order_by(RoomFeature.code)
        )
        return [(row.code, row.value, row.checked_on, row.checked_by) for row in rows]


def test_a_later_check_renews_what_is_older_and_an_earlier_one_nothing(
    database: Database, world: World
) -> None:
    def row(loop: str, day: str, by: str) -> str:
        return f"{FACTS}room-{world.hall},{HOUSE},yes,{loop},{day},{by}\n"

    first, second = date(2027, 1, 5), date(2027, 2, 5)
    assert acts(bring(database, world.veli, row("no", "5.1.2027", "Kartoittaja"))) == ["changed"]
    assert facts_of(database, world.hall) == [
        ("induction_loop", "no", first, "Kartoittaja"),
        ("step_free", "yes", first, "Kartoittaja"),
    ]
    assert acts(bring(database, world.veli, row("no", "5.2.2027", "Vammaisneuvosto"))) == [
        "changed"
    ]
    checked = ("step_free", "yes", second, "Vammaisneuvosto")
    assert facts_of(database, world.hall)[1] == checked
    assert acts(bring(database, world.veli, row("no", "1.1.2027", "Joku"))) == ["unchanged"]
    assert acts(bring(database, world.veli, row("unknown", "", ""))) == ["changed"]
    assert facts_of(database, world.hall) == [("induction_loop", "unknown", None, None), checked]


def test_many_rows_read_the_catalogue_once_more_and_no_oftener(
    database: Database, world: World
) -> None:
    def statements(rows: int, name: str) -> int:
        text = "external_id,unit,name_fi,capacity,step_free,checked_on,checked_by\n" + "".join(
            f"{name}-{n},{HOUSE},Tila {n},5,yes,1.2.2027,Kartoittaja\n" for n in range(rows)
        )
        seen: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if "FROM room JOIN unit" in " ".join(statement.split()):
                seen.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        bring(database, world.veli, text)
        event.remove(database.engine, "before_cursor_execute", note)
        return len(seen)

    statements(1, "a")  # whoever comes first reads it for those that follow
    assert statements(2, "b") == statements(40, "c") == 1


def counted(database: Database, work: Callable[[], object]) -> int:
    """How many statements the work sends."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    work()
    event.remove(database.engine, "before_cursor_execute", note)
    return len(seen)


def closures(rows: int, name: str, reason: str) -> str:
    month = 4 if name == "few" else 8
    days = (date(2027, month, 1) + timedelta(days=n) for n in range(rows))
    return "external_id,unit,first_day,last_day,reason_fi\n" + "".join(
        f"{name}-{day},{HOUSE},{day},,{reason}\n" for day in days
    )


def rooms(rows: int, name: str, owner: str) -> str:
    head = "external_id,unit,name_fi,capacity,owner,step_free,checked_on,checked_by\n"
    checked_on = "2.2.2027" if owner == "after" else "1.2.2027"
    return head + "".join(
        f"{name}-{n},{HOUSE},Tila {n},5,{owner},yes,{checked_on},Kartoittaja\n" for n in range(rows)
    )


@pytest.mark.parametrize(
    ("kind", "written", "added", "changed"), [("closures", closures, 6, 6), ("rooms", rooms, 8, 7)]
)
def test_more_rows_ask_the_database_little_more_and_nothing_where_they_say_nothing_new(
    database: Database,
    world: World,
    kind: str,
    written: Callable[[int, str, str], str],
    added: int,
    changed: int,
) -> None:
    def told_by(rows: int, name: str, word: str, act: str) -> int:
        """How many statements bring so many rows to what they say."""
        text = written(rows, name, word)
        imported: list[Imported] = []
        number = counted(database, lambda: imported.append(bring(database, world.veli, text, kind)))
        assert imported[0].count(act) == rows
        return number

    def of_a_hundred(word: str, act: str) -> int:
        return told_by(120, "many", word, act) - told_by(20, "few", word, act)

    bring(database, world.veli, rooms(1, "first", "before"))  # each process reads what it keeps
    assert of_a_hundred("before", "added") <= 100 * added
    assert of_a_hundred("before", "unchanged") == 0
    assert of_a_hundred("after", "changed") <= 100 * changed


def test_the_audit_names_who_imported_from_the_terminal(database: Database, world: World) -> None:
    bring(database, Actor(person_id=None, name="yhteistila", is_admin=True), ROOM)
    with reading(database) as session:
        who = session.execute(select(AuditEntry.actor_id, AuditEntry.actor_name).distinct()).all()
        count = session.scalar(select(func.count()).select_from(AuditEntry))
    assert [tuple(row) for row in who] == [(None, "yhteistila")]
    assert count == 2  # the room, and its facts
