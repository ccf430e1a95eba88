"""What was looked for in vain: how coarsely it is kept, which code stands for it, how it is summed up."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from booking.domain.bookings import Wish
from booking.domain.demand import (
    HYBRID,
    Counts,
    Kind,
    Miss,
    Place,
    Unmet,
    coarse,
    is_few,
    may_show_needs,
    month_of,
    months_back,
    months_period,
    nearest_reason,
    people_step,
    refusal_code,
    summed,
    tally,
)
from booking.domain.rooms import FEATURES
from booking.models import SearchMiss
from calendars.period import Period
from tests.support.world import at, slot


def missed(**changes: object) -> Miss:
    fields: dict[str, object] = {
        "kind": "search",
        "code": "room_taken",
        "place": Place("joensuu"),
        "weekday": 2,
        "hour": 17,
        "people": 10,
        "activity": "group",
        "features": (),
    }
    return Miss(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_wish_is_kept_by_weekday_hour_and_step_of_people() -> None:
    wish = Wish(Period(at(10, 17, 45), at(10, 19)), "group", 12, terms_version=3)
    place = Place("joensuu", 7)
    assert coarse("refusal", "closed", wish, place, ["step_free", HYBRID, "step_free"]) == Miss(
        "refusal", "closed", place, 2, 17, 20, "group", (HYBRID, "step_free")
    )


def test_the_hour_is_the_local_one_on_both_sides_of_midnight_and_of_the_clock_change() -> None:
    for instant, expected in (
        (datetime(2027, 3, 9, 22, 30, tzinfo=UTC), (2, 0)),  # 0.30 on the next day
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), (6, 2)),
        (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), (6, 4)),  # 3 o'clock is skipped
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), (6, 3)),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), (6, 3)),  # and comes twice in autumn
    ):
        wish = Wish(Period(instant, at(1, 0, month=12)), "group", 1)
        kept = coarse("search", "closed", wish, Place(), ())
        assert (kept.weekday, kept.hour) == expected


@pytest.mark.parametrize(
    ("people", "step"),
    [
        *((1, 0), (2, 5), (5, 5), (6, 10), (20, 20), (21, 40), (150, 150)),
        *((151, 100_000), (100_000, 100_000), (10**9, 100_000)),
    ],
)
def test_people_are_kept_in_steps(people: int, step: int) -> None:
    assert people_step(people) == step


@pytest.mark.parametrize(
    ("unsure", "not_then", "never", "code"),
    [
        (True, ["room_taken"] * 9, ["too_many_people"], "feature_unknown"),
        (False, ["closed", "room_taken", "room_taken"], ["too_many_people"] * 9, "room_taken"),
        (False, ["room_taken", "closed"], [], "closed"),  # as many: by name
        (False, [], ["feature_missing", "too_many_people", "feature_missing"], "feature_missing"),
        (False, [], ["not_published", "not_published", "too_short"], "too_short"),
        (False, [], ["not_published"], "no_room"),
        (False, [], [], "no_room"),
    ],
)
def test_the_rooms_that_came_closest_say_why(
    unsure: bool, not_then: list[str], never: list[str], code: str
) -> None:
    assert nearest_reason(unsure, not_then, never) == code


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        (["closed", "too_many_people"], "closed"),
        (["terms_not_accepted", "quota_exceeded"], "quota_exceeded"),
        (["terms_not_accepted"], None),
        (["room_taken"], "room_taken"),
    ],
)
def test_a_box_left_unticked_is_no_demand(codes: list[str], code: str | None) -> None:
    assert refusal_code(codes) == code


def test_months_are_local_and_counted_backwards_over_new_year() -> None:
    assert month_of(datetime(2026, 12, 31, 22, 30, tzinfo=UTC)) == date(2027, 1, 1)
    assert months_back(date(2027, 2, 1), 4) == [
        date(2027, 2, 1),
        date(2027, 1, 1),
        date(2026, 12, 1),
        date(2026, 11, 1),
    ]
    assert months_period(date(2026, 12, 1), date(2026, 12, 1)) == Period(
        datetime(2026, 11, 30, 22, tzinfo=UTC), datetime(2026, 12, 31, 22, tzinfo=UTC)
    )
    assert months_period(date(2027, 3, 1), date(2027, 4, 1)) == Period(at(1, 0), at(1, 0, month=5))


def test_sums_are_told_by_kind_and_a_miss_may_count_for_several_needs() -> None:
    unmet = [
        Unmet(missed(features=("lift", "step_free")), 3),
        Unmet(missed(kind="refusal", features=("lift",)), 2),
        Unmet(missed(kind="rejection"), 1),
    ]
    assert summed(unmet) == Counts(3, 2, 1)
    assert summed(unmet).total == 6
    assert tally(unmet, lambda miss: miss.features) == {
        "lift": Counts(3, 2, 0),
        "step_free": Counts(3, 0, 0),
    }
    assert summed([]) == Counts()


@pytest.mark.parametrize(("count", "few"), [(0, False), (1, True), (2, True), (3, False)])
def test_small_counts_of_a_need_are_not_told(count: int, few: bool) -> None:
    assert is_few(count) is few


@pytest.mark.parametrize("kind", ["search", "refusal", "rejection"])
def test_needs_are_shown_among_ten_of_any_kind(kind: Kind) -> None:
    assert not may_show_needs(Counts(**{kind: 9}))
    assert may_show_needs(Counts(**{kind: 10}))


def test_all_needs_together_fit_their_column() -> None:
    wish = Wish(slot(10, 10), "group", 1)
    kept = coarse("search", "feature_missing", wish, Place(), {*FEATURES, HYBRID})
    length = SearchMiss.__table__.c.features.type.length  # type: ignore[attr-defined]
    assert len(",".join(kept.features)) <= length
