"""Finland's holidays by name in three languages. Knows the package `holidays`; no unit and no setting.

It is here, not among the services, because the catalogue is read on this floor; the domain gets the days as a mapping. Source
of the days: Finnish law, as the package knows it. It counts the two eves, which are no holidays by law but closed offices by
collective agreement; a unit has a switch for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache

import holidays

from booking.domain.texts import LocalText

# The two eves have no switch but their own.
_DECEMBER_24 = (12, 24)
_FRIDAY, _JUNE = 4, 6
_LANGUAGES = ("fi", "sv_FI", "en_US")


@cache
def holidays_of_year(year: int) -> Mapping[date, LocalText]:
    """Holidays and the two eves of a year, by day."""
    names = [
        holidays.country_holidays("FI", years=year, language=language) for language in _LANGUAGES
    ]
    return {day: LocalText(*(named[day] for named in names)) for day in sorted(names[0])}


def is_christmas_eve(day: date) -> bool:
    """Whether `day` is jouluaatto."""
    return (day.month, day.day) == _DECEMBER_24


def is_midsummer_eve(day: date) -> bool:
    """Whether `day` is juhannusaatto: the Friday between 19 and 25 June."""
    return day.month == _JUNE and 19 <= day.day <= 25 and day.weekday() == _FRIDAY


class ClosedHolidays(Mapping[date, LocalText]):
    """The holidays a unit keeps closed, by day. Worked out year by year as they are asked for."""

    def __init__(self, holidays: bool, midsummer_eve: bool, christmas_eve: bool) -> None:
        self._holidays = holidays
        self._midsummer_eve = midsummer_eve
        self._christmas_eve = christmas_eve

    def __getitem__(self, day: date) -> LocalText:
        """The holiday's name; KeyError for another day, and for a holiday on which the unit is open."""
        if is_christmas_eve(day):
            is_kept = self._christmas_eve
        elif is_midsummer_eve(day):
            is_kept = self._midsummer_eve
        else:
            is_kept = self._holidays
        if not is_kept:
            raise KeyError(day)
        return holidays_of_year(day.year)[day]

    def __iter__(self) -> Iterator[date]:
        """Refuse: the days have no end."""
        raise TypeError("holidays have no end; ask for days")

    def __len__(self) -> int:
        """Refuse: the days have no end."""
        raise TypeError("holidays have no end; ask for days")
