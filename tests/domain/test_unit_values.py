"""What may be said of a unit: every fault with its field, and what passes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from booking.domain.deciding import DECIDING_AT_FIRST
from booking.domain.texts import LocalText
from booking.domain.unit_values import (
    DayHours,
    HoursRow,
    exception_faults,
    hours_faults,
    unit_faults,
)
from booking.errors import Refusal

FIRST = date(2027, 6, 1)
GOOD: dict[str, Any] = {
    "name": LocalText("Rantakylän hyvinvointitalo"),
    "address": "Esimerkkitie 1, Joensuu",
    "arrival": None,
    "contact_email": "talo@demo.example",
    "contact_phone": "+358 13 123 4567",
    "external_id": "FMS-17",
    "appeal": None,
    **DECIDING_AT_FIRST,
}


def said(faults: list[Refusal]) -> list[tuple[str, str]]:
    return [(fault.code, fault.field) for fault in faults]


def test_a_unit_with_all_it_needs_passes() -> None:
    assert unit_faults(GOOD) == []
    bare = {"arrival": None, "contact_email": None, "contact_phone": None, "external_id": None}
    assert unit_faults({**GOOD, **bare}) == []


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"name": None}, [("name_required", "name")]),
        ({"name": LocalText(" ")}, [("name_required", "name")]),
        ({"name": LocalText("x" * 201)}, [("too_long_text", "name")]),
        ({"name": LocalText("x", en="x" * 201)}, [("too_long_text", "name")]),
        ({"address": None}, [("address_required", "address")]),
        ({"address": " "}, [("address_required", "address")]),
        ({"address": "x" * 201}, [("too_long_text", "address")]),
        ({"arrival": LocalText("", "Från söder")}, [("finnish_first", "arrival")]),
        ({"arrival": LocalText("x" * 4001)}, [("too_long_text", "arrival")]),
        ({"contact_email": "talo"}, [("bad_email", "contact_email")]),
        ({"contact_phone": "soita"}, [("bad_phone", "contact_phone")]),
        ({"external_id": "x" * 61}, [("too_long_text", "external_id")]),
        ({"appeal": LocalText("", "Begär omprövning")}, [("finnish_first", "appeal")]),
        ({"remind_after_hours": 0}, [("number_out_of_range", "remind_after_hours")]),
        ({"remind_after_hours": 96}, [("step_before_the_last", "stand_in_after_hours")]),
        ({"coordinator_after_hours": 96}, [("step_before_the_last", "coordinator_after_hours")]),
        ({"coordinator_after_hours": 2209}, [("number_out_of_range", "coordinator_after_hours")]),
        ({"lapse_after_hours": 168}, [("step_before_the_last", "lapse_after_hours")]),
        ({"lapse_after_hours": 169}, []),
        ({"remind_days_before": 61}, [("number_out_of_range", "remind_days_before")]),
        ({"late_cancel_hours": -1}, [("number_out_of_range", "late_cancel_hours")]),
        (
            {"name": None, "contact_email": "@"},
            [("name_required", "name"), ("bad_email", "contact_email")],
        ),
    ],
)
def test_what_is_wrong_with_a_unit_is_said_by_field(
    changes: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    assert said(unit_faults({**GOOD, **changes})) == faults


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ([], []),
        ([(0, 0, 1440)], []),
        ([(0, 480, 720), (0, 720, 960), (0, 1020, 1200)], []),
        ([(0, 480, 720), (1, 480, 720)], []),
        ([(0, 720, 480)], [("closes_before_opens", "day0")]),
        ([(6, 480, 480)], [("closes_before_opens", "day6")]),
        ([(2, 480, 1441)], [("closes_before_opens", "day2")]),
        ([(2, -1, 480)], [("closes_before_opens", "day2")]),
        ([(4, 480, 721), (4, 720, 960)], [("hours_overlap", "day4")]),
        ([(4, 720, 960), (4, 480, 721)], [("hours_overlap", "day4")]),
        ([(7, 480, 720)], [("bad_choice", "weekday")]),
        ([(3, hour * 60, hour * 60 + 30) for hour in range(4)], [("too_many_stretches", "day3")]),
    ],
)
def test_what_is_wrong_with_a_week_is_said_by_day(
    rows: list[tuple[int, int, int]], faults: list[tuple[str, str]]
) -> None:
    assert said(hours_faults([HoursRow(*row) for row in rows], None)) == faults


def test_a_season_ends_on_its_first_day_or_later() -> None:
    assert hours_faults([], (FIRST, FIRST)) == []
    assert said(hours_faults([], (FIRST, FIRST - timedelta(days=1)))) == [
        ("end_before_start", "valid_until")
    ]


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"opens_minute": 0, "closes_minute": 1440, "reason": LocalText("Talkoot")}, []),
        ({"last_day": FIRST + timedelta(days=730)}, []),
        ({"last_day": FIRST + timedelta(days=731)}, [("too_many_days", "last_day")]),
        ({"last_day": FIRST - timedelta(days=1)}, [("end_before_start", "last_day")]),
        ({"first_day": date(1899, 1, 1)}, [("bad_date", "first_day")]),
        ({"last_day": date(2999, 1, 1)}, [("bad_date", "last_day")]),
        ({"opens_minute": 480}, [("both_times_or_none", "opens")]),
        ({"closes_minute": 480}, [("both_times_or_none", "opens")]),
        ({"opens_minute": 480, "closes_minute": 480}, [("closes_before_opens", "closes")]),
        ({"opens_minute": 480, "closes_minute": 1441}, [("closes_before_opens", "closes")]),
        ({"reason": LocalText("", "Städning")}, [("finnish_first", "reason")]),
        ({"reason": LocalText("x" * 301)}, [("too_long_text", "reason")]),
        ({"external_id": "x" * 61}, [("too_long_text", "external_id")]),
    ],
)
def test_what_is_wrong_with_other_hours_of_some_days_is_said_by_field(
    changes: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    hours = DayHours(**{"first_day": FIRST, "last_day": FIRST, **changes})
    assert said(exception_faults(hours)) == faults
