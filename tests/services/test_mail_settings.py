"""How people want their mails: what may be put off or left out, and what comes at once whatever anybody says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.db import Database, reading, transaction
from booking.errors import InvalidInput
from booking.models import AuditEntry, Booking, MailSetting
from booking.services.decisions import decide_booking
from booking.services.escalation import remind_of_date
from booking.services.letters import GATHERABLE, SKIPPABLE, ways
from booking.services.mail_settings import TO_ASKERS, TO_DECIDERS, kinds_for, set_wishes, wishes
from tests.support.acts import all_rows, do
from tests.support.mails import mails
from tests.support.world import World, make_booking, make_world

AT_ONCE = {
    "date_reminder": "at_once",
    "slot_free": "at_once",
    "to_decide": "at_once",
    "changed_request": "at_once",
    "reminder": "at_once",
    "escalated": "at_once",
    "withdrawn": "at_once",
}


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def test_what_has_a_choice_is_what_may_wait_or_be_left_out() -> None:
    chosen = {kind for kind in (*TO_ASKERS, *TO_DECIDERS) if len(ways(kind)) > 1}
    assert chosen == GATHERABLE | SKIPPABLE
    assert [ways(kind) for kind in ("approved", "to_decide", "slot_free", "date_reminder")] == [
        ("at_once",),
        ("at_once", "daily"),
        ("at_once", "none"),
        ("at_once", "none"),
    ]


def test_all_comes_at_once_until_somebody_says_otherwise(database: Database, world: World) -> None:
    with reading(database) as session:
        assert wishes(session, world.veli.person_id or 0) == AT_ONCE


def test_wishes_are_kept_told_and_taken_back(database: Database, world: World) -> None:
    do(database, set_wishes, {"to_decide": "daily", "slot_free": "none"}, actor=world.veli)
    said = do(database, set_wishes, {"slot_free": "at_once"}, actor=world.veli)
    assert said == {**AT_ONCE, "to_decide": "daily"}
    rows = all_rows(database, select(MailSetting))
    assert [(row.person_id, row.kind, row.how) for row in rows] == [
        (world.veli.person_id, "to_decide", "daily")
    ]
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.action == "set_mails"))
    assert [(entry.before, entry.after) for entry in entries] == [
        (
            {"slot_free": "at_once", "to_decide": "at_once"},
            {"slot_free": "none", "to_decide": "daily"},
        ),
        ({"slot_free": "none"}, {"slot_free": "at_once"}),
    ]


def test_wishes_that_change_nothing_leave_no_trace(database: Database, world: World) -> None:
    do(database, set_wishes, {"to_decide": "at_once"}, actor=world.veli)
    assert all_rows(database, select(AuditEntry).where(AuditEntry.action == "set_mails")) == []


@pytest.mark.parametrize(
    ("kind", "how"),
    [("approved", "none"), ("to_decide", "none"), ("slot_free", "daily"), ("x", "daily")],
)
def test_what_must_come_cant_be_put_off(
    database: Database, world: World, kind: str, how: str
) -> None:
    with pytest.raises(InvalidInput, match="bad_mail_setting"):
        do(database, set_wishes, {kind: how}, actor=world.veli)
    assert all_rows(database, select(MailSetting)) == []


def test_a_mail_that_is_not_wanted_is_not_written(database: Database, world: World) -> None:
    do(database, set_wishes, {"date_reminder": "none"}, actor=world.anna)
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    now = booking.starts_at - timedelta(days=2)
    transaction(database, lambda session: remind_of_date(session, booking.id, now))
    with reading(database) as session:
        assert session.get_one(Booking, booking.id).reminded_on is not None
    assert "date_reminder" not in {mail.kind for mail in mails(database)}


def test_a_wish_counts_for_ones_own_mailbox_only(database: Database, world: World) -> None:
    do(database, set_wishes, {"date_reminder": "none"}, actor=world.anna)
    booking = make_booking(database, world, contact_email="puheenjohtaja@virta.example")
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    now = booking.starts_at - timedelta(days=2)
    transaction(database, lambda session: remind_of_date(session, booking.id, now))
    [reminder] = [mail for mail in mails(database) if mail.kind == "date_reminder"]
    assert (reminder.recipient, reminder.state) == ("puheenjohtaja@virta.example", "waiting")


def test_who_decides_nothing_is_asked_about_their_own_mails_only(
    database: Database, world: World
) -> None:
    assert kinds_for(world.anna) == TO_ASKERS
    assert kinds_for(world.veli) == kinds_for(world.kaisa) == (*TO_ASKERS, *TO_DECIDERS)
