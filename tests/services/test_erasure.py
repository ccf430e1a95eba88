"""Erasure: a mark is planted in every personal column of a person, and the whole database is looked through afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import JSON, MetaData, String, Text, delete, func, select

from booking.db import Database, reading, transaction
from booking.domain.retention import ERASED_NAME
from booking.errors import Forbidden, InvalidValues, NotFound
from booking.models import (
    AuditEntry,
    Base,
    Booking,
    Membership,
    Organisation,
    OutboxMessage,
    Person,
    Report,
    SignInAttempt,
    StaffRole,
    WaitingEntry,
)
from booking.queries.people import sign_in_of
from booking.services.erasure import STAYS, erase_by_email, erase_person, obstacles
from booking.services.people import person_by_email
from booking.services.sign_ins import open_sign_in, token_hash
from tests.support.acts import all_rows, do
from tests.support.marks import LATER, NAME, plant
from tests.support.world import NOW, World, make_booking, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def marked(database: Database) -> set[str]:
    """Every column of every table in which a mark, the name or the address stands; read from the database, not the models."""
    found = set()
    schema = MetaData()
    with reading(database) as session:
        schema.reflect(session.connection())
        for table in schema.tables.values():
            for column in table.columns:
                if not isinstance(column.type, String | Text | JSON):
                    continue
                values = [str(value) for value in session.scalars(select(column))]
                if any("vainu" in value or NAME in value for value in values):
                    found.add(f"{table.name}.{column.name}")
    return found


def test_every_personal_text_column_can_be_marked(database: Database, world: World) -> None:
    plant(database, world)
    personal = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if "personal" in column.info and isinstance(column.type, String | Text | JSON)
    }
    # A hash by which tries are counted bears nobody's mark; its row is looked for below.
    assert personal - marked(database) == {"sign_in_attempt.key"}


def test_after_an_erasure_nothing_tells_who_it_was_but_what_is_meant_to_stay(
    database: Database, world: World
) -> None:
    plant(database, world)
    do(database, erase_person, world.veli.person_id, actor=world.yllapito, now=LATER)
    assert marked(database) == set(STAYS)
    assert all(STAYS.values())
    assert all_rows(database, select(SignInAttempt)) == []


def test_the_person_stays_as_nobody_and_what_they_did_stays_counted(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    do(database, erase_person, world.anna.person_id, actor=world.anna, now=LATER)
    [anna] = all_rows(database, select(Person).where(Person.id == world.anna.person_id))
    assert (anna.name, anna.is_active, anna.erased_at) == (ERASED_NAME, False, LATER)
    assert anna.email.startswith("erased-")
    assert anna.email.endswith("@invalid")
    [row] = all_rows(database, select(Booking))
    counted = (row.asker_id, row.organisation_id, row.people, row.starts_at, row.state)
    assert counted == (
        anna.id,
        world.virta,
        10,
        booking.starts_at,
        "requested",
    )
    assert all_rows(database, select(Membership).where(Membership.person_id == anna.id)) == []


def test_the_audit_of_an_erasure_names_nobody(database: Database, world: World) -> None:
    make_booking(database, world)
    do(database, erase_person, world.anna.person_id, actor=world.anna, now=LATER)
    [entry] = all_rows(database, select(AuditEntry).where(AuditEntry.action == "erase_person"))
    assert (entry.actor_id, entry.actor_name) == (world.anna.person_id, ERASED_NAME)
    assert entry.after == {"bookings": 1, "mails": 1}
    names = all_rows(database, select(AuditEntry.actor_name).distinct())
    assert set(names) == {ERASED_NAME}


def test_erased_twice_is_erased_once(database: Database, world: World) -> None:
    for _n in range(2):
        do(database, erase_person, world.outi.person_id, actor=world.yllapito, now=LATER)
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.action == "erase_person"))
    assert len(entries) == 1


def test_no_sign_in_and_no_address_leads_back(database: Database, world: World) -> None:
    def sign_in(session: Any) -> str:
        person = session.get_one(Person, world.outi.person_id)
        return open_sign_in(session, person, None, NOW).token

    token = transaction(database, sign_in)
    do(database, erase_person, world.outi.person_id, actor=world.outi)
    with reading(database) as session:
        assert sign_in_of(session, token_hash(token), NOW) is None
        assert person_by_email(session, "outi@demo.example") is None


def test_mails_that_wait_are_not_sent(database: Database, world: World) -> None:
    make_booking(database, world)
    do(database, erase_person, world.anna.person_id, actor=world.anna, now=LATER)
    rows = all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))
    states = {row.recipient: row.state for row in rows}
    assert states == {"": "withdrawn", "veli@demo.example": "waiting"}


def test_an_open_report_stays_to_be_seen_to_without_its_reporter(
    database: Database, world: World
) -> None:
    fields = {"person_id": world.outi.person_id, "email": "outi@demo.example", "locale": "fi"}
    report = Report(
        kind="safety", text="Askelma irti", created_at=NOW, due_on=date(2027, 3, 15), **fields
    )
    transaction(database, lambda session: session.add(report))
    do(database, erase_person, world.outi.person_id, actor=world.outi)
    [row] = all_rows(database, select(Report))
    assert (row.text, row.state, row.email, row.person_id) == ("Askelma irti", "open", None, None)


def test_who_waits_for_a_room_waits_no_longer(database: Database, world: World) -> None:
    plant(database, world)
    do(database, erase_person, world.veli.person_id, actor=world.yllapito, now=LATER)
    assert all_rows(database, select(WaitingEntry.state)) == ["cancelled"]


def codes(database: Database, person_id: int | None, now: Any = NOW) -> list[tuple[str, Any]]:
    with reading(database) as session:
        person = session.get_one(Person, person_id)
        return [(one.code, one.params) for one in obstacles(session, person, now)]


def test_a_booking_to_come_is_in_the_way(database: Database, world: World) -> None:
    make_booking(database, world)
    with pytest.raises(InvalidValues) as refused:
        do(database, erase_person, world.anna.person_id, actor=world.anna)
    assert [fault.code for fault in refused.value.faults] == ["erase_coming_bookings"]
    assert codes(database, world.anna.person_id) == [("erase_coming_bookings", {"count": 1})]
    assert codes(database, world.anna.person_id, LATER) == []
    [anna] = all_rows(database, select(Person).where(Person.id == world.anna.person_id))
    assert (anna.name, anna.is_active) == ("Anna Virtanen", True)


def test_being_the_contact_of_anothers_booking_to_come_is_in_the_way(
    database: Database, world: World
) -> None:
    make_booking(database, world, contact_name="Outi Outo", contact_email="outi@demo.example")
    assert codes(database, world.outi.person_id) == [("erase_coming_bookings", {"count": 1})]


def test_bookings_to_come_with_another_contact_stay_the_associations(
    database: Database, world: World
) -> None:
    pekka = {"contact_name": "Pekka Virtanen", "contact_email": "pekka@demo.example"}
    make_booking(database, world, **pekka)
    do(database, erase_person, world.anna.person_id, actor=world.anna)
    [row] = all_rows(database, select(Booking))
    assert (row.contact_name, row.needs) == ("Pekka Virtanen", "Pyörätuolilla kulkeva osallistuja")
    assert row.state == "requested"
    # What waits for Pekka still goes out; it is nobody else's any more.
    mails = all_rows(database, select(OutboxMessage).where(OutboxMessage.kind == "asked"))
    told = [(mail.recipient, mail.state, mail.person_id) for mail in mails]
    assert told == [("pekka@demo.example", "waiting", None)]


def test_a_name_of_ones_own_under_another_address_is_in_the_way(
    database: Database, world: World
) -> None:
    make_booking(database, world, contact_name="Anna Virtanen", contact_email="koti@demo.example")
    assert codes(database, world.anna.person_id) == [("erase_coming_bookings", {"count": 1})]


def test_the_last_owner_hands_over_first_unless_alone(database: Database, world: World) -> None:
    assert codes(database, world.pekka.person_id) == [
        ("erase_last_owner", {"organisations": "Virta ry"})
    ]

    def leave(session: Any) -> None:
        session.execute(delete(Membership).where(Membership.person_id == world.anna.person_id))

    transaction(database, leave)
    assert codes(database, world.pekka.person_id) == []


def test_the_responsible_person_of_others_is_replaced_first(
    database: Database, world: World
) -> None:
    def name(session: Any) -> None:
        session.get_one(Organisation, world.virta).responsible_name = "Anna Virtanen"

    transaction(database, name)
    assert codes(database, world.anna.person_id) == [
        ("erase_responsible", {"organisations": "Virta ry"})
    ]
    # Somebody of the same name elsewhere is somebody else.
    assert codes(database, world.toini.person_id) == []


def test_the_responsible_person_who_is_alone_may_go(database: Database, world: World) -> None:
    def name(session: Any) -> None:
        toinen = session.get_one(Organisation, world.toinen)
        toinen.responsible_name, toinen.contact_email = "Toini Toinen", "toini@demo.example"

    transaction(database, name)
    do(database, erase_person, world.toini.person_id, actor=world.toini)
    [row] = all_rows(database, select(Organisation).where(Organisation.id == world.toinen))
    assert (row.responsible_name, row.contact_email, row.name) == (None, None, "Toinen yhdistys")


def test_the_last_administrator_stays(database: Database, world: World) -> None:
    assert codes(database, world.yllapito.person_id) == [("erase_last_admin", {})]

    def promote(session: Any) -> None:
        session.add(StaffRole(person_id=world.kaisa.person_id, role="admin"))

    transaction(database, promote)
    assert codes(database, world.yllapito.person_id) == []


def test_nobody_erases_another_but_an_administrator(database: Database, world: World) -> None:
    for actor in (world.anna, world.veli, world.kaisa):
        with pytest.raises(NotFound):
            do(database, erase_person, world.outi.person_id, actor=actor)
    active = all_rows(database, select(func.count()).where(Person.is_active))
    assert active == [len(world.actors)]
    do(database, erase_by_email, " OUTI@demo.example ", actor=world.yllapito)
    active = all_rows(database, select(func.count()).where(Person.is_active))
    assert active == [len(world.actors) - 1]


def test_a_reading_token_erases_nobody(database: Database, world: World) -> None:
    with pytest.raises(Forbidden):
        do(
            database,
            erase_person,
            world.outi.person_id,
            actor=replace(world.outi, may_write=False),
        )


def test_an_address_that_nobody_has_is_not_found(database: Database, world: World) -> None:
    with pytest.raises(NotFound):
        do(database, erase_by_email, "ei-ole@demo.example", actor=world.yllapito)
