"""Deciding: on a condition, over another calendar's claim, by whom; taking it back before it is told; who wins a race."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.access import Actor
from booking.domain.bookings import Action
from booking.domain.deciding import UNDO_WITHIN
from booking.domain.requests import BookingEdit
from booking.errors import (
    BookingError,
    Forbidden,
    InvalidInput,
    NotFound,
    RoomTaken,
    Stale,
    WrongState,
)
from booking.models import (
    AuditEntry,
    Booking,
    CalendarText,
    Occupancy,
    OutboxMessage,
    WaitingEntry,
)
from booking.queries.deciding import can_be_undone, undoable
from booking.services.bookings import cancel_booking, edit_booking, move_booking
from booking.services.decisions import decide_booking, undo_decision
from booking.services.outbox import claim_due
from booking.services.waiting import look_after_waiting, wait_for
from tests.support.acts import all_rows, do, held
from tests.support.world import NOW, World, make_booking, make_world, slot

SOON = NOW + timedelta(minutes=1)
LATE = NOW + UNDO_WITHIN


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def decided(
    database: Database, world: World, action: Action = "approve", reason: str | None = "Syy"
) -> Booking:
    booking = make_booking(database, world)
    done: Booking = do(database, decide_booking, booking.id, action, 1, reason, actor=world.veli)
    return done


def states(database: Database) -> list[str]:
    return [row.state for row in all_rows(database, select(Booking).order_by(Booking.id))]


def mails(database: Database) -> list[tuple[str, str]]:
    rows = all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))
    return [(row.kind, row.state) for row in rows]


def claim(database: Database, booking: Booking) -> None:
    """Another calendar says that the booking's room is busy then."""
    space = held(database)[0][0]
    stretch = {"starts_at": booking.starts_at, "ends_at": booking.ends_at}
    foreign = Occupancy(space_id=space, source="foreign", **stretch)
    transaction(database, lambda session: session.add(foreign))


def test_a_condition_is_kept_with_the_approval_and_told(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    said = (booking.id, "approve", 1, "Tervetuloa", "Tuokaa oma jatkojohto")
    done = do(database, decide_booking, *said, actor=world.veli)
    assert (done.state, done.reason, done.condition) == (
        "approved",
        "Tervetuloa",
        "Tuokaa oma jatkojohto",
    )
    [mail] = all_rows(database, select(OutboxMessage).where(OutboxMessage.kind == "approved"))
    assert "Tuokaa oma jatkojohto" in mail.body
    assert "Veli Vastaava, palveluesihenkilö" in mail.body


def test_a_rejection_has_no_condition(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    said = (booking.id, "reject", 1, "Remontti", "Tuokaa oma jatkojohto")
    assert do(database, decide_booking, *said, actor=world.veli).condition is None


def test_over_another_calendar_it_needs_a_reason_of_its_own_that_the_requester_does_not_read(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    claim(database, booking)
    for over in (None, ""):
        said = (booking.id, "approve", 1, "Tervetuloa", None, over)
        with pytest.raises(RoomTaken) as taken:
            do(database, decide_booking, *said, actor=world.veli)
        assert [met.kind for met in taken.value.conflicts] == ["foreign"]
    said = (booking.id, "approve", 1, "Tervetuloa", None, "Sovittu kahvilan kanssa")
    assert do(database, decide_booking, *said, actor=world.veli).reason == "Tervetuloa"
    [mail] = all_rows(database, select(OutboxMessage).where(OutboxMessage.kind == "approved"))
    assert "kahvilan" not in mail.body
    [entry] = all_rows(database, select(AuditEntry).where(AuditEntry.action == "approve_booking"))
    assert entry.after["over_foreign"] == "Sovittu kahvilan kanssa"


def test_a_reason_to_go_over_nothing_is_not_kept(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    said = (booking.id, "approve", 1, None, None, "Sovittu")
    do(database, decide_booking, *said, actor=world.veli)
    [entry] = all_rows(database, select(AuditEntry).where(AuditEntry.action == "approve_booking"))
    assert "over_foreign" not in entry.after


def test_the_coordinator_decides_once_it_was_passed_on(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    said = (booking.id, "approve", 1, None)
    for reached in (0, 1, 2):
        transaction(database, partial(escalated, booking.id, reached))
        with pytest.raises(Forbidden):
            do(database, decide_booking, *said, actor=world.kaisa)
    transaction(database, partial(escalated, booking.id, 3))
    done = do(database, decide_booking, *said, actor=world.kaisa)
    assert (done.state, done.decided_by_name) == ("approved", "Kaisa Koordinoija")


def escalated(booking_id: int, to: int, session: Session) -> None:
    session.execute(update(Booking).where(Booking.id == booking_id).values(escalation=to))


@pytest.mark.parametrize(("action", "kind"), [("approve", "approved"), ("reject", "rejected")])
def test_a_decision_taken_back_is_as_if_it_had_not_been(
    database: Database, world: World, action: Action, kind: str
) -> None:
    booking = decided(database, world, action)
    assert mails(database)[-1] == (kind, "waiting")
    back = do(database, undo_decision, booking.id, 2, actor=world.veli, now=SOON)
    assert (back.state, back.version, back.reason, back.decided_by_name, back.decided_at) == (
        "requested",
        3,
        None,
        None,
        None,
    )
    assert [source for _, source in held(database)] == ["booking"]
    assert mails(database)[-1] == (kind, "withdrawn")
    assert transaction(database, lambda s: claim_due(s, LATE, 10, None)) != []  # the first mail
    assert mails(database)[-1] == (kind, "withdrawn")
    again = do(database, decide_booking, booking.id, "approve", 3, None, actor=world.veli, now=SOON)
    assert again.state == "approved"
    assert mails(database)[-1] == ("approved", "waiting")


def test_the_feed_takes_back_what_it_showed_of_an_approval(
    database: Database, world: World
) -> None:
    booking = decided(database, world)
    do(database, undo_decision, booking.id, 2, actor=world.veli, now=SOON)
    [text] = all_rows(database, select(CalendarText))
    assert (text.status, "SEQUENCE:2" in text.text) == ("CANCELLED", True)


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("yllapito", Forbidden),  # may decide, but did not
        ("kaisa", Forbidden),
        ("viivi", Forbidden),
        ("anna", Forbidden),
        ("aino", NotFound),
        ("outi", NotFound),
    ],
)
def test_only_who_decided_takes_it_back(
    database: Database, world: World, who: str, error: type[Exception]
) -> None:
    booking = decided(database, world)
    with pytest.raises(error):
        do(database, undo_decision, booking.id, 2, actor=world.actors[who], now=SOON)
    assert states(database) == ["approved"]


def test_who_decides_no_more_takes_nothing_back(database: Database, world: World) -> None:
    booking = decided(database, world)
    viewing = dataclasses.replace(
        world.veli, approver_units=frozenset(), viewer_units=frozenset({world.rantakyla})
    )
    with pytest.raises(Forbidden):
        do(database, undo_decision, booking.id, 2, actor=viewing, now=SOON)


def test_after_its_minutes_a_decision_stands(database: Database, world: World) -> None:
    booking = decided(database, world)
    with pytest.raises(WrongState, match="too_late_to_undo"):
        do(database, undo_decision, booking.id, 2, actor=world.veli, now=LATE)
    assert states(database) == ["approved"]
    assert mails(database)[-1] == ("approved", "waiting")


def test_what_a_worker_has_in_hand_can_not_be_taken_back(database: Database, world: World) -> None:
    booking = decided(database, world)
    # Its clock is a little ahead of ours.
    transaction(database, lambda session: claim_due(session, LATE, 10, None))
    with pytest.raises(WrongState, match="too_late_to_undo"):
        do(database, undo_decision, booking.id, 2, actor=world.veli, now=SOON)
    assert states(database) == ["approved"]


def test_what_was_changed_since_can_not_be_taken_back(database: Database, world: World) -> None:
    booking = decided(database, world)
    moved = do(
        database,
        move_booking,
        booking.id,
        2,
        world.half_a,
        slot(11, 10),
        "Remontti",
        actor=world.veli,
        now=SOON,
    )
    with pytest.raises(Stale):
        do(database, undo_decision, booking.id, 2, actor=world.veli, now=SOON)
    with pytest.raises(WrongState, match="too_late_to_undo"):
        do(database, undo_decision, booking.id, moved.version, actor=world.veli, now=SOON)
    assert states(database) == ["approved"]


def test_a_rejection_is_not_taken_back_once_somebody_else_has_the_time(
    database: Database, world: World
) -> None:
    booking = decided(database, world, "reject")
    make_booking(database, world, title="Nopeampi")
    with pytest.raises(RoomTaken):
        do(database, undo_decision, booking.id, 2, actor=world.veli, now=SOON)
    assert states(database) == ["rejected", "requested"]
    assert ("rejected", "waiting") in mails(database)


def test_nothing_undecided_is_taken_back(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    with pytest.raises(WrongState, match="wrong_state"):
        do(database, undo_decision, booking.id, 1, actor=world.veli, now=SOON)
    done = decided(database, dataclasses.replace(world, half_a=world.half_b))
    do(database, cancel_booking, done.id, 2, "Peru", actor=world.veli, now=SOON)
    with pytest.raises(WrongState, match="wrong_state"):
        do(database, undo_decision, done.id, 3, actor=world.veli, now=SOON)


def test_what_can_be_taken_back_is_shown_to_who_decided_only(
    database: Database, world: World
) -> None:
    booking = decided(database, world)

    def seen(who: Actor, now: Any) -> tuple[bool, list[int]]:
        def look(session: Session) -> tuple[bool, list[int]]:
            row = session.get_one(Booking, booking.id)
            listed = [one.id for one in undoable(session, who, now)]
            return can_be_undone(session, row, who, now), listed

        return transaction(database, look)

    assert seen(world.veli, SOON) == (True, [booking.id])
    assert seen(world.yllapito, SOON) == (False, [])
    assert seen(world.veli, LATE) == (False, [])
    do(database, undo_decision, booking.id, 2, actor=world.veli, now=SOON)
    assert seen(world.veli, SOON) == (False, [])


def test_an_edit_since_then_ends_what_can_be_taken_back(database: Database, world: World) -> None:
    booking = decided(database, world)
    edit = BookingEdit(title="Uusi nimi")
    do(database, edit_booking, booking.id, 2, edit, actor=world.anna, now=SOON)
    with reading(database) as session:
        row = session.get_one(Booking, booking.id)
        assert not can_be_undone(session, row, world.veli, SOON)


def one_of(database: Database, *acts: Any) -> list[str]:
    """What becomes of acts done at once: "done", or the code of the refusal."""

    def outcome(act: Any) -> str:
        try:
            transaction(database, act)
        except BookingError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(outcome, acts))


@pytest.mark.parametrize("turn", range(4))
def test_of_two_approvers_one_decides(database: Database, world: World, turn: int) -> None:
    booking = make_booking(database, world)

    def by(actor: Actor, action: Action) -> Any:
        return lambda session: decide_booking(
            session, booking.id, action, 1, "Syy", actor=actor, now=NOW
        )

    found = one_of(database, by(world.veli, "approve"), by(world.yllapito, "reject"))
    assert found == ["done", "stale"]
    assert len([kind for kind, _ in mails(database) if kind in ("approved", "rejected")]) == 1


@pytest.mark.parametrize("turn", range(6))
def test_either_the_decision_is_taken_back_or_its_mail_goes_out(
    database: Database, world: World, turn: int
) -> None:
    booking = decided(database, world)
    # The worker's clock says that the mail is due, ours that it is not yet.
    claimed: list[int] = []

    def undo(session: Session) -> None:
        undo_decision(session, booking.id, 2, actor=world.veli, now=SOON)

    def send(session: Session) -> None:
        claimed.extend(
            mail.id for mail in claim_due(session, LATE, 10) if "hyväksytty" in mail.subject
        )

    found = one_of(database, *((undo, send) if turn % 2 else (send, undo)))
    undone = states(database) == ["requested"]
    assert found == (["done", "done"] if undone else ["done", "too_late_to_undo"])
    assert mails(database)[-1] == ("approved", "withdrawn" if undone else "waiting")
    assert bool(set(claimed)) != undone


@pytest.mark.parametrize("turn", range(4))
def test_either_the_decision_is_taken_back_or_the_booking_is_moved(
    database: Database, world: World, turn: int
) -> None:
    booking = decided(database, world)

    def undo(session: Session) -> None:
        undo_decision(session, booking.id, 2, actor=world.veli, now=SOON)

    def move(session: Session) -> None:
        move_booking(
            session, booking.id, 2, world.half_b, slot(11, 10), None, actor=world.anna, now=SOON
        )

    assert one_of(database, *((undo, move) if turn % 2 else (move, undo))) == ["done", "stale"]
    # Moved by its people it is a request again, too.
    assert states(database) == ["requested"]
    assert len(held(database)) == 1


def test_a_rejection_without_a_reason_is_none(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    with pytest.raises(InvalidInput, match="reason_required"):
        do(database, decide_booking, booking.id, "reject", 1, None, actor=world.veli)
    assert states(database) == ["requested"]


def test_what_may_still_be_taken_back_is_offered_to_nobody_who_waits(
    database: Database, world: World
) -> None:
    booking = make_booking(database, world)
    wish = (world.half_a, world.toinen, slot(10, 10), "meeting", 5)
    do(database, wait_for, *wish, actor=world.toini)
    do(database, decide_booking, booking.id, "reject", 1, "Syy", actor=world.veli)

    def offered(now: datetime) -> list[str]:
        transaction(database, lambda session: look_after_waiting(session, world.half_a, now))
        return [entry.state for entry in all_rows(database, select(WaitingEntry))]

    assert offered(SOON) == ["waiting"]
    assert offered(LATE) == ["offered"]
