"""Time a unit keeps for itself, by the API: once or every week, listed for its staff, given back."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from booking.db import Database
from tests.support.world import NOW, World
from tests.web.api.calls import Program, soon, wish
from tests.web.api.conftest import ProgramOf
from tests.web.api.test_bookings import entries
from tests.web.conftest import set_clock


def test_a_block_keeps_time_and_gives_it_back(
    veli: Program, anna: Program, program_of: ProgramOf, database: Database, world: World
) -> None:
    body = {
        "starts_at": soon(8).isoformat(),
        "ends_at": soon(20).isoformat(),
        "reason": " Lattian vahaus ",
    }
    path = f"/rooms/{world.hall}/blocks"
    for name, status, code in (("anna", 403, "not_your_unit"), ("aino", 403, "not_your_unit")):
        answer = program_of(name).post(path, {})
        assert (answer.status_code, answer.json["code"]) == (status, code)
    answer = veli.post(path, body)
    assert answer.status_code == 201
    assert answer.json == {
        "id": answer.json["id"],
        "room_id": world.hall,
        "starts_at": soon(8).isoformat(),
        "ends_at": soon(20).isoformat(),
        "reason": "Lattian vahaus",
        "series": None,
        "created_at": answer.json["created_at"],
    }
    refused = anna.post("/bookings", wish(world))
    assert refused.json["conflicts"] == [
        {"kind": "block", "starts_at": soon(8).isoformat(), "ends_at": soon(20).isoformat()}
    ]
    assert "vahaus" not in refused.text
    lift = f"/blocks/{answer.json['id']}"
    assert program_of("aino").call("DELETE", lift).status_code == 404
    assert anna.call("DELETE", lift).status_code == 404
    for _ in range(2):
        assert veli.call("DELETE", lift).status_code == 204
    assert anna.post("/bookings", wish(world)).status_code == 201
    taken = veli.post(path, body)
    assert (taken.status_code, taken.json["code"]) == (409, "room_taken")
    assert taken.json["conflicts"] == [
        {"kind": "booking", "starts_at": soon(10).isoformat(), "ends_at": soon(12).isoformat()}
    ]


def test_a_block_in_the_past_or_without_reason_is_refused(veli: Program, world: World) -> None:
    path = f"/rooms/{world.hall}/blocks"
    past = {
        "starts_at": soon(8, 0, -21).isoformat(),
        "ends_at": soon(9, 0, -21).isoformat(),
        "reason": "x",
    }
    answer = veli.post(path, past)
    assert (answer.status_code, answer.json["code"], list(answer.json["errors"])) == (
        422,
        "in_the_past",
        ["ends_at"],
    )
    answer = veli.post(path, {**past, "reason": ""})
    assert answer.json["errors"]["reason"][0]["code"] == "required"
    assert veli.post("/rooms/2147483647/blocks", {}).status_code == 404


def weekly(world: World, weeks: int, **changes: Any) -> tuple[str, dict[str, Any]]:
    """The hall is cleaned 8–10 on `weeks` Wednesdays."""
    body = {
        "starts_at": soon(8).isoformat(),
        "ends_at": soon(10).isoformat(),
        "reason": "Siivous",
        "weekly_until": soon(8, days=7 * weeks - 7).date().isoformat(),
    }
    return f"/rooms/{world.hall}/blocks", {**body, **changes}


def test_a_block_every_week_is_one_act_and_is_listed_for_staff(
    veli: Program, program_of: ProgramOf, database: Database, world: World
) -> None:
    path, body = weekly(world, 3)
    made = veli.post(path, body)
    assert made.status_code == 201, made.text
    blocks = made.json["blocks"]
    assert made.json == {"series": blocks[0]["series"], "blocks": blocks, "skipped": []}
    starts = [soon(8, days=days).isoformat() for days in (0, 7, 14)]
    assert [block["starts_at"] for block in blocks] == starts
    assert {block["series"] for block in blocks} == {made.json["series"]}
    assert veli.get(path).json == {"items": blocks, "next": None}
    first = veli.get(f"{path}?limit=2")
    assert veli.get(first.json["next"]).json == {"items": blocks[2:], "next": None}
    assert program_of("yllapito").get(path).json["items"] == blocks
    for name in ("outi", "anna", "viivi", "aino", "kaisa"):
        answer = program_of(name).get(path)
        assert (answer.status_code, answer.json["code"]) == (403, "not_your_unit")
    assert program_of("aino").get(f"/rooms/{world.half_a}/blocks?limit=x").status_code == 403
    assert len(entries(database, "block_room")) == 3


def test_a_series_is_given_back_as_a_whole_or_one_by_one(
    veli: Program, program_of: ProgramOf, world: World
) -> None:
    path, body = weekly(world, 4)
    blocks = veli.post(path, body).json["blocks"]
    alone = veli.post(
        path,
        {
            **body,
            "starts_at": soon(12).isoformat(),
            "ends_at": soon(13).isoformat(),
            "weekly_until": soon(12).date().isoformat(),
        },
    ).json["blocks"][0]
    assert veli.call("DELETE", f"/blocks/{blocks[1]['id']}").status_code == 204
    assert len(veli.get(path).json["items"]) == 4
    series = f"/blocks/{blocks[0]['id']}?series=true"
    assert program_of("aino").call("DELETE", series).status_code == 404
    assert veli.call("DELETE", f"/blocks/{blocks[0]['id']}?series=1").status_code == 422
    assert len(veli.get(path).json["items"]) == 4
    for _ in range(2):
        assert veli.call("DELETE", series).status_code == 204
    assert veli.get(path).json["items"] == [alone]


def test_a_series_over_a_booking_is_refused_as_a_whole(
    veli: Program, anna: Program, world: World
) -> None:
    later = {"starts_at": soon(9, days=7).isoformat(), "ends_at": soon(11, days=7).isoformat()}
    assert anna.post("/bookings", wish(world, **later)).status_code == 201
    path, body = weekly(world, 3)
    refused = veli.post(path, body)
    assert (refused.status_code, refused.json["code"]) == (409, "room_taken")
    assert refused.json["conflicts"] == [{"kind": "booking", **later}]
    assert veli.get(path).json["items"] == []


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"weekly_until": None}, {"weekly_until": "required"}),
        ({"weekly_until": "next year"}, {"weekly_until": "bad_day"}),
        ({"weekly_until": "2020-01-01"}, {"weekly_until": "end_before_start"}),
        ({"weekly_until": "2090-01-01"}, {"weekly_until": "too_many_dates"}),
        ({"ends_at": soon(8, 15, days=1).isoformat()}, {"ends_at": "weekly_within_a_day"}),
    ],
)
def test_weeks_that_can_not_be_are_named(
    veli: Program, world: World, changes: Any, errors: dict[str, str]
) -> None:
    path, body = weekly(world, 3, **changes)
    answer = veli.post(path, body)
    assert answer.status_code == 422
    assert {name: faults[0]["code"] for name, faults in answer.json["errors"].items()} == errors
    assert veli.get(path).json["items"] == []


def test_a_date_whose_clocks_skip_the_time_is_left_out_and_told(
    app: Flask, veli: Program, world: World
) -> None:
    set_clock(app, NOW)
    night = {
        "starts_at": "2027-03-21T03:15:00+02:00",
        "ends_at": "2027-03-21T03:45:00+02:00",
        "weekly_until": "2027-04-10",
    }
    path, body = weekly(world, 1, **night)
    made = veli.post(path, body).json
    assert made["skipped"] == ["2027-03-28"]
    starts = [block["starts_at"] for block in made["blocks"]]
    assert starts == ["2027-03-21T01:15:00+00:00", "2027-04-04T00:15:00+00:00"]


def test_a_year_of_weeks_is_the_most(veli: Program, world: World) -> None:
    path, body = weekly(world, 53)
    assert len(veli.post(path, body).json["blocks"]) == 53
    path, body = weekly(world, 54)
    assert veli.post(path, body).json["errors"]["weekly_until"][0]["code"] == "too_many_dates"
