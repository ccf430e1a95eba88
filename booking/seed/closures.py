"""The days on which the demo's units keep other hours than their weekly ones. Knows Finland's holidays; no rows.

Source: the almanac of the University of Helsinki, and the eves on which Finnish offices are closed by collective agreement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from booking.domain.rooms import Stretch
from booking.domain.texts import LocalText
from booking.seed.facts import facts

_SATURDAY = 5
_FIXED = {
    "new_year": (1, 1),
    "epiphany": (1, 6),
    "may_day": (5, 1),
    "independence": (12, 6),
    "christmas_eve": (12, 24),
    "christmas": (12, 25),
    "boxing_day": (12, 26),
    "new_years_eve": (12, 31),
}
# Days from Easter Sunday.
_MOVING = {"good_friday": -2, "easter_sunday": 0, "easter_monday": 1, "ascension": 39}
_SHORT_DAY: Stretch = (8 * 60, 14 * 60)


@dataclass(frozen=True, slots=True)
class OtherHours:
    """One day's hours instead of the weekly ones; `stretch` None: closed."""

    day: date
    stretch: Stretch | None
    reason: LocalText


def holidays(first: date, last: date) -> list[OtherHours]:
    """Holidays and eves from `first` to `last`, both included, by day."""
    reasons = _reasons()
    found = [
        OtherHours(day, _SHORT_DAY if key == "new_years_eve" else None, reasons[key])
        for year in range(first.year, last.year + 1)
        for key, day in _year(year)
        if first <= day <= last
    ]
    return sorted(found, key=lambda hours: hours.day)


def summer_break(first: date, last: date) -> list[OtherHours]:
    """The days of July, when small sites close, from `first` to `last`."""
    reason = _reasons()["summer"]
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [OtherHours(day, None, reason) for day in days if day.month == 7]


def _year(year: int) -> Iterator[tuple[str, date]]:
    for key, (month, number) in _FIXED.items():
        yield key, date(year, month, number)
    easter = _easter(year)
    for key, days in _MOVING.items():
        yield key, easter + timedelta(days=days)
    midsummer = _saturday_from(date(year, 6, 20))
    yield "midsummer_eve", midsummer - timedelta(days=1)
    yield "midsummer", midsummer
    yield "all_saints", _saturday_from(date(year, 10, 31))


def _saturday_from(day: date) -> date:
    return day + timedelta(days=(_SATURDAY - day.weekday()) % 7)


def _easter(year: int) -> date:
    """Easter Sunday. Source: the Gregorian computus, "anonymous" algorithm (Nature, 20 April 1876)."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - correction + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _reasons() -> dict[str, LocalText]:
    return {key: LocalText(**names) for key, names in facts("holidays").items()}
