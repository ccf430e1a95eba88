"""Retention: what the preview counts is what is done, once, in batches that may be killed, and told in counts only."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from booking.db import Database, reading, transaction
from booking.domain.access import ANONYMOUS
from booking.domain.retention import BY_KEY, ERASED_EMAIL, ERASED_NAME, RULES, Rule
from booking.errors import Forbidden, InvalidValues
from booking.models import (
    AuditEntry,
    Booking,
    CalendarText,
    CountySetting,
    Installation,
    Invitation,
    OutboxMessage,
    Person,
    Report,
    WaitingEntry,
)
from booking.services.invitations import invite
from booking.services.retention import (
    kept_days,
    last_runs,
    preview,
    purge,
    purge_nightly,
    set_kept_days,
)
from tests.support.acts import all_rows, do
from tests.support.world import NOW, World, at, make_booking, make_world, slot

NOTHING = dict.fromkeys(BY_KEY, 0)
USUAL = {rule.key: rule.days for rule in RULES}


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def counted(database: Database, now: datetime) -> dict[str, int]:
    with reading(database) as session:
        return preview(session, now)


def days_after(booking: Booking, days: int) -> datetime:
    return booking.ends_at + timedelta(days=days, minutes=1)


def add(database: Database, *rows: Any) -> None:
    transaction(database, lambda session: session.add_all(rows))


def mail(cause: str, state: str, created_at: datetime) -> OutboxMessage:
    return OutboxMessage(
        cause=cause,
        kind="asked",
        locale="fi",
        recipient_name="Anna",
        recipient="anna@demo.example",
        subject="Aihe",
        body="Teksti",
        html="<p>Teksti</p>",
        calendar="BEGIN:VCALENDAR",
        message_id=cause,
        state=state,
        last_error="550 anna@demo.example",
        created_at=created_at,
        next_try_at=created_at,
    )


def test_needs_go_after_the_date_and_only_their_number_is_told(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world, needed_features=["induction_loop"])
    assert counted(database, days_after(booking, 30) - timedelta(minutes=2))["needs"] == 0
    now = days_after(booking, 30)
    assert counted(database, now)["needs"] == 1
    assert purge(database, now)["needs"] == 1
    [row] = all_rows(database, select(Booking))
    assert (row.needs, row.needed_features) == (None, [])
    assert (row.version, row.contact_name) == (booking.version, "Anna Virtanen")
    [entry] = all_rows(database, select(AuditEntry).where(AuditEntry.action == "purge"))
    assert (entry.actor_name, entry.object_kind, entry.object_id) == ("Yhteistila", "retention", 1)
    assert (entry.before, entry.after) == ({}, {"rule": "needs", "rows": 1})
    audits = all_rows(database, select(AuditEntry))
    assert not any("Pyörä" in str((one.before, one.after, one.reason)) for one in audits)


def test_needs_given_as_features_only_go_too(database: Database, world: World) -> None:
    booking = make_booking(database, world, needs="", needed_features=["lift"])
    make_booking(database, world, needs="", needed_features=[], period=slot(11, 10))
    assert counted(database, days_after(booking, 40))["needs"] == 1


def test_the_contact_of_a_booking_becomes_nobody_and_the_rest_stays(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    purge(database, days_after(booking, 730))
    [row] = all_rows(database, select(Booking))
    assert (row.contact_name, row.contact_email) == (ERASED_NAME, ERASED_EMAIL)
    assert (row.title, row.people, row.organisation_id) == ("Hallituksen kokous", 10, world.virta)


def test_names_and_reasons_of_old_bookings_go_and_what_counts_stays(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world, is_public=True)
    words = {"reason": "Sopii", "condition": "Siivotkaa", "decided_by_name": "Veli Vastaava"}

    def decide(session: Any) -> None:
        session.execute(update(Booking).values(state="approved", **words))

    transaction(database, decide)
    uid = f"{booking.uuid}@{all_rows(database, select(Installation.uuid))[0]}"
    kept = {"revision": 1, "status": "CONFIRMED", "summary": "Kokous", "location": "", "text": ""}
    times = {"starts_at": booking.starts_at, "ends_at": booking.ends_at, "changed_at": NOW}
    add(database, CalendarText(uid=uid, audience="public", room_id=world.half_a, **kept, **times))
    assert purge(database, days_after(booking, 3650))["old_bookings"] == 1
    [row] = all_rows(database, select(Booking))
    assert (row.title, row.reason, row.condition, row.decided_by_name) == ("–", None, None, None)
    assert (row.state, row.room_id, row.people) == ("approved", world.half_a, 10)
    assert all_rows(database, select(CalendarText)) == []


def test_mails_are_emptied_and_their_cause_stays(database: Database, world: World) -> None:
    old, young = NOW - timedelta(days=91), NOW - timedelta(days=89)
    add(database, mail("old", "sent", old), mail("waits", "waiting", old))
    add(database, mail("given up", "failed", old), mail("young", "sent", young))
    assert counted(database, NOW)["mails"] == 2
    assert purge(database, NOW)["mails"] == 2
    rows = {row.cause: row for row in all_rows(database, select(OutboxMessage))}
    assert {cause: row.recipient for cause, row in rows.items()} == {
        "old": "",
        "given up": "",
        "waits": "anna@demo.example",
        "young": "anna@demo.example",
    }
    gone = rows["given up"]
    assert (gone.subject, gone.body, gone.html, gone.calendar, gone.last_error) == (
        "",
        "",
        None,
        None,
        None,
    )


def test_an_account_nobody_uses_is_erased(database: Database, world: World) -> None:
    # outi has no association; the others belong somewhere.
    now = NOW + timedelta(days=1096)
    assert counted(database, now)["idle_persons"] == 1
    assert purge(database, now)["idle_persons"] == 1
    [outi] = all_rows(database, select(Person).where(Person.id == world.outi.person_id))
    assert (outi.name, outi.is_active, outi.erased_at) == (ERASED_NAME, False, now)
    active = all_rows(database, select(func.count()).where(Person.is_active))
    assert active == [len(world.actors) - 1]


def test_an_account_that_acted_is_not_idle(database: Database, world: World) -> None:
    now = NOW + timedelta(days=1096)
    entry = AuditEntry(
        at=now - timedelta(days=2),
        actor_id=world.outi.person_id,
        actor_name="Outi Outo",
        action="sign_in",
        object_kind="person",
        object_id=world.outi.person_id,
        before={},
        after={},
    )
    add(database, entry)
    assert counted(database, now)["idle_persons"] == 0


def test_who_waited_is_forgotten_after_the_date(database: Database, world: World) -> None:
    fields = {
        "room_id": world.half_a,
        "organisation_id": world.virta,
        "asker_id": world.anna.person_id,
        "activity": "meeting",
        "people": 3,
        "created_at": NOW,
    }
    add(
        database,
        WaitingEntry(starts_at=at(2, 10), ends_at=at(2, 12), **fields),
        WaitingEntry(starts_at=at(3, 10), ends_at=at(3, 12), **fields),
    )
    assert purge(database, at(2, 12) + timedelta(days=90, hours=1))["waiting"] == 1
    assert [row.starts_at for row in all_rows(database, select(WaitingEntry))] == [at(3, 10)]


def test_answered_reports_are_emptied_and_open_ones_stay(database: Database, world: World) -> None:
    def report(state: str) -> Report:
        return Report(
            kind="a11y",
            email="outi@demo.example",
            person_id=world.outi.person_id,
            text="Väri ei erotu",
            state=state,
            created_at=NOW,
            due_on=date(2027, 3, 15),
            answer="Korjattu" if state == "answered" else None,
            answered_at=NOW if state == "answered" else None,
        )

    add(database, report("answered"), report("open"))
    assert purge(database, NOW + timedelta(days=731))["reports"] == 1
    rows = all_rows(database, select(Report).order_by(Report.id))
    assert [(row.text, row.email, row.answer) for row in rows] == [
        ("–", None, None),
        ("Väri ei erotu", "outi@demo.example", None),
    ]


def test_an_ended_invitation_forgets_whom_it_was_for(database: Database, world: World) -> None:
    do(database, invite, world.virta, "uusi@demo.example", "booker", False, actor=world.pekka)
    assert purge(database, NOW + timedelta(days=103))["invitations"] == 0
    assert purge(database, NOW + timedelta(days=105))["invitations"] == 1
    [row] = all_rows(database, select(Invitation))
    assert (row.email, row.role) == (ERASED_EMAIL, "booker")


def test_the_audit_goes_last(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    purge(database, NOW + timedelta(days=1825))
    told = all_rows(database, select(AuditEntry.action).where(AuditEntry.action != "purge"))
    assert "request_booking" in told
    purge(database, NOW + timedelta(days=1830))
    actions = all_rows(database, select(AuditEntry).where(AuditEntry.object_kind == "booking"))
    assert (actions, booking.state) == ([], "requested")


@pytest.mark.parametrize("days", [31, 800, 4000])
def test_what_the_preview_counts_is_what_is_done_and_then_nothing_is_left(
    database: Database, world: World, days: int
) -> None:
    for hour in range(8, 14, 2):
        make_booking(database, world, period=slot(10, hour))
    now = at(11, 8) + timedelta(days=days)
    expected = counted(database, now)
    assert expected["needs"] == 3
    done = purge(database, now)
    # Erasing an account empties its mails and bookings too, and the run itself adds to the audit: no more is done than counted.
    assert done == expected
    assert counted(database, now) == NOTHING
    assert purge(database, now) == NOTHING


def test_each_batch_is_told_to_whoever_listens(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    told: list[tuple[str, int]] = []

    def listen(rule: Rule, rows: int) -> None:
        told.append((rule.key, rows))

    purge(database, days_after(booking, 31), listen)
    assert told == [("needs", 1)]


def test_it_runs_once_a_night_whoever_asks(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    day = days_after(booking, 40).replace(hour=0, minute=30)  # half past two or three in Finland
    assert purge_nightly(database, day - timedelta(hours=1)) is None
    first = purge_nightly(database, day + timedelta(hours=4))
    assert first is not None
    assert first["needs"] == 1
    assert purge_nightly(database, day + timedelta(hours=5)) is None
    assert purge_nightly(database, day + timedelta(days=1, hours=4)) == NOTHING


def test_it_says_when_it_ran(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    with reading(database) as session:
        assert last_runs(session).done_on is None
    now = days_after(booking, 40)
    purge_nightly(database, now)
    with reading(database) as session:
        found = last_runs(session)
    assert (found.begun_on, found.done_on) == (now.date(), now.date())
    assert found.by_rule == {"needs": now}


def test_the_county_chooses_and_only_what_differs_is_kept(database: Database, world: World) -> None:
    chosen = {**USUAL, "needs": 7, "mails": 60}
    do(database, set_kept_days, chosen, actor=world.yllapito)
    settings = {row.key: row.value for row in all_rows(database, select(CountySetting))}
    assert settings == {"needs_days": 7, "mails_days": 60}
    with reading(database) as session:
        assert kept_days(session) == chosen
    do(database, set_kept_days, USUAL, actor=world.yllapito)
    assert all_rows(database, select(CountySetting)) == []
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.action == "set_retention"))
    assert [(entry.before, entry.after) for entry in entries] == [
        ({"needs": 30, "mails": 90}, {"needs": 7, "mails": 60}),
        ({"needs": 7, "mails": 60}, {"needs": 30, "mails": 90}),
    ]


def test_what_the_county_chose_is_what_is_done(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    do(database, set_kept_days, {**USUAL, "needs": 2}, actor=world.yllapito)
    assert counted(database, days_after(booking, 2))["needs"] == 1
    with reading(database) as session:
        assert preview(session, days_after(booking, 2), USUAL)["needs"] == 0


def test_only_an_administrator_chooses_and_only_what_is_allowed(
    database: Database, world: World
) -> None:
    for actor in (world.kaisa, world.veli, world.anna, ANONYMOUS):
        with pytest.raises(Forbidden):
            do(database, set_kept_days, USUAL, actor=actor)
    with pytest.raises(InvalidValues):
        do(database, set_kept_days, {**USUAL, "needs": 31}, actor=world.yllapito)
    assert all_rows(database, select(CountySetting)) == []
