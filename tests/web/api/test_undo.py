"""Deciding by the API on a condition and over another calendar, undoing, and the requests of one unit."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.models import AuditEntry, Booking, Occupancy, OutboxMessage
from tests.support.world import World
from tests.web.api.calls import Program, wish
from tests.web.api.conftest import ProgramOf


@pytest.fixture
def made(anna: Program, world: World) -> dict[str, Any]:
    """Anna's request for half A, in version 1."""
    body: dict[str, Any] = anna.post("/bookings", wish(world)).json
    return body


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_a_condition_is_shown_with_who_decided(veli: Program, anna: Program, made: Any) -> None:
    path, said = f"/bookings/{made['id']}", {"condition": "Oma johto", "reason": "Tervetuloa"}
    answer = veli.post(f"{path}/approve", said, If_Match='"1"')
    shown = anna.get(path).json
    for body in (answer.json, shown):
        assert (body["condition"], body["reason"], body["decided_by"], body["on_behalf"]) == (
            "Oma johto",
            "Tervetuloa",
            "Veli Vastaava, palveluesihenkilö",
            False,
        )


def test_a_rejection_takes_no_condition(veli: Program, made: Any) -> None:
    path = f"/bookings/{made['id']}/reject"
    answer = veli.post(path, {"reason": "Syy", "condition": "Oma johto"}, If_Match='"1"')
    assert answer.status_code == 422
    assert [fault["code"] for fault in answer.json["errors"]["condition"]] == ["unknown_field"]


def test_over_another_calendar_it_needs_its_own_reason(
    veli: Program, database: Database, made: Any
) -> None:
    def claim(session: Session) -> None:
        row = session.scalars(select(Occupancy)).one()
        stretch = {"starts_at": row.starts_at, "ends_at": row.ends_at}
        session.add(Occupancy(space_id=row.space_id, source="foreign", **stretch))

    transaction(database, claim)
    path = f"/bookings/{made['id']}/approve"
    refused = veli.post(path, {"reason": "Tervetuloa"}, If_Match='"1"')
    assert code_of(refused) == (409, "room_taken")
    assert [one["kind"] for one in refused.json["conflicts"]] == ["foreign"]
    done = veli.post(path, {"over_foreign": "Sovittu"}, If_Match='"1"')
    assert (done.json["state"], done.json["reason"]) == ("approved", None)
    with reading(database) as session:
        approved = AuditEntry.action == "approve_booking"
        assert session.scalars(select(AuditEntry).where(approved)).one().after["over_foreign"] == (
            "Sovittu"
        )


def test_a_decision_is_undone_before_it_is_told(
    veli: Program, database: Database, made: Any
) -> None:
    path = f"/bookings/{made['id']}"
    veli.post(f"{path}/approve", {}, If_Match='"1"')
    assert veli.post(f"{path}/undo").status_code == 428
    assert code_of(veli.post(f"{path}/undo", If_Match='"1"')) == (412, "stale")
    answer = veli.send("POST", f"{path}/undo", None, None, {"If-Match": '"2"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"3"')
    assert [answer.json[name] for name in ("state", "decided_by", "decided_at")] == [
        "requested",
        None,
        None,
    ]
    with reading(database) as session:
        mails = session.execute(select(OutboxMessage.kind, OutboxMessage.state)).all()
    assert ("approved", "withdrawn") in [tuple(mail) for mail in mails]
    assert code_of(veli.post(f"{path}/undo", If_Match='"3"')) == (409, "wrong_state")


def test_too_late_to_undo_is_a_code_of_its_own(
    veli: Program, database: Database, made: Any
) -> None:
    path = f"/bookings/{made['id']}"
    veli.post(f"{path}/approve", {}, If_Match='"1"')
    taken = update(OutboxMessage).where(OutboxMessage.kind == "approved").values(attempts=1)
    transaction(database, lambda session: session.execute(taken))
    assert code_of(veli.post(f"{path}/undo", If_Match='"2"')) == (409, "too_late_to_undo")


def test_only_who_decided_undoes(program_of: ProgramOf, veli: Program, made: Any) -> None:
    path = f"/bookings/{made['id']}"
    veli.post(f"{path}/reject", {"reason": "Syy"}, If_Match='"1"')
    for who in ("yllapito", "kaisa", "anna", "viivi"):
        assert code_of(program_of(who).post(f"{path}/undo", If_Match='"2"')) == (
            403,
            "not_your_decision",
        )
    assert program_of("aino").post(f"{path}/undo", If_Match='"2"').status_code == 404


def test_the_coordinator_decides_what_was_passed_on(
    program_of: ProgramOf, database: Database, made: Any
) -> None:
    kaisa, path = program_of("kaisa"), f"/bookings/{made['id']}/approve"
    assert code_of(kaisa.post(path, {}, If_Match='"1"')) == (403, "not_your_decision")
    passed = update(Booking).values(escalation=3)
    transaction(database, lambda session: session.execute(passed))
    assert kaisa.post(path, {}, If_Match='"1"').json["state"] == "approved"


def test_the_requests_of_one_unit_are_listed(
    veli: Program, program_of: ProgramOf, world: World, made: Any
) -> None:
    def listed(who: Program, unit: int, state: str = "requested") -> list[int]:
        found = who.get(f"/bookings?state={state}&unit_id={unit}").json["items"]
        return [one["id"] for one in found]

    kaisa = program_of("kaisa")
    assert listed(veli, world.rantakyla) == [made["id"]]
    assert listed(veli, world.rantakyla, "approved") == []
    assert listed(kaisa, world.rantakyla) == [made["id"]]
    assert listed(kaisa, world.kitee) == []
    assert listed(program_of("aino"), world.rantakyla) == []
