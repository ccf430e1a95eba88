"""A series that is there, by the API: read, changed from a date on, called off; a single date stays a booking."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.local_time import HELSINKI
from booking.models import Booking
from tests.support.world import World
from tests.web.api.calls import Program, soon, wish
from tests.web.api.conftest import ProgramOf

_WEEK = timedelta(days=7)


def later(hours: int, week: int = 0) -> str:
    """The wall hour on the date of a week of the series, in UTC."""
    return soon(hours, days=7 * week).isoformat()


def make_series(anna: Program, world: World, dates: int = 3, **changes: Any) -> dict[str, Any]:
    """Anna's series on Wednesdays 10–12."""
    body = wish(world, rrule=f"FREQ=WEEKLY;COUNT={dates}", **changes)
    made: dict[str, Any] = anna.post("/bookings", body).json
    return made


def backdate(database: Database, booking_id: int, day: str) -> None:
    """Let a date stand for another day than it is on, as one that was moved a long way does."""

    def work(session: Session) -> None:
        session.get_one(Booking, booking_id).series_day = date.fromisoformat(day)

    transaction(database, work)


def clocks(series: dict[str, Any]) -> list[str]:
    return [
        datetime.fromisoformat(one["starts_at"]).astimezone(HELSINKI).strftime("%H:%M")
        for one in series["occurrences"]
    ]


def test_a_series_is_told_with_its_rule_its_dates_and_what_it_lacks(
    anna: Program, world: World
) -> None:
    taken = wish(world, starts_at=later(10, 1), ends_at=later(12, 1))
    assert anna.post("/bookings", taken).status_code == 201
    made = make_series(anna, world, skip_taken=True)
    answer = anna.get(f"/series/{made['series_id']}")
    told = answer.json
    assert answer.status_code == 200
    assert {name: told[name] for name in ("id", "version", "starts", "ends", "room_id")} == {
        "id": made["series_id"],
        # One of its own and one of each of its two dates.
        "version": 3,
        "starts": "10:00",
        "ends": "12:00",
        "room_id": world.half_a,
    }
    assert told["rrule"] == "FREQ=WEEKLY;BYDAY=WE;COUNT=3"
    assert told["occurrences"] == [
        {**one, "room_id": world.half_a, "state": "requested"} for one in made["occurrences"]
    ]
    assert told["skipped"] == made["skipped"] != []


def test_the_tag_of_a_series_changes_with_each_of_its_dates(anna: Program, world: World) -> None:
    made = make_series(anna, world)
    path = f"/series/{made['series_id']}"
    tag = anna.get(path).headers["ETag"]
    assert anna.get(path, If_None_Match=tag).status_code == 304
    one = made["occurrences"][1]["id"]
    assert anna.patch(f"/bookings/{one}", {"title": "Ilta"}, If_Match='"1"').status_code == 200
    assert anna.get(path, If_None_Match=tag).status_code == 200


def test_a_series_is_not_there_for_others(
    anna: Program, world: World, program_of: ProgramOf
) -> None:
    path = f"/series/{make_series(anna, world)['series_id']}"
    assert program_of("toini").get(path).status_code == 404
    assert program_of("viivi").get(path).status_code == 200


def test_this_and_all_that_follow_move_by_the_clock_and_become_a_series(
    anna: Program, world: World
) -> None:
    made = make_series(anna, world)
    second = made["occurrences"][1]["id"]
    body = {"starts_at": later(13, 1), "ends_at": later(15, 1)}
    answer = anna.patch(f"/bookings/{second}?scope=following", body, If_Match='"1"')
    assert answer.status_code == 200
    assert (answer.json["split_from"], answer.json["starts"]) == (made["series_id"], "13:00")
    assert clocks(answer.json) == ["13:00", "13:00"]
    assert clocks(anna.get(f"/series/{made['series_id']}").json) == ["10:00"]


def test_all_dates_to_come_get_another_title_and_room(anna: Program, world: World) -> None:
    made = make_series(anna, world)
    last = made["occurrences"][2]["id"]
    body = {"title": "Ilta", "room_id": world.half_b}
    answer = anna.patch(f"/bookings/{last}?scope=all", body, If_Match='"1"')
    assert (answer.status_code, answer.json["id"]) == (200, made["series_id"])
    assert [one["room_id"] for one in answer.json["occurrences"]] == [world.half_b] * 3
    assert anna.get(f"/bookings/{last}").json["title"] == "Ilta"


def test_nothing_is_changed_if_one_date_cannot_move(anna: Program, world: World) -> None:
    made = make_series(anna, world)
    taken = wish(world, starts_at=later(13, 1), ends_at=later(15, 1))
    assert anna.post("/bookings", taken).status_code == 201
    first = made["occurrences"][0]["id"]
    body = {"starts_at": later(13), "ends_at": later(15)}
    refused = anna.patch(f"/bookings/{first}?scope=all", body, If_Match='"1"')
    assert (refused.status_code, refused.json["code"]) == (409, "room_taken")
    assert [one["day"] for one in refused.json["dates"]] == [made["occurrences"][1]["day"]]
    assert clocks(anna.get(f"/series/{made['series_id']}").json) == ["10:00"] * 3


def test_the_version_is_that_of_the_booking(anna: Program, world: World) -> None:
    first = make_series(anna, world)["occurrences"][0]["id"]
    path = f"/bookings/{first}?scope=all"
    assert anna.patch(path, {"title": "Ilta"}).status_code == 428
    assert anna.patch(path, {"title": "Ilta"}, If_Match='"7"').status_code == 412


def test_a_scope_needs_a_series_and_a_single_booking_is_moved_otherwise(
    anna: Program, world: World
) -> None:
    alone = anna.post("/bookings", wish(world)).json["id"]
    refused = anna.patch(f"/bookings/{alone}?scope=all", {"title": "Ilta"}, If_Match='"1"')
    assert (refused.status_code, refused.json["errors"]["scope"][0]["code"]) == (
        422,
        "not_of_series",
    )
    moved = anna.patch(f"/bookings/{alone}", {"room_id": world.half_b}, If_Match='"1"')
    assert (moved.status_code, moved.json["errors"]["room_id"][0]["code"]) == (
        422,
        "only_of_series",
    )


def test_a_series_keeps_its_days(anna: Program, world: World) -> None:
    made = make_series(anna, world)
    first = made["occurrences"][0]["id"]
    body = {"starts_at": later(13, 1), "ends_at": later(15, 1)}
    refused = anna.patch(f"/bookings/{first}?scope=all", body, If_Match='"1"')
    assert (refused.status_code, refused.json["errors"]["starts_at"][0]["code"]) == (
        422,
        "other_day",
    )


def test_an_unknown_scope_is_refused(anna: Program, world: World) -> None:
    first = make_series(anna, world)["occurrences"][0]["id"]
    refused = anna.patch(f"/bookings/{first}?scope=some", {"title": "Ilta"}, If_Match='"1"')
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["scope"])


def test_the_dates_from_one_on_are_called_off(anna: Program, world: World) -> None:
    made = make_series(anna, world)
    second = made["occurrences"][1]["id"]
    answer = anna.post(f"/bookings/{second}/cancel?scope=following", {}, If_Match='"1"')
    assert answer.status_code == 200
    assert [one["state"] for one in answer.json["occurrences"]] == [
        "requested",
        "cancelled",
        "cancelled",
    ]


def test_a_date_moved_past_its_day_is_changed_and_called_off_with_all(
    anna: Program, database: Database, world: World
) -> None:
    made = make_series(anna, world)
    first, second, _third = (one["id"] for one in made["occurrences"])
    backdate(database, first, "2026-01-07")
    told = anna.patch(f"/bookings/{second}?scope=all", {"title": "Ilta"}, If_Match='"1"').json
    assert told["occurrences"][0]["day"] == "2026-01-07"
    assert anna.get(f"/bookings/{first}").json["title"] == "Ilta"
    gone = anna.post(f"/bookings/{second}/cancel?scope=all", {}, If_Match='"2"')
    assert gone.status_code == 200
    assert {one["state"] for one in gone.json["occurrences"]} == {"cancelled"}


def test_of_a_date_moved_elsewhere_only_those_there_and_its_people_know(
    anna: Program, world: World, program_of: ProgramOf
) -> None:
    made = make_series(anna, world)
    path, [first, second, third] = f"/series/{made['series_id']}", made["occurrences"]
    body = {
        "room_id": world.cabinet,
        "starts_at": second["starts_at"],
        "ends_at": second["ends_at"],
    }
    assert anna.post(f"/bookings/{second['id']}/move", body, If_Match='"1"').status_code == 200

    def seen(who: Program) -> list[int]:
        return [one["id"] for one in who.get(path).json["occurrences"]]

    assert seen(anna) == [first["id"], second["id"], third["id"]]
    assert seen(program_of("veli")) == [first["id"], third["id"]]
    assert seen(program_of("aino")) == [second["id"]]


def test_the_version_of_a_series_rises_with_each_of_its_dates(anna: Program, world: World) -> None:
    made = make_series(anna, world)
    path = f"/series/{made['series_id']}"
    before = anna.get(path).json["version"]
    one = made["occurrences"][1]["id"]
    assert anna.patch(f"/bookings/{one}", {"title": "Ilta"}, If_Match='"1"').status_code == 200
    assert anna.get(path).json["version"] == before + 1


def test_the_tag_of_a_series_changes_when_dates_leave_it(anna: Program, world: World) -> None:
    # The series rises by one, and the date that leaves takes its one away.
    made = make_series(anna, world)
    path, last = f"/series/{made['series_id']}", made["occurrences"][2]["id"]
    tag = anna.get(path).headers["ETag"]
    body = {"starts_at": later(13, 2), "ends_at": later(15, 2)}
    answer = anna.patch(f"/bookings/{last}?scope=following", body, If_Match='"1"')
    assert answer.status_code == 200
    assert anna.get(path, If_None_Match=tag).status_code == 200


def test_one_end_of_the_time_alone_is_held_to_the_other(anna: Program, world: World) -> None:
    first = make_series(anna, world)["occurrences"][0]["id"]
    path = f"/bookings/{first}?scope=all"
    refused = anna.patch(path, {"starts_at": later(13)}, If_Match='"1"')
    assert (refused.status_code, refused.json["errors"]["ends_at"][0]["code"]) == (
        422,
        "end_before_start",
    )
    late = anna.patch(path, {"ends_at": later(13, 1)}, If_Match='"1"')
    assert late.json["errors"]["ends_at"][0]["code"] == "weekly_within_a_day"
    done = anna.patch(path, {"ends_at": later(13)}, If_Match='"1"')
    assert (done.json["starts"], done.json["ends"]) == ("10:00", "13:00")


def test_staff_say_why_they_change_a_series(anna: Program, veli: Program, world: World) -> None:
    first = make_series(anna, world)["occurrences"][0]["id"]
    path, body = f"/bookings/{first}?scope=all", {"room_id": world.half_b}
    refused = veli.patch(path, body, If_Match='"1"')
    assert (refused.status_code, refused.json["code"]) == (422, "reason_required")
    assert list(refused.json["errors"]) == ["reason"]
    done = veli.patch(path, {**body, "reason": "Vesivahinko"}, If_Match='"1"')
    assert done.status_code == 200
    assert [one["room_id"] for one in done.json["occurrences"]] == [world.half_b] * 3


def test_a_reason_alone_changes_nothing_and_of_one_date_it_is_not_taken(
    anna: Program, world: World
) -> None:
    first = make_series(anna, world)["occurrences"][0]["id"]
    alone = anna.patch(f"/bookings/{first}?scope=all", {"reason": "Muuten"}, If_Match='"1"')
    assert alone.json["errors"]["body"][0]["code"] == "nothing_to_change"
    one = anna.patch(f"/bookings/{first}", {"title": "Ilta", "reason": "x"}, If_Match='"1"')
    assert one.json["errors"]["reason"][0]["code"] == "only_of_series"


def test_a_series_that_is_over_is_neither_changed_nor_called_off(
    anna: Program, world: World
) -> None:
    made = make_series(anna, world)
    first = made["occurrences"][0]["id"]
    assert anna.post(f"/bookings/{first}/cancel?scope=all", {}, If_Match='"1"').status_code == 200
    for scope in ("following", "all"):
        again = anna.post(f"/bookings/{first}/cancel?scope={scope}", {}, If_Match="*")
        assert (again.status_code, again.json["errors"]["scope"][0]["code"]) == (
            422,
            "series_over",
        )


def test_staff_say_why_they_call_a_series_off(anna: Program, veli: Program, world: World) -> None:
    first = make_series(anna, world)["occurrences"][0]["id"]
    refused = veli.post(f"/bookings/{first}/cancel?scope=all", {}, If_Match='"1"')
    assert (refused.status_code, refused.json["code"]) == (422, "reason_required")
    done = veli.post(
        f"/bookings/{first}/cancel?scope=all", {"reason": "Vesivahinko"}, If_Match='"1"'
    )
    assert done.status_code == 200


def test_another_scope_under_the_same_key_is_another_act(anna: Program, world: World) -> None:
    made = make_series(anna, world)
    second = made["occurrences"][1]["id"]
    headers = {"If_Match": '"1"', "Idempotency_Key": "sama"}
    first_time = anna.post(f"/bookings/{second}/cancel?scope=following", {}, **headers)
    again = anna.post(f"/bookings/{second}/cancel?scope=following", {}, **headers)
    assert (again.status_code, again.json) == (200, first_time.json)
    other = anna.post(f"/bookings/{second}/cancel?scope=all", {}, **headers)
    assert (other.status_code, other.json["code"]) == (422, "key_reused")
