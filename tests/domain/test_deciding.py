"""When an undecided request is told again, who may decide, and which season a booking counts in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.domain.access import Actor
from booking.domain.deciding import Step, due_step, may_decide, next_step, season_span
from calendars.period import Period

ASKED = datetime(2027, 3, 1, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Request:
    escalation: int = 0
    created_at: datetime = ASKED
    asked_at: datetime | None = None
    starts_at: datetime = ASKED + 1000 * HOUR


@dataclass(frozen=True)
class Hours:
    remind_after_hours: int = 48
    stand_in_after_hours: int = 96
    coordinator_after_hours: int = 168
    lapse_after_hours: int | None = None


@pytest.mark.parametrize(
    ("request_", "hours", "expected"),
    [
        (Request(), Hours(), Step("remind", ASKED + 48 * HOUR)),
        (Request(escalation=1), Hours(), Step("pass_to_stand_in", ASKED + 96 * HOUR)),
        (Request(escalation=2), Hours(), Step("pass_to_coordinator", ASKED + 168 * HOUR)),
        (Request(escalation=3), Hours(), None),
        (
            Request(escalation=3),
            Hours(lapse_after_hours=200),
            Step("lapse", ASKED + 200 * HOUR),
        ),
        # An approved booking that was changed by its people is asked for anew.
        (
            Request(asked_at=ASKED + 100 * HOUR),
            Hours(),
            Step("remind", ASKED + 148 * HOUR),
        ),
        # Asked at short notice, all steps come, the coordinator's when three quarters of the time have passed.
        (Request(starts_at=ASKED + 56 * HOUR), Hours(), Step("remind", ASKED + 12 * HOUR)),
        (
            Request(escalation=2, starts_at=ASKED + 56 * HOUR),
            Hours(),
            Step("pass_to_coordinator", ASKED + 42 * HOUR),
        ),
        (
            Request(escalation=2, starts_at=ASKED + 224 * HOUR),
            Hours(),
            Step("pass_to_coordinator", ASKED + 168 * HOUR),
        ),
        # Lapsing after it has begun never comes.
        (Request(escalation=3, starts_at=ASKED + 99 * HOUR), Hours(lapse_after_hours=100), None),
    ],
)
def test_what_comes_next_is_known(request_: Request, hours: Hours, expected: Step | None) -> None:
    assert next_step(request_, hours) == expected


@pytest.mark.parametrize(
    ("waited", "escalation", "expected"),
    [
        (47, 0, None),
        (48, 0, "remind"),
        (48, 1, None),
        (96, 1, "pass_to_stand_in"),
        (168, 2, "pass_to_coordinator"),
        (168, 0, "pass_to_coordinator"),  # the worker was away for a week
        (199, 3, None),
        (200, 3, "lapse"),
        (999, 0, "lapse"),
        (1000, 0, None),  # it has begun
    ],
)
def test_a_step_is_due_from_its_hour_on(waited: int, escalation: int, expected: str | None) -> None:
    hours = Hours(lapse_after_hours=200)
    assert due_step(Request(escalation=escalation), hours, ASKED + waited * HOUR) == expected


def test_without_the_units_wish_nothing_lapses() -> None:
    late = Request(starts_at=ASKED + 100_000 * HOUR)
    assert due_step(replace(late, escalation=3), Hours(), ASKED + 99_999 * HOUR) is None


@pytest.mark.parametrize(
    ("actor", "escalation", "expected"),
    [
        (Actor(1, approver_units=frozenset({7})), 0, True),
        (Actor(1, approver_units=frozenset({8})), 3, False),
        (Actor(1, viewer_units=frozenset({7})), 3, False),
        (Actor(1, is_coordinator=True), 2, False),
        (Actor(1, is_coordinator=True), 3, True),
        (Actor(1, is_admin=True), 0, True),
        (Actor(1, organisations={1: "owner"}), 3, False),
    ],
)
def test_who_may_decide(actor: Actor, escalation: int, expected: bool) -> None:
    assert may_decide(Request(escalation=escalation), 7, actor) is expected


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2027, 1, 1), "2026-12-31T22:00", "2027-07-31T21:00"),
        (date(2027, 7, 31), "2026-12-31T22:00", "2027-07-31T21:00"),
        (date(2027, 8, 1), "2027-07-31T21:00", "2027-12-31T22:00"),
        (date(2027, 12, 31), "2027-07-31T21:00", "2027-12-31T22:00"),
    ],
)
def test_the_seasons_begin_in_january_and_in_august(day: date, first: str, last: str) -> None:
    instants = (datetime.fromisoformat(f"{text}+00:00") for text in (first, last))
    assert season_span(day) == Period(*instants)
