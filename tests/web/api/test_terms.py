"""Bookings by the API where there is more to keep: rules of use, quotas, distances, the last day; and what its people need."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.texts import LocalText
from booking.models import AuditEntry, Booking, Quota, Terms
from tests.support.world import NOW, World
from tests.web.api.calls import Program, soon, wish
from tests.web.api.conftest import ProgramOf
from tests.web.api.test_bookings import count, entries, problem
from tests.web.api.test_rooms import change_room


def give_rules(database: Database, unit_id: int, version: int) -> None:
    def work(session: Session) -> None:
        text = LocalText(f"Säännöt {version}")
        session.add(Terms(unit_id=unit_id, version=version, text=text, created_at=NOW))

    transaction(database, work)


def accepted(database: Database, booking_id: int) -> int | None:
    with reading(database) as session:
        return session.get_one(Booking, booking_id).terms_version


def not_accepted(version: int) -> dict[str, Any]:
    detail = (
        f"The unit's rules of use are in force in version {version}, which has not been accepted. "
        "Who asks accepts them by sending that number as “terms_version”."
    )
    fault = {"code": "terms_not_accepted", "detail": detail}
    return problem(
        422,
        "Unprocessable Entity",
        "terms_not_accepted",
        detail,
        errors={"terms_version": [fault]},
        terms_version=version,
    )


def test_rules_of_use_must_be_accepted_in_their_version(
    anna: Program, veli: Program, database: Database, world: World
) -> None:
    give_rules(database, world.rantakyla, 3)
    assert anna.get(f"/rooms/{world.half_a}").json["terms"]["version"] == 3
    for body in (wish(world), wish(world, terms_version=2), wish(world, terms_version=4)):
        assert anna.post("/bookings", body).json == not_accepted(3)
    assert count(database, Booking) == 0
    made = anna.post("/bookings", wish(world, terms_version=3))
    assert made.status_code == 201
    # Like what its people need, it is told by one route only.
    assert made.json.keys().isdisjoint({"terms_version", "needed_features", "needs"})
    path = f"/bookings/{made.json['id']}"
    assert anna.get(path).json["terms_version"] == 3
    give_rules(database, world.rantakyla, 4)
    refused = veli.post(f"{path}/approve", {}, If_Match='"1"')
    assert refused.json == not_accepted(4)
    assert anna.patch(path, {"terms_version": 3}, If_Match='"1"').json == not_accepted(4)
    assert anna.patch(path, {"terms_version": 4}, If_Match='"1"').status_code == 200
    assert accepted(database, made.json["id"]) == 4
    assert veli.post(f"{path}/approve", {}, If_Match='"2"').json["state"] == "approved"


def test_where_there_are_no_rules_none_are_accepted(
    anna: Program, database: Database, world: World
) -> None:
    made = anna.post("/bookings", wish(world, terms_version=7)).json
    assert accepted(database, made["id"]) is None


def test_a_move_to_another_unit_accepts_its_rules(
    anna: Program, database: Database, world: World
) -> None:
    made = anna.post("/bookings", wish(world)).json
    give_rules(database, world.kitee, 1)
    path = f"/bookings/{made['id']}/move"
    body = {
        "room_id": world.cabinet,
        "starts_at": soon(10).isoformat(),
        "ends_at": soon(12).isoformat(),
    }
    assert anna.post(path, body, If_Match='"1"').json == not_accepted(1)
    moved = anna.post(path, {**body, "terms_version": 1}, If_Match='"1"')
    assert (moved.status_code, moved.json["room_id"]) == (200, world.cabinet)
    assert accepted(database, made["id"]) == 1


@pytest.mark.parametrize(
    ("changes", "hours", "field", "told"),
    [
        (
            {"buffer_after_minutes": 30},
            (soon(12), soon(13)),
            "starts_at",
            ("buffer", "There must be 30 minutes between bookings, and the room is booked"),
        ),
        (
            {"available_until": soon(10, days=-1).date()},
            (soon(13), soon(14)),
            "starts_at",
            ("not_available_then", "The room can be had until"),
        ),
        (
            {"latest_end_minute": 15 * 60},
            (soon(14), soon(15, 15)),
            "ends_at",
            ("not_available_then", "The room must be empty by 15:00 the same day."),
        ),
    ],
)
def test_distance_last_day_and_evening_are_kept(
    anna: Program, database: Database, changes: Any, hours: Any, field: str, told: tuple[str, str]
) -> None:
    virta = anna.get("/organisations").json["items"][0]["id"]
    half_a = anna.get("/rooms").json["items"][1]["id"]

    def ask(starts_at: datetime, ends_at: datetime) -> Any:
        times = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
        body = {"title": "Kokous", "activity": "meeting", "people": 10, **times}
        return anna.post("/bookings", {"room_id": half_a, "organisation_id": virta, **body})

    assert ask(soon(10), soon(12)).status_code == 201
    change_room(database, half_a, **changes)
    answer = ask(*hours)
    code, detail = told
    assert (answer.status_code, answer.json["code"]) == (422, code)
    [fault] = answer.json["errors"][field]
    assert fault["code"] == code
    assert fault["detail"].startswith(detail)
    assert count(database, Booking) == 1


def test_a_quota_counts_what_the_organisation_holds_in_the_unit(
    anna: Program, database: Database, world: World
) -> None:
    def limit(session: Session) -> None:
        session.add(Quota(unit_id=world.rantakyla, per="week", limit_minutes=180))

    transaction(database, limit)
    assert anna.post("/bookings", wish(world)).status_code == 201
    other = wish(world, room_id=world.half_b)
    refused = anna.post("/bookings", other)
    assert (refused.status_code, refused.json["code"], list(refused.json["errors"])) == (
        422,
        "quota_exceeded",
        ["starts_at"],
    )
    assert "Yours already holds 2 hours" in refused.json["detail"]
    shorter = {**other, "ends_at": soon(11).isoformat()}
    assert anna.post("/bookings", shorter).status_code == 201


def test_needed_features_are_as_private_as_needs(
    anna: Program, program_of: ProgramOf, database: Database, world: World
) -> None:
    made = anna.post("/bookings", wish(world, needed_features=["lift", "step_free"])).json
    path = f"/bookings/{made['id']}"
    assert program_of("viivi").get(path).json == made
    assert entries(database, "read_contact") == []
    assert program_of("veli").get(path).json["needed_features"] == ["step_free", "lift"]
    assert entries(database, "read_contact") == [("Veli Vastaava", made["id"])]
    assert "lift" not in program_of("veli").get("/bookings").text
    changed = anna.patch(path, {"needed_features": ["quiet"]}, If_Match='"1"')
    assert "needed_features" not in changed.json
    assert anna.get(path).json["needed_features"] == ["quiet"]
    assert anna.patch(path, {"needed_features": []}, If_Match='"2"').status_code == 200
    assert anna.get(path).json["needed_features"] == []
    with reading(database) as session:
        edits = session.scalars(select(AuditEntry.after).where(AuditEntry.action == "edit_booking"))
        assert list(edits) == [{"needs": "changed"}] * 2


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"needed_features": ["magic"]}, {"needed_features": "bad_choices"}),
        ({"needed_features": "lift"}, {"needed_features": "bad_choices"}),
        ({"needed_features": None}, {"needed_features": "required"}),
        ({"terms_version": 0}, {"terms_version": "out_of_range"}),
        ({"terms_version": None}, {"terms_version": "required"}),
        ({"terms_version": True}, {"terms_version": "not_whole_number"}),
    ],
)
def test_a_need_or_a_version_that_can_not_be_is_named(
    anna: Program, world: World, body: Any, errors: dict[str, str]
) -> None:
    made = anna.post("/bookings", wish(world)).json
    for answer in (
        anna.post("/bookings", wish(world, **body)),
        anna.patch(f"/bookings/{made['id']}", body, If_Match='"1"'),
    ):
        assert answer.status_code == 422
        assert {name: one[0]["code"] for name, one in answer.json["errors"].items()} == errors
