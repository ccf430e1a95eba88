"""Staff change rooms by the API: who may, which version they must have seen, what is refused, and what would break."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.models import AuditEntry, Room, RoomFeature
from tests.support.world import World
from tests.web.api.calls import Program, soon, wish
from tests.web.api.conftest import ProgramOf
from tests.web.api.test_bookings import entries, problem
from tests.web.api.test_rooms import change_room


def version_of(database: Database, room_id: int) -> int:
    with reading(database) as session:
        return session.get_one(Room, room_id).version


def put(program: Program, path: str, body: Any, **headers: str) -> Any:
    return program.call("PUT", path, body, headers)


CHANGE: dict[str, Any] = {
    "name": {"fi": " Iso  sali ", "en": "Large hall"},
    "description": {"fi": "Valoisa.\nPuulattia."},
    "capacity": 25,
    "layouts": {"boardroom": 12, "theatre": 25},
    "activities": ["group", "meeting"],
    "activity_reasons": {"event": {"fi": "Naapurissa nukutaan"}},
    "equipment": ["piano", "display", "piano"],
    "owner": "Kaupunki",
    "outside_use": "yes",
    "available_until": "2028-12-31",
    "arrival": None,
    "external_id": "R-1",
    "rules": {"step_minutes": 30, "buffer_after_minutes": 15},
    "safety": {
        "latest_end": "21:30",
        "keys": {"fi": "Aulasta"},
        "emergency_number": "112",
        "fire_max_people": 30,
    },
    "contact": {"name": "Vahtimestari", "phone": " "},
}


def test_a_change_is_made_and_shown(veli: Program, database: Database, world: World) -> None:
    path = f"/rooms/{world.half_a}"
    before = veli.get(path)
    answer = veli.patch(path, CHANGE, If_Match=before.headers["ETag"])
    assert answer.status_code == 200, answer.text
    expected = {
        **before.json,
        **CHANGE,
        "version": 2,
        "name": {"fi": "Iso sali", "en": "Large hall"},
        "activities": ["meeting", "group"],
        "equipment": ["display", "piano"],
        "rules": {**before.json["rules"], **CHANGE["rules"]},
        "safety": {**before.json["safety"], **CHANGE["safety"]},
        "contact": {"name": "Vahtimestari", "email": None, "phone": None},
    }
    assert answer.json == expected
    again = veli.get(path)
    assert (again.json, again.headers["ETag"]) == (expected, answer.headers["ETag"])
    assert answer.headers["ETag"].startswith('"2-')
    assert entries(database, "edit_room") == [("Veli Vastaava", world.half_a)]


def test_null_takes_a_value_away_and_what_is_not_named_stays(
    veli: Program, database: Database, world: World
) -> None:
    change_room(database, world.half_a, owner="Kaupunki", elsewhere_url="https://tilat.example/")
    path = f"/rooms/{world.half_a}"
    answer = veli.patch(path, {"elsewhere_url": None}, If_Match='"1"')
    assert (answer.json["elsewhere_url"], answer.json["owner"]) == (None, "Kaupunki")


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_change_needs_the_version_that_was_seen_and_no_other_rooms(
    veli: Program, database: Database, world: World, method: str
) -> None:
    path = f"/rooms/{world.half_a}"
    etag = veli.get(path).headers["ETag"]
    below, body = {
        "PATCH": ("", {"capacity": 20}),
        "PUT": (
            "/features",
            {"checked_by": "Tilapalvelu", "features": {"quiet": {"value": "no"}}},
        ),
    }[method]
    missing = veli.call(method, path + below, body)
    assert (missing.status_code, missing.json["code"]) == (428, "version_required")
    for stale in ('"2"', 'W/"1"', '"01"', '"1x"', '"-1"', f"W/{etag}", "nonsense"):
        answer = veli.call(method, path + below, body, {"If-Match": stale})
        assert (answer.status_code, answer.json["code"]) == (412, "stale")
        assert answer.headers["ETag"] == '"1"'
    # Another room's change makes another ETag of this one, and is no reason to refuse.
    change_room(database, world.cabinet, capacity=11)
    assert veli.get(path).headers["ETag"] != etag
    done = veli.call(method, path + below, body, {"If-Match": etag})
    assert (done.status_code, done.json["version"]) == (200, 2)
    old = veli.call(method, path + below, body, {"If-Match": etag})
    assert (old.status_code, old.headers["ETag"]) == (412, '"2"')
    assert veli.call(method, path + below, body, {"If-Match": "*"}).status_code == 200


def test_refusals_come_in_the_order_of_what_the_caller_may_know(
    nobody: Program, program_of: ProgramOf, world: World
) -> None:
    path, bad = f"/rooms/{world.half_a}", {"capacity": "many"}

    def answer(program: Program, **headers: str) -> tuple[int, str]:
        told = program.patch(path, bad, **headers)
        return told.status_code, told.json["code"]

    assert answer(nobody) == (401, "token_required")
    assert answer(program_of("veli", "read")) == (403, "token_read_only")
    for name in ("outi", "anna", "viivi", "aino", "kaisa"):
        assert answer(program_of(name)) == (403, "not_your_unit")
    veli = program_of("veli")
    assert answer(veli) == (428, "version_required")
    assert answer(veli, If_Match='"2"') == (412, "stale")
    assert answer(veli, If_Match='"1"') == (422, "invalid")
    assert veli.patch("/rooms/2147483647", bad).status_code == 404


def test_an_external_id_names_one_room(veli: Program, database: Database, world: World) -> None:
    change_room(database, world.half_b, external_id="R-2")
    answer = veli.patch(f"/rooms/{world.half_a}", {"external_id": "R-2"}, If_Match='"1"')
    assert answer.json["errors"]["external_id"][0]["code"] == "external_id_taken"


def test_bookings_that_a_change_would_break_are_listed_and_may_be_accepted(
    veli: Program, anna: Program, database: Database, world: World
) -> None:
    first = anna.post("/bookings", wish(world)).json
    second = anna.post(
        "/bookings",
        wish(world, starts_at=soon(14).isoformat(), ends_at=soon(15).isoformat(), people=9),
    ).json
    path, body = f"/rooms/{world.half_a}", {"capacity": 8}

    def broken(booking: Any) -> dict[str, Any]:
        return {
            "id": booking["id"],
            "room_id": world.half_a,
            "starts_at": booking["starts_at"],
            "ends_at": booking["ends_at"],
            "code": "too_many_people",
        }

    listed = problem(
        409,
        "Conflict",
        "breaks_bookings",
        "This would leave bookings to come against the rules. They are listed in “bookings”. "
        "Send their ids in “accepted” to do it all the same.",
        bookings=[broken(first), broken(second)],
    )
    assert veli.patch(path, body, If_Match='"1"').json == listed
    half = {**body, "accepted": [first["id"]]}
    assert veli.patch(path, half, If_Match='"1"').json == listed
    assert version_of(database, world.half_a) == 1
    both = {**body, "accepted": [first["id"], second["id"]]}
    done = veli.patch(path, both, If_Match='"1"')
    assert (done.status_code, done.json["capacity"]) == (200, 8)
    assert anna.get(f"/bookings/{first['id']}").json["state"] == "requested"


def test_features_are_written_down_as_checked_today(
    veli: Program, database: Database, world: World
) -> None:
    path = f"/rooms/{world.half_a}"
    before = veli.get(path)
    body = {
        "checked_by": "Tilapalvelu",
        "features": {
            "door_width": {"value": "yes", "measure_cm": 95, "note": {"fi": "Pääovi"}},
            "accessible_toilet": {"value": "yes", "side": "both"},
            "accessible_parking": {"value": "yes", "count": 2, "measure_cm": 3000},
            "induction_loop": {"value": "unknown"},
        },
    }
    answer = put(veli, f"{path}/features", body, If_Match=before.headers["ETag"])
    assert answer.status_code == 200, answer.text
    nothing = dict.fromkeys(("note", "measure_cm", "count", "side", "checked_on", "checked_by"))
    today = answer.json["features"]["door_width"]["checked_on"]
    seen = {**nothing, "value": "yes", "checked_on": today, "checked_by": "Tilapalvelu"}
    assert answer.json == {
        **before.json,
        "version": 2,
        "features": {
            **before.json["features"],
            "door_width": {**seen, "measure_cm": 95, "note": {"fi": "Pääovi"}},
            "accessible_toilet": {**seen, "side": "both"},
            "accessible_parking": {**seen, "count": 2, "measure_cm": 3000},
            "induction_loop": {**nothing, "value": "unknown"},
        },
    }
    with reading(database) as session:
        rows = session.scalars(select(RoomFeature).where(RoomFeature.room_id == world.half_a))
        facts = {row.code: row.value for row in rows}
    assert facts["step_free"] == "yes"  # it was not named, so it stays
    assert entries(database, "set_features") == [("Veli Vastaava", world.half_a)]


def test_the_audit_does_not_keep_a_persons_number(
    veli: Program, database: Database, world: World
) -> None:
    body = {"contact": {"phone": "+358 13 222"}, "owner": "Kaupunki"}
    assert veli.patch(f"/rooms/{world.half_a}", body, If_Match='"1"').status_code == 200

    def kept(session: Session) -> Any:
        return session.scalars(select(AuditEntry.after).where(AuditEntry.action == "edit_room"))

    found = transaction(database, lambda session: kept(session).one())
    assert found == {"contact_phone": "changed", "owner": "Kaupunki"}
