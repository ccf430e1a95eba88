"""Bookings by the API: asked for, refused, seen by those who may, changed by those who have seen the version."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.models import AuditEntry, Booking, Installation, OutboxMessage, Unit
from tests.support.world import World
from tests.web.api.calls import Program, soon, wish
from tests.web.api.conftest import ProgramOf
from tests.web.api.test_rooms import change_room


def problem(status: int, title: str, code: str, detail: str, **more: Any) -> dict[str, Any]:
    kind = f"urn:yhteistila:problem:{code}"
    return {"type": kind, "title": title, "status": status, "code": code, "detail": detail, **more}


def uid_of(database: Database, booking_id: int) -> str:
    with reading(database) as session:
        house = session.scalars(select(Installation.uuid)).one()
        return f"{session.get_one(Booking, booking_id).uuid}@{house}"


def entries(database: Database, action: str) -> list[tuple[str | None, int]]:
    with reading(database) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()
        return [(row.actor_name, row.object_id) for row in rows]


def count(database: Database, model: Any) -> int:
    with reading(database) as session:
        return len(session.scalars(select(model.id)).all())


def test_a_room_is_asked_for(anna: Program, database: Database, world: World) -> None:
    answer = anna.post(
        "/bookings", wish(world, needs="  Pyörätuoli\r\n", title=" Hallituksen\t kokous ")
    )
    assert answer.status_code == 201
    body = answer.json
    assert body == {
        "id": body["id"],
        "uid": uid_of(database, body["id"]),
        "state": "requested",
        "version": 1,
        "room_id": world.half_a,
        "organisation_id": world.virta,
        "series_id": None,
        "title": "Hallituksen kokous",
        "activity": "meeting",
        "starts_at": soon(10).isoformat(),
        "ends_at": soon(12).isoformat(),
        "people": 10,
        "public": False,
        "decided_by": None,
        "decided_at": None,
        "reason": None,
        "condition": None,
        "cancel_reason": None,
        "on_behalf": False,
        "created_at": body["created_at"],
        "changed_at": body["created_at"],
    }
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"/api/v1/bookings/{body['id']}"
    assert answer.headers["Cache-Control"] == "no-store"
    # Who asked is told, and who decides.
    assert count(database, OutboxMessage) == 2


def test_needs_and_contact_are_seen_by_few_and_each_look_is_written_down(
    anna: Program, program_of: ProgramOf, database: Database, world: World
) -> None:
    needed = ["lift", "step_free", "lift"]
    made = anna.post("/bookings", wish(world, needs="Pyörätuoli", needed_features=needed)).json
    path = f"/bookings/{made['id']}"
    full = {
        **made,
        "needs": "Pyörätuoli",
        "needed_features": ["step_free", "lift"],
        "terms_version": None,
        "contact": {"name": "Anna Virtanen", "email": "anna@demo.example"},
    }
    for name in ("anna", "pekka", "veli", "kaisa", "yllapito"):
        answer = program_of(name).get(path)
        assert (answer.json, answer.headers["ETag"]) == (full, '"1"')
    assert program_of("viivi").get(path).json == made
    for name in ("toini", "aino", "outi"):
        assert program_of(name).get(path).status_code == 404
    # The list shows them to nobody, so it need not be written down.
    assert program_of("veli").get("/bookings").json["items"] == [made]
    # Anna wrote them; the others' looks are written down.
    looks = [
        "Pekka Virtanen",
        "Veli Vastaava",
        "Kaisa Koordinoija",
        "Yrjö Ylläpito",
    ]
    assert entries(database, "read_contact") == [(name, made["id"]) for name in looks]


def test_a_second_look_within_a_minute_is_not_written_down_again(
    anna: Program, veli: Program, database: Database, world: World
) -> None:
    path = f"/bookings/{anna.post('/bookings', wish(world)).json['id']}"
    etag = veli.get(path).headers["ETag"]
    assert veli.get(path).status_code == 200
    assert veli.get(path, If_None_Match=etag).status_code == 304
    assert len(entries(database, "read_contact")) == 1


@pytest.mark.parametrize(
    ("changes", "code", "errors"),
    [
        (
            {"people": 31},
            "too_many_people",
            {
                "people": [
                    (
                        "too_many_people",
                        "At most 30 people may be in the room. Choose a larger room or bring fewer people.",
                    )
                ]
            },
        ),
        (
            {"starts_at": soon(10, 5).isoformat()},
            "wrong_step",
            {
                "starts_at": [
                    (
                        "wrong_step",
                        "The times must be multiples of 15 minutes. Correct the start or the end.",
                    )
                ]
            },
        ),
        (
            {"ends_at": soon(10, 15).isoformat(), "people": 31},
            "too_short",
            {
                "ends_at": [
                    (
                        "too_short",
                        "The room is lent for at least 30 minutes at a time. Choose a later end.",
                    )
                ],
                "people": [
                    (
                        "too_many_people",
                        "At most 30 people may be in the room. Choose a larger room or bring fewer people.",
                    )
                ],
            },
        ),
    ],
)
def test_each_rule_that_says_no_is_named(
    anna: Program, database: Database, world: World, changes: Any, code: str, errors: Any
) -> None:
    answer = anna.post("/bookings", wish(world, **changes))
    named = {
        name: [{"code": one, "detail": text} for one, text in found]
        for name, found in errors.items()
    }
    detail = next(iter(errors.values()))[0][1]
    assert answer.json == problem(422, "Unprocessable Entity", code, detail, errors=named)
    assert count(database, Booking) == 0


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"starts_at": soon(6).isoformat(), "ends_at": soon(7).isoformat()}, "starts_at", "closed"),
        (
            {"starts_at": soon(10, 0, -14).isoformat(), "ends_at": soon(11, 0, -14).isoformat()},
            "starts_at",
            "too_late",
        ),
        (
            {"starts_at": soon(10, 0, 420).isoformat(), "ends_at": soon(11, 0, 420).isoformat()},
            "starts_at",
            "beyond_horizon",
        ),
    ],
)
def test_hours_notice_and_horizon_are_kept(
    anna: Program, world: World, changes: Any, field: str, code: str
) -> None:
    answer = anna.post("/bookings", wish(world, **changes))
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert [fault["code"] for fault in answer.json["errors"][field]] == [code]


def test_room_and_unit_must_be_open_for_this_activity(
    anna: Program, program_of: ProgramOf, database: Database, world: World
) -> None:
    answer = anna.post("/bookings", wish(world, room_id=world.cabinet, activity="event"))
    assert (answer.status_code, answer.json["code"]) == (422, "activity_not_allowed")

    def close(session: Session) -> None:
        session.get_one(Unit, world.kitee).open_for_booking = False

    transaction(database, close)
    answer = anna.post("/bookings", wish(world, room_id=world.cabinet))
    assert (answer.status_code, answer.json["code"]) == (422, "not_published")
    change_room(database, world.half_a, max_minutes=60)
    assert anna.post("/bookings", wish(world)).json["code"] == "too_long"


def test_a_taken_room_is_told_with_times_only(
    anna: Program, program_of: ProgramOf, database: Database, world: World
) -> None:
    anna.post("/bookings", wish(world, title="Salainen <script>"))
    answer = program_of("toini").post(
        "/bookings",
        wish(
            world, organisation_id=world.toinen, room_id=world.hall, starts_at=soon(11).isoformat()
        ),
    )
    assert (answer.status_code, answer.json["code"]) == (409, "room_taken")
    assert answer.json["conflicts"] == [
        {"kind": "booking", "starts_at": soon(10).isoformat(), "ends_at": soon(12).isoformat()}
    ]
    assert "Salainen" not in answer.text
    assert count(database, Booking) == 1


def test_who_asks_must_belong_to_the_organisation_or_work_for_the_unit(
    program_of: ProgramOf, database: Database, world: World
) -> None:
    for name in ("outi", "toini", "aino", "viivi"):
        answer = program_of(name).post("/bookings", wish(world))
        assert answer.json == problem(
            403,
            "Forbidden",
            "organisation_not_yours",
            "You cannot book in this association's name. Choose one that you belong to.",
        )
    unknown = program_of("anna").post("/bookings", wish(world, organisation_id=2**31 - 1))
    assert (unknown.status_code, unknown.json["code"]) == (403, "organisation_not_yours")
    missing = program_of("anna").post("/bookings", wish(world, room_id=2**31 - 1))
    assert (missing.status_code, missing.json["code"]) == (404, "not_found")
    change_room(database, world.half_b, published=False)
    hidden = program_of("anna").post("/bookings", wish(world, room_id=world.half_b))
    assert hidden.json == missing.json
    assert program_of("veli").post("/bookings", wish(world)).status_code == 201


@pytest.mark.parametrize(
    "name",
    [
        "state",
        "version",
        "uid",
        "asker_id",
        "decided_by",
        "contact",
        "was_approved",
        "contact_name",
        "id",
    ],
)
def test_what_is_not_for_the_caller_to_say_is_an_unknown_field(
    anna: Program, database: Database, world: World, name: str
) -> None:
    answer = anna.post("/bookings", wish(world, **{name: 1}))
    assert answer.json == problem(
        422,
        "Unprocessable Entity",
        "invalid",
        "Some values are missing or cannot be used. Each is named in “errors”.",
        errors={
            name: [
                {"code": "unknown_field", "detail": "There is no such field here. Leave it out."}
            ]
        },
    )
    assert count(database, Booking) == 0
