"""A period is half-open, aware, UTC and never empty; merging keeps the time and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.period import Period, merged

NOON = datetime(2027, 6, 7, 12, tzinfo=UTC)


def hours(start: float, end: float) -> Period:
    return Period(NOON + timedelta(hours=start), NOON + timedelta(hours=end))


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (hours(0, 2), hours(1, 3), True),
        (hours(0, 3), hours(1, 2), True),
        (hours(0, 2), hours(0, 2), True),
        (hours(0, 1), hours(1, 2), False),
        (hours(0, 1), hours(2, 3), False),
    ],
)
def test_periods_overlap_when_they_share_an_instant(
    one: Period, other: Period, overlap: bool
) -> None:
    assert (one.overlaps(other), other.overlaps(one)) == (overlap, overlap)


@pytest.mark.parametrize(
    ("inner", "contained"),
    [(hours(0, 3), True), (hours(1, 2), True), (hours(-1, 2), False), (hours(1, 4), False)],
)
def test_period_contains_what_lies_within_it(inner: Period, contained: bool) -> None:
    assert hours(0, 3).contains(inner) is contained


def test_minutes_are_whole() -> None:
    assert Period(NOON, NOON + timedelta(minutes=90, seconds=59)).minutes == 90


@pytest.mark.parametrize("length", [timedelta(0), timedelta(seconds=-1)])
def test_period_is_refused_when_it_is_empty(length: timedelta) -> None:
    with pytest.raises(ValueError, match="end after its start"):
        Period(NOON, NOON + length)


@pytest.mark.parametrize(
    "zone",
    [
        None,
        ZoneInfo("Europe/Helsinki"),
        timezone(timedelta(hours=1)),
        # At offset 0 in winter: right by chance only.
        ZoneInfo("Europe/London"),
    ],
)
def test_period_is_refused_when_its_times_are_not_utc(zone: ZoneInfo | timezone | None) -> None:
    local = datetime(2027, 1, 7, 12, tzinfo=zone)
    with pytest.raises(ValueError, match="aware UTC"):
        Period(local, local + timedelta(hours=1))


def test_period_takes_any_name_of_utc() -> None:
    start = datetime(2027, 1, 7, 12, tzinfo=ZoneInfo("UTC"))
    assert Period(start, start + timedelta(hours=1)).minutes == 60


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([], []),
        ([hours(2, 3), hours(0, 1)], [hours(0, 1), hours(2, 3)]),
        ([hours(0, 1), hours(1, 2)], [hours(0, 2)]),
        ([hours(0, 4), hours(1, 2), hours(3, 5)], [hours(0, 5)]),
    ],
)
def test_merged_joins_what_overlaps_or_touches(
    periods: list[Period], expected: list[Period]
) -> None:
    assert merged(periods) == expected


some_periods = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 10)).map(lambda at: hours(at[0], sum(at)))
)


@given(some_periods)
def test_merged_covers_the_same_hours_with_gaps_between(periods: list[Period]) -> None:
    result = merged(periods)
    assert {h for h in range(60) if any(p.contains(hours(h, h + 1)) for p in periods)} == {
        h for h in range(60) if any(p.contains(hours(h, h + 1)) for p in result)
    }
    assert all(one.end < following.start for one, following in pairwise(result))
    assert merged(result) == result
