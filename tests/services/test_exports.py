"""The export of one's own data: everything about a person, from every table that the models mark, and nothing of others."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from booking.db import Database, reading, transaction
from booking.domain.access import ANONYMOUS, Actor
from booking.errors import NotFound
from booking.models import Base, OutboxMessage, Person
from booking.queries.personal import LEFT_OUT, PATHS, POINTERS_LEFT_OUT, Whose
from booking.services.audit import record_look
from booking.services.decisions import decide_booking
from booking.services.exports import note_export, own_data
from booking.services.reports import add_report
from booking.services.sign_ins import open_sign_in
from tests.support.acts import do
from tests.support.world import NOW, World, make_booking, make_world

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def exported(database: Database, actor: Actor) -> dict[str, Any]:
    with reading(database) as session:
        found = own_data(session, actor=actor, now=NOW)
    # As it lies in the file.
    said: dict[str, Any] = json.loads(json.dumps(found))
    return said


def shown(model: Any) -> set[str]:
    return {
        f"{path.model.__tablename__}.{name}"
        for path in PATHS
        for name in path.shows
        if path.model is model
    }


def test_every_personal_column_is_in_the_export_or_left_out_with_a_reason() -> None:
    personal = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if "personal" in column.info
    }
    told = {name for path in PATHS for name in shown(path.model)}
    assert personal - told == set(LEFT_OUT)
    assert all(LEFT_OUT.values())


def test_every_column_that_points_at_a_person_leads_to_rows_of_the_export() -> None:
    who = Whose(1, "a@b.example", "A", ("x",))
    conditions = [str(path.rows(who)) for path in PATHS]
    pointers = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if any(key.column.table.name == "person" for key in column.foreign_keys)
    }
    followed = {name for name in pointers if any(name in condition for condition in conditions)}
    assert pointers - followed == set(POINTERS_LEFT_OUT)


def test_a_booking_comes_with_names_and_times_of_day(database: Database, world: World) -> None:
    booking_id = make_booking(database, world, needed_features=["step_free"]).id
    [booking] = exported(database, world.anna)["bookings"]
    expected = {
        "id": booking_id,
        "room_id": world.half_a,
        "room": {"fi": "Sali A"},
        "organisation_id": world.virta,
        "organisation": "Virta ry",
        "title": "Hallituksen kokous",
        "needs": "Pyörätuolilla kulkeva osallistuja",
        "needed_features": ["step_free"],
        "contact_name": "Anna Virtanen",
        "contact_email": "anna@demo.example",
        "starts_at": "2027-03-10T10:00:00+02:00",
        "ends_at": "2027-03-10T12:00:00+02:00",
        "state": "requested",
        "decided_by_name": None,
    }
    assert {name: booking[name] for name in expected} == expected


def test_it_holds_account_roles_and_what_was_done(database: Database, world: World) -> None:
    make_booking(database, world)
    found = exported(database, world.anna)
    assert (found["service"], found["made_at"]) == ("Yhteistila", "2027-03-01T09:00:00+02:00")
    [person] = found["person"]
    assert (person["name"], person["email"]) == ("Anna Virtanen", "anna@demo.example")
    assert found["memberships"] == [
        {"organisation_id": world.virta, "organisation": "Virta ry", "role": "booker"}
    ]
    assert [entry["action"] for entry in found["done_by_you"]] == ["request_booking"]
    assert [mail["kind"] for mail in found["mails"]] == ["asked"]


def test_it_tells_that_others_looked_at_ones_contact_but_not_who(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    do(database, record_look, booking, actor=world.veli, now=LATER)
    found = exported(database, world.anna)
    assert found["done_to_your_data"] == [
        {
            "at": "2027-03-01T10:00:00+02:00",
            "action": "read_contact",
            "object_kind": "booking",
            "object_id": booking.id,
        }
    ]
    assert "Veli" not in json.dumps(found["done_to_your_data"])


def test_a_decider_gets_the_decision_without_the_askers_contact_and_needs(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    found = exported(database, world.veli)
    assert [one["decided_by_name"] for one in found["decisions"]] == [
        "Veli Vastaava, palveluesihenkilö"
    ]
    assert (found["bookings"], found["contact_of_bookings"]) == ([], [])
    text = json.dumps(found, ensure_ascii=False)
    assert "Pyörätuolilla" not in text
    assert "anna@demo.example" not in text


def test_nothing_of_another_is_in_it(database: Database, world: World) -> None:
    make_booking(database, world)
    do(database, add_report, "a11y", "Väri erottuu huonosti", actor=world.anna)
    text = json.dumps(exported(database, world.outi), ensure_ascii=False)
    for others in ("Virtanen", "anna@", "Hallituksen kokous", "Väri", "Virta ry"):
        assert others not in text
    own = json.dumps(exported(database, world.anna), ensure_ascii=False)
    assert "Väri erottuu huonosti" in own


def test_the_mail_with_a_way_in_keeps_its_text_to_the_mailbox(
    database: Database, world: World
) -> None:
    def write(session: Any) -> None:
        for kind in ("sign_in", "asked"):
            session.add(
                OutboxMessage(
                    cause=kind,
                    kind=kind,
                    locale="fi",
                    recipient_name="Outi",
                    recipient="outi@demo.example",
                    subject="Aihe",
                    body="salainen-tunnus",
                    message_id=kind,
                    created_at=NOW,
                    next_try_at=NOW,
                )
            )

    transaction(database, write)
    found = exported(database, world.outi)["mails"]
    assert [(mail["kind"], mail["body"]) for mail in found] == [
        ("sign_in", None),
        ("asked", "salainen-tunnus"),
    ]


def test_secrets_are_not_in_it(database: Database, world: World) -> None:
    def sign_in(session: Any) -> Any:
        return open_sign_in(session, session.get_one(Person, world.anna.person_id), "Firefox", NOW)

    token = transaction(database, sign_in).token
    found = exported(database, world.anna)
    assert [one["device"] for one in found["sign_ins"]] == ["Firefox"]
    text = json.dumps(found)
    assert token not in text
    assert "hash" not in text
    assert "argon2" not in text


def test_taking_it_along_is_written_down(database: Database, world: World) -> None:
    do(database, note_export, actor=world.anna)
    found = exported(database, world.anna)["done_by_you"]
    assert [entry["action"] for entry in found] == ["export_own_data"]


def test_nobody_known_has_no_data(database: Database, world: World) -> None:
    assert world.anna.person_id
    with reading(database) as session, pytest.raises(NotFound):
        own_data(session, actor=ANONYMOUS, now=NOW)
    with pytest.raises(NotFound):
        do(database, note_export, actor=ANONYMOUS)
