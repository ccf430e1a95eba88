"""Addresses of every wrong kind: ids, times and filters that can't be, each named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.world import World
from tests.web.api.calls import Program, soon
from tests.web.api.test_availability import address


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is refused before the database is asked does not hang on its kind."""
    return sqlite_url


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("2027-06-07T17:30:00", "bad_instant"),
        ("2027-06-07", "bad_instant"),
        ("2027-06-07T17:30+03:00", "bad_instant"),
        ("2027-02-30T17:30:00Z", "bad_instant"),
        ("2027-06-07T25:61:00Z", "bad_instant"),
        ("2027-06-07T17:30:60Z", "bad_instant"),
        ("2027-06-07T17:30:00+03:00:15", "bad_instant"),
        ("2027-06-07T17:30:00+24:00", "bad_instant"),
        ("2027-W54-1T17:30:00Z", "bad_instant"),
        ("2027-06-07T17:30:00[../../etc/passwd]", "bad_instant"),
        ("٢٠٢٧-06-07T17:30:00Z", "bad_instant"),
        ("", "bad_instant"),
        ("0000-01-01T00:00:00Z", "bad_year"),
        ("0001-01-01T00:00:00+14:00", "bad_year"),
        ("9999-12-31T23:59:59-12:00", "bad_year"),
        ("2100-01-01T00:00:00Z", "bad_year"),
    ],
)
def test_a_time_that_is_none_is_refused(nobody: Program, given: str, code: str) -> None:
    answer = nobody.get(address(starts_at=given))
    assert answer.status_code == 422
    assert [fault["code"] for fault in answer.json["errors"]["starts_at"]] == [code]


@pytest.mark.parametrize("offset", ["+14:00", "-12:00", "Z", "z", "-00:00", ".123456789+02:00"])
def test_a_time_with_any_offset_is_taken(nobody: Program, world: World, offset: str) -> None:
    start, end = soon(10), soon(12)
    asked = {
        "starts_at": f"{start:%Y-%m-%dT%H:%M:%S}{offset}",
        "ends_at": f"{end:%Y-%m-%dt%H:%M:%S}{offset}",
    }
    assert nobody.get(address(**asked)).status_code == 200


def test_ten_years_are_too_long(nobody: Program) -> None:
    answer = nobody.get(address(ends_at=(soon(10) + timedelta(days=3653)).isoformat()))
    assert answer.json == {
        "type": "urn:yhteistila:problem:invalid",
        "title": "Unprocessable Entity",
        "status": 422,
        "code": "invalid",
        "detail": "Some values are missing or cannot be used. Each is named in “errors”.",
        "errors": {
            "ends_at": [
                {
                    "code": "too_many_days",
                    "detail": "From start to end there may be at most 31 days here. A room's own limit may be shorter.",
                }
            ]
        },
    }


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("", {"starts_at": ["required"], "ends_at": ["required"]}),
        (
            "monthly=12",
            {"starts_at": ["required"], "ends_at": ["required"], "monthly": ["unknown_field"]},
        ),
        ("people=1&people=2", {"people": ["repeated"]}),
    ],
)
def test_what_is_missing_unknown_or_repeated_is_named(
    nobody: Program, query: str, errors: dict[str, list[str]]
) -> None:
    answer = nobody.get(f"/availability?{query}")
    assert answer.status_code == 422
    named = {
        name: [fault["code"] for fault in faults] for name, faults in answer.json["errors"].items()
    }
    assert named == errors


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("people", "5.0", "not_whole_number"),
        ("people", "+5", "not_whole_number"),
        ("people", "٥", "not_whole_number"),
        ("people", "0", "out_of_range"),
        ("people", "-1", "out_of_range"),
        ("people", "100001", "out_of_range"),
        ("unit", "2147483648", "out_of_range"),
        ("unit", "9" * 100, "not_whole_number"),
        ("limit", "501", "out_of_range"),
        ("activity", "party", "bad_choice"),
        ("features", "step_free,", "bad_choice"),
        ("features", "magic", "bad_choice"),
        ("municipality", "\0", "bad_characters"),
        ("municipality", "x" * 41, "too_long_text"),
        ("cursor", "r1x", "bad_cursor"),
        ("cursor", "r999", "bad_cursor"),
        ("hybrid", "yes", "not_true_or_false"),
        ("hybrid", "1", "not_true_or_false"),
        ("region", "x" * 41, "too_long_text"),
        ("weekly", "1", "out_of_range"),
        ("weekly", "54", "out_of_range"),
        ("weekly", "2.0", "not_whole_number"),
    ],
)
def test_a_bad_value_is_named(
    nobody: Program, world: World, name: str, value: str, code: str
) -> None:
    answer = nobody.get(address(**{name: value}))
    assert answer.status_code == 422
    assert {key: faults[0]["code"] for key, faults in answer.json["errors"].items()} == {name: code}


def test_an_end_before_its_start_is_refused(nobody: Program) -> None:
    for end in (soon(10), soon(9)):
        answer = nobody.get(address(ends_at=end.isoformat()))
        assert answer.json["errors"]["ends_at"][0]["code"] == "end_before_start"


@pytest.mark.parametrize(
    "room_id", ["0", "-1", "2147483648", "9223372036854775808", "x", "1.0", "%00"]
)
def test_an_id_that_can_not_be_is_not_there(nobody: Program, room_id: str) -> None:
    for answer in (
        nobody.get(f"/rooms/{room_id}"),
        nobody.patch(f"/bookings/{room_id}", {"people": 2}),
        nobody.post(f"/bookings/{room_id}/approve"),
        nobody.get(f"/rooms/{room_id}/next-free?minutes=60"),
        nobody.patch(f"/rooms/{room_id}", {"capacity": 5}),
        nobody.get(f"/units/{room_id}"),
        nobody.post(f"/units/{room_id}/closures", {}),
        nobody.call("DELETE", f"/closures/{room_id}"),
    ):
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
