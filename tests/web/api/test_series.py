"""Series by the API: a rule and many dates in one call, all or none, or those that can be had; safe to send again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import Database, reading
from booking.models import Booking, Series, SkippedOccurrence
from tests.support.world import World
from tests.web.api.calls import Program, soon, wish
from tests.web.api.conftest import ProgramOf

# `soon` is a Wednesday.
RULE = "FREQ=WEEKLY;BYDAY=WE;COUNT=4"


def day(weeks: int) -> str:
    return str(soon(10, days=7 * weeks).date())


def counts(database: Database) -> tuple[int, int, int]:
    """Bookings, series, skipped days."""
    with reading(database) as session:
        return tuple(  # type: ignore[return-value]
            len(session.scalars(select(model.id)).all())
            for model in (Booking, Series, SkippedOccurrence)
        )


def take(anna: Program, world: World, weeks: int) -> None:
    """Somebody has half A from 11 on, so many weeks ahead."""
    starts, ends = (soon(hour, days=7 * weeks).isoformat() for hour in (11, 13))
    assert anna.post("/bookings", wish(world, starts_at=starts, ends_at=ends)).status_code == 201


def test_a_rule_makes_a_booking_of_each_date(
    anna: Program, database: Database, world: World
) -> None:
    answer = anna.post("/bookings", wish(world, rrule=f"RRULE:{RULE}"))
    assert answer.status_code == 201
    body = answer.json
    assert body["state"] == "requested"
    assert [one["day"] for one in body["occurrences"]] == [day(n) for n in range(4)]
    assert [one["starts_at"] for one in body["occurrences"]] == [
        soon(10, days=7 * n).isoformat() for n in range(4)
    ]
    assert body["skipped"] == []
    assert {one["version"] for one in body["occurrences"]} == {1}
    assert len({one["uid"] for one in body["occurrences"]}) == 4
    [first, *_rest] = body["occurrences"]
    single = anna.get(f"/bookings/{first['id']}").json
    assert (single["uid"], single["starts_at"]) == (first["uid"], first["starts_at"])
    assert counts(database) == (4, 1, 0)


def test_a_taken_date_refuses_all_and_every_such_date_is_told(
    anna: Program, database: Database, world: World
) -> None:
    take(anna, world, 1)
    take(anna, world, 3)
    answer = anna.post("/bookings", wish(world, rrule=RULE))
    assert (answer.status_code, answer.json["code"]) == (409, "room_taken")
    assert answer.json["dates"] == [
        {
            "day": day(weeks),
            "starts_at": soon(10, days=7 * weeks).isoformat(),
            "ends_at": soon(12, days=7 * weeks).isoformat(),
            "code": "room_taken",
        }
        for weeks in (1, 3)
    ]
    assert [met["starts_at"] for met in answer.json["conflicts"]] == [
        soon(11, days=7 * weeks).isoformat() for weeks in (1, 3)
    ]
    assert counts(database) == (2, 0, 0)


def test_with_skip_taken_the_others_are_had(
    anna: Program, database: Database, world: World
) -> None:
    take(anna, world, 1)
    answer = anna.post("/bookings", wish(world, rrule=RULE, skip_taken=True))
    assert answer.status_code == 201
    assert [one["day"] for one in answer.json["occurrences"]] == [day(0), day(2), day(3)]
    assert answer.json["skipped"] == [{"day": day(1), "code": "room_taken"}]
    assert counts(database) == (4, 1, 1)


def test_with_skip_taken_and_no_date_left_it_is_refused(
    anna: Program, database: Database, world: World
) -> None:
    take(anna, world, 0)
    rule = "FREQ=WEEKLY;BYDAY=WE;COUNT=1"
    answer = anna.post("/bookings", wish(world, rrule=rule, skip_taken=True))
    assert (answer.status_code, answer.json["code"]) == (409, "room_taken")
    assert counts(database) == (1, 0, 0)


def test_a_rule_of_the_room_is_told_once_and_by_date(anna: Program, world: World) -> None:
    answer = anna.post("/bookings", wish(world, rrule=RULE, people=99))
    assert (answer.status_code, answer.json["code"]) == (422, "too_many_people")
    assert [fault["code"] for fault in answer.json["errors"]["people"]] == ["too_many_people"]
    assert {one["code"] for one in answer.json["dates"]} == {"too_many_people"}
    assert len(answer.json["dates"]) == 4


def test_until_is_an_instant_and_a_date_that_begins_after_it_is_none(
    anna: Program, world: World
) -> None:
    for room, seconds, days in ((world.half_a, 0, 3), (world.half_b, -1, 2)):
        until = soon(10, days=14) + timedelta(seconds=seconds)
        rule = f"FREQ=WEEKLY;UNTIL={until:%Y%m%dT%H%M%SZ}"
        made = anna.post("/bookings", wish(world, room_id=room, rrule=rule)).json
        assert [one["day"] for one in made["occurrences"]] == [day(n) for n in range(days)]


def test_a_booking_tells_of_which_series_it_is_a_date(anna: Program, world: World) -> None:
    made = anna.post("/bookings", wish(world, rrule=RULE)).json
    first = anna.get(f"/bookings/{made['occurrences'][0]['id']}").json
    assert first["series_id"] == made["series_id"]
    listed = anna.get("/bookings").json["items"]
    assert [one["series_id"] for one in listed] == [made["series_id"]] * 4


def test_the_hour_that_comes_twice_is_meant_as_its_instants_say(
    anna: Program, database: Database, world: World
) -> None:
    # On 31.10.2027 the clocks go back from 4 to 3; nobody may ask so far ahead, but the contradiction comes first.
    second = {"starts_at": "2027-10-31T03:30:00+02:00", "ends_at": "2027-10-31T05:00:00+02:00"}
    first_to_second = {
        "starts_at": "2027-10-31T03:15:00+03:00",
        "ends_at": "2027-10-31T03:45:00+02:00",
    }
    answers = [
        anna.post("/bookings", wish(world, rrule="FREQ=WEEKLY;COUNT=2", **times)).json
        for times in ({**second, "fold": 0}, first_to_second, {**second, "fold": 1})
    ]
    assert [list(answer["errors"]) for answer in answers[:2]] == [["fold"], ["ends_at"]]
    assert [answer["errors"]["fold"][0]["code"] for answer in answers[:1]] == ["other_hour"]
    assert answers[1]["errors"]["ends_at"][0]["code"] == "other_hour"
    assert answers[2]["dates"][0]["starts_at"] == "2027-10-31T01:30:00+00:00"
    assert counts(database) == (0, 0, 0)


def test_the_same_key_twice_at_once_is_one_series_and_one_answer(
    anna: Program, database: Database, world: World
) -> None:
    body = wish(world, rrule=RULE)

    def ask(_number: int) -> tuple[int, bytes]:
        answer = anna.post("/bookings", body, Idempotency_Key="kausi-2")
        return answer.status_code, answer.data

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(8)))
    assert [status for status, _body in answers] == [201]
    assert counts(database) == (4, 1, 0)


def test_the_same_key_gives_the_same_bytes_and_books_once(
    anna: Program, database: Database, world: World
) -> None:
    body = wish(world, rrule=RULE)
    first, second = (anna.post("/bookings", body, Idempotency_Key="kausi-1") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert counts(database) == (4, 1, 0)


def test_whose_association_it_is_not_may_not_ask_for_a_series(
    program_of: ProgramOf, database: Database, world: World
) -> None:
    answer = program_of("toini").post("/bookings", wish(world, rrule=RULE))
    assert (answer.status_code, answer.json["code"]) == (403, "organisation_not_yours")
    assert counts(database) == (0, 0, 0)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"rrule": "FREQ=DAILY;COUNT=3"}, "rrule", "unsupported_rrule"),
        ({"rrule": "kerran viikossa"}, "rrule", "unsupported_rrule"),
        ({"rrule": "FREQ=WEEKLY"}, "rrule", "series_needs_end"),
        ({"rrule": "FREQ=WEEKLY;COUNT=400"}, "rrule", "series_too_long"),
        ({"rrule": "FREQ=WEEKLY;INTERVAL=99;COUNT=4"}, "rrule", "bad_interval"),
        ({"rrule": "FREQ=WEEKLY;UNTIL=20200101"}, "rrule", "series_empty"),
        ({"rrule": "FREQ=WEEKLY;UNTIL=99991231T235959Z"}, "rrule", "unsupported_rrule"),
        ({"rrule": "FREQ=WEEKLY;UNTIL=00010101"}, "rrule", "unsupported_rrule"),
        ({"rrule": f"FREQ=WEEKLY;COUNT={'9' * 99}"}, "rrule", "series_too_long"),
        ({"rrule": None}, "rrule", "required"),
        ({"rrule": RULE, "fold": 2}, "fold", "out_of_range"),
        ({"skip_taken": True}, "rrule", "required"),
        ({"fold": 1}, "rrule", "required"),
        (
            {"rrule": RULE, "ends_at": (soon(10) + timedelta(days=2)).isoformat()},
            "ends_at",
            "weekly_within_a_day",
        ),
    ],
)
def test_what_is_no_series_is_refused_at_its_field(
    anna: Program,
    database: Database,
    world: World,
    changes: dict[str, Any],
    field: str,
    code: str,
) -> None:
    answer = anna.post("/bookings", wish(world, **changes))
    assert answer.status_code == 422
    assert [fault["code"] for fault in answer.json["errors"][field]] == [code]
    assert counts(database) == (0, 0, 0)
