"""The policy, rule by rule, and the states: tables of what is allowed and what each refusal says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from booking.domain.bookings import (
    HOLDING,
    STATES,
    TRANSITIONS,
    Standing,
    Wish,
    next_state,
    refusals_at_asking,
    refusals_at_deciding,
)
from booking.domain.local_time import HELSINKI
from booking.domain.rooms import OpeningHours, RoomRules, has_all
from booking.domain.texts import LocalText
from booking.errors import Refusal, WrongState
from calendars.period import Period

NOW = datetime(2027, 3, 1, 7, 0, tzinfo=UTC)
WEEKDAYS = OpeningHours(dict.fromkeys(range(5), ((8 * 60, 20 * 60),)))
ALWAYS = OpeningHours(dict.fromkeys(range(7), ((0, 1440),)))


def rules(**changes: Any) -> RoomRules:
    fields: dict[str, Any] = {
        "id": 1,
        "unit_id": 1,
        "municipality": "joensuu",
        "name": LocalText("Sali"),
        "unit_name": LocalText("Talo"),
        "unit_is_open": True,
        "address": "Esimerkkitie 1",
        "published": True,
        "capacity": 30,
        "activities": frozenset({"meeting", "group"}),
        "hours": WEEKDAYS,
        "step_minutes": 15,
        "min_minutes": 30,
        "max_minutes": 480,
        "notice_minutes": 1440,
        "horizon_days": 400,
        "space_ids": (1,),
    }
    return RoomRules(**{**fields, **changes})


def wall(year: int, month: int, day: int, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, fold=fold, tzinfo=HELSINKI).astimezone(UTC)


def wish(start: datetime, end: datetime, activity: str = "meeting", people: int = 10) -> Wish:
    return Wish(Period(start, end), activity, people)


def on(hour: int, minute: int, until_hour: int, until_minute: int = 0) -> Wish:
    return wish(wall(2027, 3, 10, hour, minute), wall(2027, 3, 10, until_hour, until_minute))


@pytest.mark.parametrize(
    ("changes", "asked", "codes"),
    [
        ({}, on(10, 0, 12), []),
        # Opening hours: the very edges are open, a minute beyond is not.
        ({}, on(8, 0, 16), []),
        ({}, on(12, 0, 20), []),
        ({}, on(7, 45, 9), ["closed"]),
        ({}, on(19, 0, 20, 15), ["closed"]),
        (
            {"hours": OpeningHours({2: ((480, 600), (600, 720))})},
            on(9, 0, 11),
            [],
        ),  # two stretches that touch are one
        (
            {"hours": OpeningHours({2: ((480, 600), (660, 720))})},
            on(9, 0, 11),
            ["closed"],
        ),  # a gap is a gap
        ({"hours": OpeningHours({})}, on(10, 0, 12), ["closed"]),
        # Open all round the clock: midnight is no wall.
        ({"hours": ALWAYS}, wish(wall(2027, 3, 10, 22), wall(2027, 3, 11, 2)), []),
        (
            {"hours": WEEKDAYS},
            wish(wall(2027, 3, 10, 19), wall(2027, 3, 11, 9)),
            ["closed", "too_long"],
        ),
        # Lengths: exactly the least and the most are allowed.
        ({}, on(10, 0, 10, 30), []),
        ({}, on(10, 0, 10, 15), ["too_short"]),
        ({}, on(8, 0, 16, 15), ["too_long"]),
        ({}, on(10, 5, 11, 5), ["wrong_step"]),
        ({}, on(10, 0, 11, 5), ["wrong_step"]),
        # Notice and horizon.
        ({"notice_minutes": 9 * 1440 + 60}, on(10, 0, 12), []),
        ({"notice_minutes": 9 * 1440 + 61}, on(10, 0, 12), ["too_late"]),
        (
            {"notice_minutes": 0},
            wish(NOW - timedelta(minutes=15), NOW + timedelta(hours=1)),
            ["too_late"],
        ),
        ({"horizon_days": 9}, on(10, 0, 12), ["beyond_horizon"]),
        ({"horizon_days": 10}, on(10, 0, 12), []),
        # People and activity.
        ({"capacity": 10}, on(10, 0, 12), []),
        ({"capacity": 9}, on(10, 0, 12), ["too_many_people"]),
        ({"activities": frozenset({"event"})}, on(10, 0, 12), ["activity_not_allowed"]),
        ({"published": False}, on(10, 0, 12), ["not_published"]),
        ({"unit_is_open": False}, on(10, 0, 12), ["not_published"]),
        # Everything at once is told at once, in the order of the policy.
        (
            {
                "published": False,
                "activities": frozenset(),
                "hours": OpeningHours({}),
                "capacity": 1,
                "min_minutes": 300,
            },
            on(10, 5, 12),
            [
                "not_published",
                "activity_not_allowed",
                "closed",
                "wrong_step",
                "too_short",
                "too_many_people",
            ],
        ),
    ],
)
def test_asking_is_refused_for_each_rule_that_says_no(
    changes: dict[str, Any], asked: Wish, codes: list[str]
) -> None:
    assert [
        refusal.code for refusal in refusals_at_asking(rules(**changes), asked, NOW, Standing())
    ] == codes


def test_a_closed_day_says_why_and_what_is_open() -> None:
    day = date(2027, 3, 10)
    hours = OpeningHours({2: ((480, 600),)}, {day: ()}, {day: LocalText("Remontti")})
    params = {"day": day, "open": (), "because": LocalText("Remontti")}
    assert refusals_at_asking(rules(hours=hours), on(9, 0, 10), NOW, Standing()) == [
        Refusal("closed", "starts_at", params)
    ]


def test_an_exception_opens_a_closed_day() -> None:
    saturday = date(2027, 3, 13)
    hours = OpeningHours({}, {saturday: ((600, 900),)})
    assert hours.cover(Period(wall(2027, 3, 13, 10), wall(2027, 3, 13, 15)))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (wall(2027, 3, 28, 0), wall(2027, 3, 29, 0), 23),  # the night clocks go forward
        (wall(2027, 10, 31, 0), wall(2027, 11, 1, 0), 25),  # and back
    ],
)
def test_a_day_of_the_clock_change_is_open_for_its_real_length(
    start: datetime, end: datetime, hours: int
) -> None:
    assert (end - start) == timedelta(hours=hours)
    assert ALWAYS.cover(Period(start, end))
    [stretch] = ALWAYS.periods(start.astimezone(HELSINKI).date(), start.astimezone(HELSINKI).date())
    assert stretch == Period(start, end)


def test_opening_hours_keep_wall_time_over_the_clock_change() -> None:
    sunday = OpeningHours({6: ((8 * 60, 20 * 60),)})
    assert sunday.cover(Period(wall(2027, 3, 28, 8), wall(2027, 3, 28, 20)))
    assert not sunday.cover(Period(wall(2027, 3, 28, 7, 45), wall(2027, 3, 28, 20)))


def test_deciding_forgives_what_counts_at_asking_only() -> None:
    strict = rules(
        notice_minutes=10**6, horizon_days=1, step_minutes=60, min_minutes=400, max_minutes=480
    )
    assert refusals_at_deciding(strict, on(10, 15, 12), Standing()) == []


def test_deciding_checks_the_rest() -> None:
    changed = rules(published=False, activities=frozenset(), hours=OpeningHours({}), capacity=1)
    codes = [refusal.code for refusal in refusals_at_deciding(changed, on(10, 0, 12), Standing())]
    assert codes == ["not_published", "activity_not_allowed", "closed", "too_many_people"]


def test_states_are_reached_only_by_the_table() -> None:
    assert {state for state, _ in TRANSITIONS} | set(TRANSITIONS.values()) <= set(STATES)
    # What is over is over, but for a rejection that is taken back before anybody was told.
    over = {"rejected", "cancelled", "lapsed"}
    assert {step for step in TRANSITIONS if step[0] in over} == {("rejected", "undo")}
    assert {"requested", "approved"} == HOLDING
    with pytest.raises(WrongState) as refusal:
        next_state("cancelled", "approve")
    assert refusal.value.params == {"state": "cancelled", "action": "approve"}


@pytest.mark.parametrize(
    ("features", "wanted", "answer"),
    [
        ({}, [], "yes"),
        ({}, ["lift"], "unknown"),
        ({"lift": "yes"}, ["lift"], "yes"),
        (
            {"lift": "no"},
            ["lift", "quiet"],
            "no",
        ),  # one known lack outweighs what nobody has looked at
        ({"lift": "yes", "quiet": "unknown"}, ["lift", "quiet"], "unknown"),
    ],
)
def test_unknown_is_neither_yes_nor_no(
    features: dict[str, Any], wanted: list[str], answer: str
) -> None:
    assert has_all(rules(features=features), wanted) == answer
