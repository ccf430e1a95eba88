"""Decisions, edits and moves by the API: versions, the order of refusals, and what becomes of the booking."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.models import Booking, Occupancy, OpeningException, OutboxMessage, Unit
from tests.support.world import World
from tests.web.api.calls import Program, soon, wish
from tests.web.api.conftest import ProgramOf
from tests.web.api.test_bookings import problem
from tests.web.api.test_rooms import change_room

ACTS = {
    "approve": {},
    "reject": {"reason": "Sali on remontissa."},
    "cancel": {"reason": "Sali on remontissa."},
    "move": {
        "starts_at": soon(14).isoformat(),
        "ends_at": soon(15).isoformat(),
        "reason": "Sali on remontissa.",
    },
}


@pytest.fixture
def made(anna: Program, world: World) -> dict[str, Any]:
    """Anna's request for half A, in version 1."""
    body: dict[str, Any] = anna.post("/bookings", wish(world)).json
    return body


def state_of(database: Database, booking_id: int) -> tuple[str, int]:
    with reading(database) as session:
        row = session.get_one(Booking, booking_id)
        return row.state, row.version


def held(database: Database) -> list[Any]:
    with reading(database) as session:
        return list(session.scalars(select(Occupancy.starts_at)))


@pytest.mark.parametrize("act", ACTS)
def test_a_change_needs_the_version_that_was_seen(
    veli: Program, database: Database, made: dict[str, Any], act: str
) -> None:
    path = f"/bookings/{made['id']}/{act}"
    missing = veli.post(path, ACTS[act])
    assert missing.json == problem(
        428,
        "Precondition Required",
        "version_required",
        "Send the ETag of the version you have seen in the header If-Match.",
    )
    for stale in ('"2"', 'W/"1"', '"01"', '"2", W/"1"', '"1', "nonsense", '"*"'):
        answer = veli.post(path, ACTS[act], If_Match=stale)
        assert answer.json == problem(
            412,
            "Precondition Failed",
            "stale",
            "Somebody has changed this meanwhile. Look at it as it is now, then decide.",
        )
        assert answer.headers["ETag"] == '"1"'
    assert state_of(database, made["id"]) == ("requested", 1)
    done = veli.post(path, ACTS[act], If_Match='"7", "1"')
    assert (done.status_code, done.headers["ETag"], done.json["version"]) == (200, '"2"', 2)


def test_approved_by_whoever_decides_for_the_unit(
    veli: Program, database: Database, made: dict[str, Any]
) -> None:
    answer = veli.post(f"/bookings/{made['id']}/approve", {"reason": "Tervetuloa"}, If_Match="*")
    assert answer.json == {
        **made,
        "state": "approved",
        "version": 2,
        "decided_by": "Veli Vastaava, palveluesihenkilö",
        "reason": "Tervetuloa",
        "decided_at": answer.json["changed_at"],
        "cancel_reason": None,
        "changed_at": answer.json["changed_at"],
    }
    with reading(database) as session:
        kinds = session.scalars(select(OutboxMessage.kind).order_by(OutboxMessage.id)).all()
    assert kinds == ["asked", "to_decide", "approved"]


def test_approving_needs_no_body_and_rejecting_needs_a_reason(
    veli: Program, anna: Program, world: World, made: dict[str, Any]
) -> None:
    approved = veli.send("POST", f"/bookings/{made['id']}/approve", None, None, {"If-Match": '"1"'})
    assert approved.json["state"] == "approved"
    other = anna.post("/bookings", wish(world, room_id=world.half_b)).json
    path = f"/bookings/{other['id']}/reject"
    refused = veli.post(path, {"reason": " "}, If_Match='"1"')
    text = "Write a reason. The requester will read it."
    assert refused.json == problem(
        422,
        "Unprocessable Entity",
        "reason_required",
        text,
        errors={"reason": [{"code": "reason_required", "detail": text}]},
    )
    rejected = veli.post(path, {"reason": "Täynnä"}, If_Match='"1"')
    assert (rejected.json["state"], rejected.json["reason"]) == ("rejected", "Täynnä")


def test_refusals_come_in_the_order_of_what_the_caller_may_know(
    nobody: Program, program_of: ProgramOf, made: dict[str, Any]
) -> None:
    path = f"/bookings/{made['id']}/approve"
    bad = {"state": "approved"}

    def answer(program: Program, **headers: str) -> tuple[int, str]:
        told = program.post(path, bad, **headers)
        return told.status_code, told.json["code"]

    assert answer(nobody) == (401, "token_required")
    assert answer(program_of("outi")) == (404, "not_found")
    assert answer(program_of("aino")) == (404, "not_found")
    assert answer(program_of("anna")) == (403, "not_your_decision")
    assert answer(program_of("viivi")) == (403, "not_your_decision")
    veli = program_of("veli")
    assert answer(veli) == (428, "version_required")
    assert answer(veli, If_Match='"9"') == (412, "stale")
    assert answer(veli, If_Match='"1"') == (422, "invalid")
    assert veli.post(path, {}, If_Match='"1"').status_code == 200
    again = veli.post(path, {}, If_Match='"2"')
    assert again.json == problem(
        409,
        "Conflict",
        "wrong_state",
        "The booking is approved, so this can no longer be done. Look at it as it is now.",
    )
    assert veli.post(path, {}, If_Match='"1"').status_code == 412


def test_who_sees_a_booking_may_not_yet_change_it(
    program_of: ProgramOf, database: Database, made: dict[str, Any]
) -> None:
    viivi = program_of("viivi")
    for act in ("cancel", "move"):
        answer = viivi.post(f"/bookings/{made['id']}/{act}", ACTS[act], If_Match='"1"')
        assert (answer.status_code, answer.json["code"]) == (403, "not_your_booking")
    answer = viivi.patch(f"/bookings/{made['id']}", {"title": "Oma"}, If_Match='"1"')
    assert (answer.status_code, answer.json["code"]) == (403, "not_your_booking")
    assert state_of(database, made["id"]) == ("requested", 1)


def test_approving_checks_the_rules_again(
    veli: Program, database: Database, world: World, made: dict[str, Any]
) -> None:
    path = f"/bookings/{made['id']}/approve"
    change_room(database, world.half_a, capacity=9)
    answer = veli.post(path, {}, If_Match='"1"')
    assert (answer.status_code, answer.json["code"], list(answer.json["errors"])) == (
        422,
        "too_many_people",
        ["people"],
    )
    change_room(database, world.half_a, capacity=10)

    def close(session: Session) -> None:
        unit = session.get_one(Unit, world.rantakyla)
        unit.opening_exceptions = [OpeningException(day=soon(10).date())]

    transaction(database, close)
    answer = veli.post(path, {}, If_Match='"1"')
    assert (answer.status_code, answer.json["code"], list(answer.json["errors"])) == (
        422,
        "closed",
        ["starts_at"],
    )
    assert state_of(database, made["id"]) == ("requested", 1)


def test_cancelling_gives_the_time_back(
    anna: Program, database: Database, world: World, made: dict[str, Any]
) -> None:
    assert held(database) == [soon(10)]
    answer = anna.post(f"/bookings/{made['id']}/cancel", {"reason": "Sairastapaus"}, If_Match='"1"')
    assert (answer.json["state"], answer.json["cancel_reason"]) == ("cancelled", "Sairastapaus")
    assert held(database) == []
    assert anna.post("/bookings", wish(world)).status_code == 201


@pytest.mark.parametrize("act", ["cancel", "move"])
@pytest.mark.parametrize("reason", [None, "", " "])
def test_staff_say_why_they_cancel_or_move(
    veli: Program, database: Database, made: dict[str, Any], act: str, reason: str | None
) -> None:
    body = {**ACTS[act], "reason": reason}
    answer = veli.post(f"/bookings/{made['id']}/{act}", body, If_Match='"1"')
    assert (answer.status_code, answer.json["code"], list(answer.json["errors"])) == (
        422,
        "reason_required",
        ["reason"],
    )
    assert state_of(database, made["id"]) == ("requested", 1)


@pytest.mark.parametrize(
    ("contact", "errors"),
    [
        ({"email": "maija"}, {"contact.email": "bad_email"}),
        ({"email": "m@example.fi\r\nBcc: x@example.fi"}, {"contact.email": "bad_email"}),
        ({"email": ""}, {"contact.email": "required"}),
        ({"name": " "}, {"contact.name": "required"}),
        ({"phone": "1"}, {"contact.phone": "unknown_field"}),
        (None, {"contact": "required"}),
    ],
)
def test_a_contact_that_is_nobody_is_refused(
    anna: Program, made: dict[str, Any], contact: Any, errors: dict[str, str]
) -> None:
    answer = anna.patch(f"/bookings/{made['id']}", {"contact": contact}, If_Match='"1"')
    assert answer.status_code == 422
    found = {field: faults[0]["code"] for field, faults in answer.json["errors"].items()}
    assert found == errors


def test_a_contact_is_changed_and_told_to_few(anna: Program, made: dict[str, Any]) -> None:
    path, contact = f"/bookings/{made['id']}", {"name": "Maija Uusi", "email": "maija@example.fi"}
    changed = anna.patch(path, {"contact": contact}, If_Match='"1"')
    assert (changed.status_code, "contact" in changed.json) == (200, False)
    assert anna.get(path).json["contact"] == contact
    only_name = anna.patch(path, {"contact": {"name": "Maija Vanha"}}, If_Match='"2"')
    assert only_name.status_code == 200
    assert anna.get(path).json["contact"] == {**contact, "name": "Maija Vanha"}


def test_a_move_changes_time_and_room(
    anna: Program, database: Database, world: World, made: dict[str, Any]
) -> None:
    path = f"/bookings/{made['id']}/move"
    body = {
        "starts_at": soon(14).isoformat(),
        "ends_at": soon(15).isoformat(),
        "room_id": world.cabinet,
    }
    answer = anna.post(path, body, If_Match='"1"')
    assert answer.json == {
        **made,
        **body,
        "version": 2,
        "changed_at": answer.json["changed_at"],
    }
    assert held(database) == [soon(14)]
    refused = anna.post(path, {**body, "ends_at": soon(21).isoformat()}, If_Match='"2"')
    assert (refused.status_code, refused.json["code"]) == (422, "closed")
    anna.post("/bookings", wish(world))
    taken = anna.post(
        path,
        {"starts_at": soon(11).isoformat(), "ends_at": soon(13).isoformat(), "room_id": world.hall},
        If_Match='"2"',
    )
    assert (taken.status_code, taken.json["code"]) == (409, "room_taken")
    assert state_of(database, made["id"]) == ("requested", 2)


def test_an_edit_changes_what_it_names(
    anna: Program, veli: Program, database: Database, world: World
) -> None:
    made = anna.post("/bookings", wish(world, needs="Pyörätuoli")).json
    path = f"/bookings/{made['id']}"
    answer = anna.patch(path, {"title": "Vuosikokous", "public": True}, If_Match='"1"')
    assert answer.json == {
        **made,
        "title": "Vuosikokous",
        "public": True,
        "version": 2,
        "changed_at": answer.json["changed_at"],
    }
    assert answer.headers["ETag"] == '"2"'
    assert anna.get(path).json["needs"] == "Pyörätuoli"
    anna.patch(path, {"needs": None}, If_Match='"2"')
    assert anna.get(path).json["needs"] is None
    veli.post(f"{path}/approve", {}, If_Match='"3"')
    more = anna.patch(path, {"people": 12}, If_Match='"4"')
    assert (more.json["state"], more.json["people"]) == ("requested", 12)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"body": "nothing_to_change"}),
        ({"title": "  "}, {"title": "required"}),
        ({"title": None}, {"title": "required"}),
        ({"people": None}, {"people": "required"}),
        ({"state": "approved"}, {"state": "unknown_field"}),
        ({"room_id": 1}, {"room_id": "only_of_series"}),
        (
            {"people": "12", "public": "yes"},
            {"people": "not_whole_number", "public": "not_true_or_false"},
        ),
    ],
)
def test_an_edit_that_can_not_be_is_refused(
    anna: Program, database: Database, made: dict[str, Any], body: Any, errors: dict[str, str]
) -> None:
    answer = anna.patch(f"/bookings/{made['id']}", body, If_Match='"1"')
    assert answer.status_code == 422
    assert {name: faults[0]["code"] for name, faults in answer.json["errors"].items()} == errors
    assert state_of(database, made["id"]) == ("requested", 1)
