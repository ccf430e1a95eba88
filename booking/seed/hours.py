"""When the demo's units are open: their week, seasons, and the days with hours of their own. Makes rows of facts; knows no unit.

Holidays are no rows: each unit says by its switches which of them it keeps closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from booking.models import OpeningException, OpeningHours
from booking.seed.facts import WEEKDAYS, minutes, text

# Seasons and exceptions are kept from before the demo's first booking to behind every room's horizon.
_BACK = timedelta(days=60)
_AHEAD = timedelta(days=450)
_SHORT_DAY = (8 * 60, 14 * 60)
_Day = tuple[int, int]  # month and day of each year


def opening_hours(told: dict[str, Any], today: date) -> list[OpeningHours]:
    """The rows of a unit's usual week and of its seasons, as seen on `today`."""
    rows = list(_week(told["hours"]))
    for season in told.get("seasons", []):
        for first, last in _every_year(_day(season["first"]), _day(season["last"]), today):
            rows += _week(season["hours"], first, last)
    return rows


def other_hours(told: dict[str, Any], today: date) -> list[OpeningException]:
    """The exceptions of a unit: New Year's Eve ends early where offices keep holidays; small sites close in July."""
    rows = []
    open_days = {row.weekday for row in _week(told["hours"])}
    if "holidays" not in told.get("open_on", ""):
        opens, closes = _SHORT_DAY
        rows += [
            OpeningException(
                day=day,
                opens_minute=opens,
                closes_minute=closes,
                reason=text("Uudenvuodenaatto, suljemme kello 14"),
                external_id=f"{told['key']}-uudenvuodenaatto-{day.year}",
            )
            for day, _ in _every_year((12, 31), (12, 31), today)
            if day.weekday() in open_days
        ]
    if told.get("summer_break"):
        rows += [
            OpeningException(
                day=first,
                last_day=last,
                reason=text("Toimipisteen kesätauko"),
                external_id=f"{told['key']}-kesatauko-{first.year}",
            )
            for first, last in _every_year((7, 1), (7, 31), today)
        ]
    return rows


def _week(
    told: list[list[str]], first: date | None = None, last: date | None = None
) -> Iterator[OpeningHours]:
    for days, times in told:
        begin, _, end = days.partition("-")
        opens, closes = minutes(times)
        for weekday in range(WEEKDAYS.index(begin), WEEKDAYS.index(end or begin) + 1):
            yield OpeningHours(
                weekday=weekday,
                opens_minute=opens,
                closes_minute=closes,
                valid_from=first,
                valid_until=last,
            )


def _every_year(first: _Day, last: _Day, today: date) -> Iterator[tuple[date, date]]:
    """The same days of each year, as far as the demo looks back and ahead of `today`."""
    since, until = today - _BACK, today + _AHEAD
    for year in range(since.year, until.year + 1):
        begin, end = date(year, *first), date(year, *last)
        if begin <= until and end >= since:
            yield begin, end


def _day(written: str) -> _Day:
    month, _, day = written.partition("-")
    return int(month), int(day)
