"""Units by the API: what everybody may read of them, and the days on which they keep other hours."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.texts import LocalText
from booking.models import Division, OpeningException, Quota, Terms, Unit
from tests.support.world import NOW, World, at, make_booking, slot
from tests.web.api.calls import Program
from tests.web.api.conftest import ProgramOf
from tests.web.api.test_bookings import entries
from tests.web.api.test_rooms import change_room, ids, make_a_region
from tests.web.conftest import set_clock


@pytest.fixture(autouse=True)
def _at_now(app: Flask) -> None:
    """It is Monday 1.3.2027."""
    set_clock(app, NOW)


def rantakyla(world: World) -> dict[str, Any]:
    return {
        "id": world.rantakyla,
        "name": {"fi": "Rantakylän hyvinvointitalo"},
        "open_for_booking": True,
        "municipality": "joensuu",
        "region": None,
        "address": "Esimerkkitie 1, Joensuu",
        "rooms": [world.hall, world.half_a, world.half_b],
    }


def test_units_are_listed_with_their_rooms(
    nobody: Program, database: Database, world: World
) -> None:
    make_a_region(database)
    assert nobody.get("/units?municipality=joensuu").json == {
        "items": [rantakyla(world)],
        "next": None,
    }
    assert ids(nobody.get("/units?region=keski")) == [world.kitee]
    assert ids(nobody.get("/units?region=elsewhere")) == []
    first = nobody.get("/units?limit=1")
    last = nobody.get(first.json["next"])
    assert (ids(first), ids(last), last.json["next"]) == ([world.rantakyla], [world.kitee], None)


def test_a_unit_is_told_in_full(nobody: Program, database: Database, world: World) -> None:
    def furnish(session: Session) -> None:
        unit = session.get_one(Unit, world.rantakyla)
        unit.arrival = LocalText("Linja 3")
        unit.contact_email = "aula@demo.example"
        unit.division = Division(name=LocalText("Sote-keskukset"))
        unit.closed_on_holidays = True
        session.add(Terms(unit_id=unit.id, version=1, text=LocalText("Siivotkaa"), created_at=NOW))
        session.add(Quota(unit_id=unit.id, per="month", limit_minutes=1200))

    transaction(database, furnish)
    path = f"/units/{world.rantakyla}"
    answer = nobody.get(path)
    body = answer.json
    assert body.pop("holidays")[0]["day"] == "2027-03-26"
    week = [{"weekday": day, "opens": "08:00", "closes": "20:00"} for day in range(1, 6)]
    assert body == {
        **rantakyla(world),
        "version": 1,
        "division": {"fi": "Sote-keskukset"},
        "arrival": {"fi": "Linja 3"},
        "contact": {"email": "aula@demo.example", "phone": None},
        "opening_hours": week,
        "seasons": [],
        "opening_exceptions": [],
        "terms": {"version": 1, "text": {"fi": "Siivotkaa"}},
        "quotas": [{"per": "month", "limit_minutes": 1200}],
    }
    etag = answer.headers["ETag"]
    assert nobody.get(path, If_None_Match=etag).status_code == 304
    change_room(database, world.half_a, published=False)
    assert nobody.get(path, If_None_Match=etag).json["rooms"] == [world.hall, world.half_b]


def test_a_unit_without_a_published_room_is_there_for_its_staff_only(
    nobody: Program, program_of: ProgramOf, database: Database, world: World
) -> None:
    change_room(database, world.cabinet, published=False)
    path = f"/units/{world.kitee}"
    for program in (nobody, program_of("veli")):
        assert ids(program.get("/units")) == [world.rantakyla]
        assert program.get(path).status_code == 404
        assert program.get(f"{path}/closures").status_code == 404
    assert program_of("veli").post(f"{path}/closures", {}).status_code == 404
    assert program_of("aino").get(path).json["rooms"] == [world.cabinet]
    assert nobody.get("/units/2147483647").status_code == 404


CLOSED = {
    "first_day": "2027-03-10",
    "last_day": "2027-03-12",
    "reason": {"fi": " Remontti ", "en": "Repairs"},
}


def test_a_closure_is_made_listed_and_taken_away(
    nobody: Program, veli: Program, database: Database, world: World
) -> None:
    path = f"/units/{world.rantakyla}/closures"
    made = veli.post(path, CLOSED)
    assert made.status_code == 201, made.text
    closure = {
        "id": made.json["id"],
        "unit_id": world.rantakyla,
        "first_day": "2027-03-10",
        "last_day": "2027-03-12",
        "opens": None,
        "closes": None,
        "reason": {"fi": "Remontti", "en": "Repairs"},
    }
    assert made.json == closure
    short = {"first_day": "2027-03-05", "opens": "10:00", "closes": "24:00"}
    other = veli.post(path, short).json
    assert other == {
        **closure,
        **short,
        "id": other["id"],
        "last_day": "2027-03-05",
        "reason": None,
    }
    assert nobody.get(path).json == {"items": [other, closure], "next": None}
    first = nobody.get(f"{path}?limit=1")
    assert nobody.get(first.json["next"]).json == {"items": [closure], "next": None}
    told = nobody.get(f"/rooms/{world.half_a}").json["opening_exceptions"]
    assert [(one["first_day"], one["last_day"]) for one in told] == [
        ("2027-03-05", "2027-03-05"),
        ("2027-03-10", "2027-03-12"),
    ]
    assert veli.call("DELETE", f"/closures/{closure['id']}").status_code == 204
    assert nobody.get(path).json["items"] == [other]
    assert veli.call("DELETE", f"/closures/{closure['id']}").status_code == 404
    done = [("Veli Vastaava", world.rantakyla)]
    assert entries(database, "set_exception") == done * 2
    assert entries(database, "remove_exception") == done


def test_the_same_key_closes_once(veli: Program, database: Database, world: World) -> None:
    path = f"/units/{world.rantakyla}/closures"
    answers = [veli.post(path, CLOSED, Idempotency_Key="remontti-1") for _ in range(2)]
    assert answers[0].json == answers[1].json
    with reading(database) as session:
        assert len(session.scalars(select(OpeningException)).all()) == 1
    again = veli.post(path, CLOSED)
    assert again.json["errors"]["first_day"][0]["code"] == "days_have_hours"


def test_what_is_over_is_left_out(nobody: Program, database: Database, world: World) -> None:
    def fill(session: Session) -> None:
        session.get_one(Unit, world.rantakyla).opening_exceptions = [
            OpeningException(day=at(1, 8).date().replace(month=2), last_day=at(1, 8).date()),
            OpeningException(day=at(1, 8).date().replace(month=2, day=28)),
        ]

    transaction(database, fill)
    items = nobody.get(f"/units/{world.rantakyla}/closures").json["items"]
    assert [one["last_day"] for one in items] == ["2027-03-01"]


def test_only_staff_of_the_unit_close_it_and_open_it_again(
    nobody: Program, program_of: ProgramOf, world: World
) -> None:
    path = f"/units/{world.rantakyla}/closures"
    closure = f"/closures/{program_of('veli').post(path, CLOSED).json['id']}"
    assert nobody.post(path, CLOSED).json["code"] == "token_required"
    assert program_of("veli", "read").post(path, CLOSED).json["code"] == "token_read_only"
    for name in ("outi", "anna", "viivi", "aino", "kaisa"):
        for answer in (
            program_of(name).post(path, {"first_day": "x"}),
            program_of(name).call("DELETE", closure),
        ):
            assert (answer.status_code, answer.json["code"]) == (403, "not_your_unit")
    assert program_of("yllapito").call("DELETE", closure).status_code == 204
    assert program_of("aino").call("DELETE", "/closures/2147483647").status_code == 404


def test_bookings_that_a_closure_would_break_are_listed_and_may_be_accepted(
    veli: Program, database: Database, world: World
) -> None:
    one = make_booking(database, world, period=slot(10, 10))
    path = f"/units/{world.rantakyla}/closures"
    refused = veli.post(path, CLOSED)
    assert (refused.status_code, refused.json["code"]) == (409, "breaks_bookings")
    assert refused.json["bookings"] == [
        {
            "id": one.id,
            "room_id": world.half_a,
            "starts_at": at(10, 10).isoformat(),
            "ends_at": at(10, 12).isoformat(),
            "code": "closed",
        }
    ]
    assert veli.get(path).json["items"] == []
    assert veli.post(path, {**CLOSED, "accepted": [one.id]}).status_code == 201


def test_bookings_that_the_usual_hours_would_break_are_listed_too(
    veli: Program, database: Database, world: World
) -> None:
    path = f"/units/{world.rantakyla}/closures"
    longer = {"first_day": "2027-03-13", "opens": "08:00", "closes": "20:00"}
    made = veli.post(path, longer).json
    one = make_booking(database, world, period=slot(13, 10))  # a Saturday
    away = f"/closures/{made['id']}"
    refused = veli.call("DELETE", away)
    assert (refused.status_code, refused.json["code"]) == (409, "breaks_bookings")
    assert [broken["id"] for broken in refused.json["bookings"]] == [one.id]
    for bad in ("x", "1,", "0", "1.5"):
        answer = veli.call("DELETE", f"{away}?accepted={bad}")
        assert answer.json["errors"]["accepted"][0]["code"] == "bad_ids"
    assert veli.call("DELETE", f"{away}?accepted={one.id},999").status_code == 204


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"first_day": None}, {"first_day": "required"}),
        ({"first_day": "10.3.2027"}, {"first_day": "bad_day"}),
        ({"last_day": "2027-03-09"}, {"last_day": "end_before_start"}),
        ({"last_day": "2030-03-09"}, {"last_day": "too_many_days"}),
        ({"opens": "10:00"}, {"opens": "both_times_or_none"}),
        ({"opens": "10:00", "closes": "10:00"}, {"closes": "closes_before_opens"}),
        ({"opens": "10", "closes": "25:00"}, {"opens": "bad_clock", "closes": "bad_clock"}),
        ({"reason": "Remontti"}, {"reason": "bad_text"}),
        ({"reason": {"fi": "x" * 301}}, {"reason": "too_long_text"}),
        ({"external_id": "x"}, {"external_id": "unknown_field"}),
    ],
)
def test_days_that_can_not_be_are_named(
    veli: Program, world: World, changes: Any, errors: dict[str, str]
) -> None:
    path = f"/units/{world.rantakyla}/closures"
    answer = veli.post(path, {**CLOSED, **changes})
    assert answer.status_code == 422
    assert {name: faults[0]["code"] for name, faults in answer.json["errors"].items()} == errors
    assert veli.get(path).json["items"] == []
