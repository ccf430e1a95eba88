"""What can't be said of a room: each field that is wrong is named, and nothing is changed."""

from __future__ import annotations

from typing import Any

import pytest

from booking.db import Database
from tests.support.world import World
from tests.web.api.calls import Program
from tests.web.api.test_upkeep import put, version_of


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is refused before a row is written does not hang on the database's kind."""
    return sqlite_url


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"body": "nothing_to_change"}),
        ({"accepted": [1]}, {"body": "nothing_to_change"}),
        ({"rules": {}}, {"body": "nothing_to_change"}),
        ({"version": 1}, {"version": "unknown_field"}),
        ({"unit_id": 1}, {"unit_id": "unknown_field"}),
        ({"features": {}}, {"features": "unknown_field"}),
        ({"rules": {"speed": 1}}, {"rules.speed": "unknown_field"}),
        ({"rules": []}, {"rules": "not_an_object"}),
        ({"rules": None}, {"rules": "required"}),
        ({"_schema": 1}, {"_schema": "unknown_field"}),
        ({"name": None}, {"name": "required"}),
        ({"name": "Sali"}, {"name": "bad_text"}),
        ({"name": {"sv": "Sal"}}, {"name": "finnish_first"}),
        ({"name": {"fi": " "}}, {"name": "finnish_first"}),
        ({"name": {"fi": "a\0"}}, {"name": "bad_characters"}),
        ({"name": {"fi": "a", "de": "b"}}, {"name": "bad_text"}),
        ({"name": {"fi": "x" * 201}}, {"name": "too_long_text"}),
        ({"capacity": 0}, {"capacity": "out_of_range"}),
        ({"capacity": 5.0}, {"capacity": "not_whole_number"}),
        ({"layouts": {"circle": 5}}, {"layouts": "bad_names"}),
        ({"layouts": {"theatre": "5"}}, {"layouts": "not_whole_number"}),
        ({"layouts": ["theatre"]}, {"layouts": "bad_names"}),
        ({"activities": ["party"]}, {"activities": "bad_choices"}),
        ({"activities": [["meeting"]]}, {"activities": "bad_choices"}),
        ({"activities": "meeting"}, {"activities": "bad_choices"}),
        ({"activity_reasons": {"event": {"sv": "x"}}}, {"activity_reasons": "finnish_first"}),
        ({"available_until": "31.12.2027"}, {"available_until": "bad_day"}),
        ({"available_until": "2027-02-30"}, {"available_until": "bad_day"}),
        ({"available_until": "1969-12-31"}, {"available_until": "bad_year"}),
        ({"safety": {"latest_end": "24:01"}}, {"safety.latest_end": "bad_clock"}),
        ({"safety": {"latest_end": "9:00"}}, {"safety.latest_end": "bad_clock"}),
        ({"safety": {"latest_end": "12:60"}}, {"safety.latest_end": "bad_clock"}),
        ({"outside_use": "maybe"}, {"outside_use": "bad_choice"}),
        ({"capacity": 20, "accepted": ["1"]}, {"accepted": "bad_ids"}),
        ({"capacity": 20, "accepted": [True]}, {"accepted": "bad_ids"}),
        ({"capacity": 20, "accepted": [2**31]}, {"accepted": "bad_ids"}),
        ({"capacity": 20, "accepted": list(range(1, 10_002))}, {"accepted": "bad_ids"}),
        # What only the rules of a room can tell.
        ({"rules": {"step_minutes": 25}}, {"rules.step_minutes": "bad_step"}),
        ({"rules": {"min_minutes": 50}}, {"rules.min_minutes": "not_whole_steps"}),
        ({"rules": {"max_minutes": 15}}, {"rules.max_minutes": "longest_below_shortest"}),
        ({"safety": {"fire_max_people": 29}}, {"capacity": "more_than_fire_safety_allows"}),
        ({"safety": {"latest_end": "00:00"}}, {"safety.latest_end": "bad_time"}),
        ({"safety": {"emergency_number": "x"}}, {"safety.emergency_number": "bad_phone"}),
        ({"layouts": {"theatre": 31}}, {"layouts": "more_than_capacity"}),
        ({"elsewhere_url": "javascript:alert(1)"}, {"elsewhere_url": "bad_url"}),
        ({"contact": {"email": "x"}}, {"contact.email": "bad_email"}),
        ({"activities": []}, {"activities": "activity_required"}),
        ({"outside_use": "no"}, {"published": "outside_use_forbidden"}),
    ],
)
def test_a_value_that_can_not_be_is_named(
    veli: Program, database: Database, world: World, body: Any, errors: dict[str, str]
) -> None:
    answer = veli.patch(f"/rooms/{world.half_a}", body, If_Match='"1"')
    assert answer.status_code == 422
    assert {name: faults[0]["code"] for name, faults in answer.json["errors"].items()} == errors
    assert version_of(database, world.half_a) == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"checked_by": "required", "features": "required"}),
        ({"checked_by": " ", "features": {}}, {"checked_by": "required"}),
        ({"checked_by": "x", "features": {}}, {"features": "nothing_to_change"}),
        ({"checked_by": "x", "features": []}, {"features": "not_an_object"}),
        (
            {"checked_by": "x", "features": {"magic": {"value": "yes"}}},
            {"features.magic": "unknown_field"},
        ),
        (
            {"checked_by": "x", "features": {"quiet": {"value": "perhaps"}}},
            {"features.quiet.value": "bad_choice"},
        ),
        ({"checked_by": "x", "features": {"quiet": {}}}, {"features.quiet.value": "required"}),
        ({"checked_by": "x", "features": {"quiet": "yes"}}, {"features.quiet": "not_an_object"}),
        (
            {"checked_by": "x", "features": {"quiet": {"value": "yes", "measure_cm": 5}}},
            {"features.quiet.measure_cm": "unknown_field"},
        ),
        (
            {"checked_by": "x", "features": {"lift": {"value": "yes", "side": "left"}}},
            {"features.lift.side": "unknown_field"},
        ),
        (
            {"checked_by": "x", "features": {"lift": {"value": "yes", "measure_cm": -1}}},
            {"features.lift.measure_cm": "out_of_range"},
        ),
    ],
)
def test_a_fact_that_can_not_be_is_named(
    veli: Program, database: Database, world: World, body: Any, errors: dict[str, str]
) -> None:
    answer = put(veli, f"/rooms/{world.half_a}/features", body, If_Match='"1"')
    assert answer.status_code == 422
    assert {name: faults[0]["code"] for name, faults in answer.json["errors"].items()} == errors
    assert version_of(database, world.half_a) == 1
