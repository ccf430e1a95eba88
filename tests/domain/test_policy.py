"""The rules a unit sets for itself: last day, evening, seasons, holidays, buffers, quotas, rules of use. Tables, no rows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.bookings import (
    REFUSALS,
    Near,
    Standing,
    Wish,
    buffer_refusals,
    quota_span,
    refusals_at_asking,
    refusals_at_deciding,
    refusals_of_room,
    refusals_of_time,
)
from booking.domain.rooms import OpeningHours, Quota, Season
from booking.domain.texts import LocalText
from booking.errors import Refusal
from calendars.period import Period
from tests.domain.test_bookings import ALWAYS, NOW, WEEKDAYS, on, rules, wall, wish

HELATORSTAI = date(2027, 5, 6)


def codes(refusals: list[Refusal]) -> list[str]:
    return [refusal.code for refusal in refusals]


def asked(changes: dict[str, Any], want: Wish, standing: Standing | None = None) -> list[str]:
    return codes(refusals_at_asking(rules(**changes), want, NOW, standing or Standing()))


@pytest.mark.parametrize(
    ("changes", "want", "expected"),
    [
        # The last day it can be had is included, to its midnight.
        ({"available_until": date(2027, 3, 10)}, on(10, 0, 12), []),
        ({"available_until": date(2027, 3, 9)}, on(10, 0, 12), ["not_available_then"]),
        (
            {"available_until": date(2027, 3, 10), "hours": ALWAYS},
            wish(wall(2027, 3, 10, 22), wall(2027, 3, 11, 0)),
            [],
        ),
        (
            {"available_until": date(2027, 3, 10), "hours": ALWAYS},
            wish(wall(2027, 3, 10, 22), wall(2027, 3, 11, 0, 15)),
            ["not_available_then"],
        ),
        # On the evening of the autumn change the day is 25 hours long.
        (
            {"available_until": date(2027, 10, 31), "hours": ALWAYS},
            wish(wall(2027, 10, 31, 23), wall(2027, 11, 1, 0)),
            [],
        ),
        # The evening: empty by that minute, exactly then is in time.
        ({"latest_end_minute": 18 * 60}, on(16, 0, 18), []),
        ({"latest_end_minute": 18 * 60}, on(16, 0, 18, 15), ["not_available_then"]),
        ({"latest_end_minute": 18 * 60}, on(18, 0, 19), ["not_available_then"]),
        (
            {"latest_end_minute": 1440, "hours": ALWAYS},
            wish(wall(2027, 3, 10, 22), wall(2027, 3, 11, 0)),
            [],
        ),
        (
            {"latest_end_minute": 1439, "hours": ALWAYS},
            wish(wall(2027, 3, 10, 22), wall(2027, 3, 11, 0)),
            ["not_available_then"],
        ),
        (
            {"latest_end_minute": 1440, "hours": ALWAYS},
            wish(wall(2027, 3, 10, 22), wall(2027, 3, 11, 1)),
            ["not_available_then"],
        ),
        # Not lent here at all.
        ({"elsewhere_url": "https://varaa.example.fi"}, on(10, 0, 12), ["not_published"]),
        ({"outside_use": "no"}, on(10, 0, 12), ["not_published"]),
        ({"outside_use": "yes"}, on(10, 0, 12), []),
    ],
)
def test_a_room_is_refused_when_it_cannot_be_had(
    changes: dict[str, Any], want: Wish, expected: list[str]
) -> None:
    assert asked(changes, want) == expected


SUMMER = Season(date(2027, 6, 1), date(2027, 8, 31), {2: ((600, 840),)})
JULY = Season(date(2027, 7, 1), date(2027, 7, 31), {})


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2027, 5, 26), ((480, 1200),)),  # the Wednesday before the season
        (date(2027, 6, 2), ((600, 840),)),  # its first Wednesday
        (date(2027, 6, 3), ()),  # a day the season doesn't name is closed
        (date(2027, 7, 7), ()),  # the season that began later counts
        (date(2027, 8, 25), ((600, 840),)),  # and gives way when it ends
        (date(2027, 9, 1), ((480, 1200),)),
    ],
)
def test_a_season_is_the_whole_week_while_it_lasts(
    day: date, expected: tuple[tuple[int, int], ...]
) -> None:
    assert OpeningHours(WEEKDAYS.weekly, seasons=(SUMMER, JULY)).on(day) == expected


def test_a_holiday_closes_by_its_name_and_a_days_own_hours_open_it() -> None:
    name = LocalText("Helatorstai", "Kristi himmelsfärdsdag", "Ascension Day")
    closed = OpeningHours(WEEKDAYS.weekly, holidays={HELATORSTAI: name})
    assert (closed.on(HELATORSTAI), closed.because(HELATORSTAI)) == ((), name)
    opened = OpeningHours(
        WEEKDAYS.weekly,
        {HELATORSTAI: ((600, 720),)},
        {HELATORSTAI: LocalText("Avoimet ovet")},
        holidays={HELATORSTAI: name},
    )
    assert opened.on(HELATORSTAI) == ((600, 720),)
    assert opened.because(HELATORSTAI) == LocalText("Avoimet ovet")
    want = wish(wall(2027, 5, 6, 10), wall(2027, 5, 6, 12))
    [refusal] = refusals_of_room(rules(hours=closed), want, NOW)
    assert refusal == Refusal(
        "closed", "starts_at", {"day": HELATORSTAI, "open": (), "because": name}
    )
    assert asked({"hours": opened}, want) == []


def near(start: datetime, end: datetime, before: int = 0, after: int = 0) -> Near:
    return Near(Period(start, end), before, after)


@pytest.mark.parametrize(
    ("before", "after", "other", "expected"),
    [
        # One that ended at 10.00 lies before a wish from 10.00 to 12.00.
        (0, 0, near(wall(2027, 3, 10, 8), wall(2027, 3, 10, 10)), []),
        (15, 0, near(wall(2027, 3, 10, 8), wall(2027, 3, 10, 10)), ["buffer"]),
        (15, 0, near(wall(2027, 3, 10, 8), wall(2027, 3, 10, 9, 45)), []),
        (0, 60, near(wall(2027, 3, 10, 8), wall(2027, 3, 10, 10)), []),  # ours counts behind us
        (0, 0, near(wall(2027, 3, 10, 8), wall(2027, 3, 10, 10), after=15), ["buffer"]),
        (0, 0, near(wall(2027, 3, 10, 8), wall(2027, 3, 10, 10), before=60), []),
        # The longer of the two counts, not their sum.
        (30, 0, near(wall(2027, 3, 10, 8), wall(2027, 3, 10, 9, 30), after=15), []),
        (15, 0, near(wall(2027, 3, 10, 8), wall(2027, 3, 10, 9, 30), after=30), []),
        (15, 0, near(wall(2027, 3, 10, 8), wall(2027, 3, 10, 9, 31), after=30), ["buffer"]),
        # And one that begins when we end.
        (0, 15, near(wall(2027, 3, 10, 12), wall(2027, 3, 10, 14)), ["buffer"]),
        (0, 15, near(wall(2027, 3, 10, 12, 15), wall(2027, 3, 10, 14)), []),
        (0, 0, near(wall(2027, 3, 10, 12), wall(2027, 3, 10, 14), before=15), ["buffer"]),
        (15, 0, near(wall(2027, 3, 10, 12), wall(2027, 3, 10, 14)), []),
        # What overlaps is a conflict, and told as one.
        (15, 15, near(wall(2027, 3, 10, 11), wall(2027, 3, 10, 13)), []),
    ],
)
def test_the_gap_between_bookings_is_the_longer_buffer(
    before: int, after: int, other: Near, expected: list[str]
) -> None:
    room = {"buffer_before_minutes": before, "buffer_after_minutes": after}
    assert asked(room, on(10, 0, 12), Standing([other])) == expected
    want = on(10, 0, 12)
    assert codes(refusals_at_deciding(rules(**room), want, Standing([other]))) == expected


@given(
    st.integers(0, 120),
    st.integers(0, 120),
    st.integers(0, 120),
    st.integers(0, 120),
    st.integers(0, 240),
)
def test_buffers_are_the_same_from_both_sides(
    ours_before: int, ours_after: int, theirs_before: int, theirs_after: int, gap: int
) -> None:
    """Whether A may follow B doesn't depend on which of them was there first."""
    early = Period(wall(2027, 3, 10, 8), wall(2027, 3, 10, 9))
    late = Period(early.end + timedelta(minutes=gap), early.end + timedelta(minutes=gap + 60))
    early_room = rules(buffer_before_minutes=ours_before, buffer_after_minutes=ours_after)
    late_room = rules(buffer_before_minutes=theirs_before, buffer_after_minutes=theirs_after)
    late_asked = buffer_refusals(late_room, late, [Near(early, ours_before, ours_after)])
    early_asked = buffer_refusals(early_room, early, [Near(late, theirs_before, theirs_after)])
    assert bool(late_asked) == bool(early_asked) == (gap < max(ours_after, theirs_before))


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ({}, []),
        ({"week": 180}, []),  # exactly the limit
        ({"week": 181}, ["quota_exceeded"]),
        ({"month": 10_000}, []),  # no limit by month
    ],
)
def test_a_quota_counts_what_the_organisation_holds(
    used: dict[str, int], expected: list[str]
) -> None:
    room = {"quotas": (Quota("week", 300),)}
    assert asked(room, on(10, 0, 12), Standing(used_minutes=used)) == expected
    # Who was within it when asking stays so.
    deciding = refusals_at_deciding(rules(**room), on(10, 0, 12), Standing(used_minutes=used))
    assert deciding == []


@pytest.mark.parametrize(
    ("per", "instant", "first", "last"),
    [
        ("week", wall(2027, 3, 10, 12), wall(2027, 3, 8, 0), wall(2027, 3, 15, 0)),
        ("week", wall(2027, 3, 28, 23, 59), wall(2027, 3, 22, 0), wall(2027, 3, 29, 0)),
        ("month", wall(2027, 12, 31, 23, 30), wall(2027, 12, 1, 0), wall(2028, 1, 1, 0)),
        ("month", wall(2027, 2, 1, 0), wall(2027, 2, 1, 0), wall(2027, 3, 1, 0)),
        ("year", wall(2028, 1, 1, 0, 30), wall(2028, 1, 1, 0), wall(2029, 1, 1, 0)),
    ],
)
def test_quota_periods_are_local_calendar_periods(
    per: str, instant: datetime, first: datetime, last: datetime
) -> None:
    assert quota_span(per, instant) == Period(first, last)


@pytest.mark.parametrize(
    ("in_force", "accepted", "expected"),
    [
        (None, None, []),
        (None, 3, []),
        (3, 3, []),
        (3, None, ["terms_not_accepted"]),
        (3, 2, ["terms_not_accepted"]),
    ],
)
def test_the_rules_of_use_in_force_must_be_accepted(
    in_force: int | None, accepted: int | None, expected: list[str]
) -> None:
    want = Wish(on(10, 0, 12).period, "meeting", 10, accepted)
    assert asked({"terms_version": in_force}, want) == expected
    room = rules(terms_version=in_force)
    assert codes(refusals_at_deciding(room, want, Standing())) == expected
    # A search asks nobody to accept anything.
    assert refusals_of_room(room, want, NOW) == []


def test_an_activity_is_refused_with_the_reason_given_for_it() -> None:
    reason = LocalText("Naapurissa on vastaanotto.")
    room = rules(activities=frozenset({"meeting"}), activity_reasons={"event": reason})
    [refusal] = refusals_of_room(
        room, wish(wall(2027, 3, 10, 10), wall(2027, 3, 10, 12), "event"), NOW
    )
    assert refusal.params == {"allowed": ["meeting"], "because": reason}


def test_everything_at_once_comes_in_the_order_of_the_policy() -> None:
    room = rules(
        published=False,
        activities=frozenset(),
        available_until=date(2027, 3, 1),
        hours=OpeningHours({}),
        latest_end_minute=60,
        notice_minutes=20 * 1440,
        step_minutes=60,
        min_minutes=300,
        capacity=1,
        terms_version=2,
        quotas=(Quota("week", 60),),
        buffer_before_minutes=60,
    )
    standing = Standing([near(wall(2027, 3, 10, 8), wall(2027, 3, 10, 10))])
    found = codes(refusals_at_asking(room, on(10, 5, 12), NOW, standing))
    assert found == [
        "not_published",
        "activity_not_allowed",
        "not_available_then",
        "closed",
        "not_available_then",
        "too_late",
        "wrong_step",
        "too_short",
        "too_many_people",
        "terms_not_accepted",
        "quota_exceeded",
        "buffer",
    ]
    assert set(found) <= set(REFUSALS)


STARTS = st.integers(0, 30 * 96).map(lambda n: wall(2027, 3, 20, 0) + timedelta(minutes=15 * n))
RULES = st.builds(
    rules,
    hours=st.sampled_from([WEEKDAYS, ALWAYS]),
    step_minutes=st.sampled_from([15, 30, 60]),
    latest_end_minute=st.sampled_from([None, 18 * 60, 1440]),
    available_until=st.sampled_from([None, date(2027, 4, 1)]),
    notice_minutes=st.sampled_from([0, 1440, 30 * 1440]),
    horizon_days=st.sampled_from([25, 400]),
    capacity=st.integers(1, 50),
    id=st.integers(1, 3),
)


@given(RULES, RULES, STARTS, st.integers(1, 40))
def test_rooms_of_one_time_key_refuse_the_same_times(
    one: Any, other: Any, start: datetime, quarters: int
) -> None:
    period = Period(start, start + timedelta(minutes=15 * quarters))
    if one.time_key == other.time_key:
        assert refusals_of_time(one, period, NOW) == refusals_of_time(other, period, NOW)
    # And nothing else speaks of time: with the people and the use allowed, the room refuses what its time rules refuse.
    want = Wish(period, "meeting", 1)
    assert refusals_of_room(one, want, NOW) == refusals_of_time(one, period, NOW)
