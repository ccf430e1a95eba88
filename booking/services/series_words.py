"""How a series says when it is, in the reader's language. Knows the rule of a series; no page, no mail and no row but it."""

from __future__ import annotations

from booking.domain.recurrence import (
    LAST,
    MonthlyByDay,
    MonthlyByWeekday,
    OwnDates,
    Pattern,
    Recurrence,
    Weekly,
    read_rrule,
)
from booking.i18n import gettext as _
from booking.i18n import lazy_gettext, short_day, wall_range, weekday_in_words
from booking.models import Series

# Each weekday as a habit: "on Tuesdays".
_ON_WEEKDAYS = (
    lazy_gettext("on Mondays"),
    lazy_gettext("on Tuesdays"),
    lazy_gettext("on Wednesdays"),
    lazy_gettext("on Thursdays"),
    lazy_gettext("on Fridays"),
    lazy_gettext("on Saturdays"),
    lazy_gettext("on Sundays"),
)
_NTH = {
    1: lazy_gettext("the first %(weekday)s of each month"),
    2: lazy_gettext("the second %(weekday)s of each month"),
    3: lazy_gettext("the third %(weekday)s of each month"),
    4: lazy_gettext("the fourth %(weekday)s of each month"),
    5: lazy_gettext("the fifth %(weekday)s of each month"),
    LAST: lazy_gettext("the last %(weekday)s of each month"),
}


def recurrence_of(series: Series) -> Recurrence:
    """The rule of a series; own dates are those of its rows, not of its rule."""
    if series.rrule is None:
        return Recurrence(OwnDates(()), series.first_day)
    return read_rrule(series.rrule, series.first_day)


def series_in_words(series: Series) -> str:
    """`joka viikko tiistaisin klo 17.30–19.00, 7.9.2027 alkaen, viimeinen kerta 14.12.2027`."""
    return recurrence_in_words(recurrence_of(series), series.start_minute, series.end_minute)


def recurrence_in_words(recurrence: Recurrence, start_minute: int, end_minute: int) -> str:
    """The same of a series that is only planned. Minutes are those of the local day."""
    rule = pattern_in_words(recurrence.pattern)
    parts = [_("%(rule)s at %(clock)s", rule=rule, clock=wall_range(start_minute, end_minute))]
    if not isinstance(recurrence.pattern, OwnDates):
        parts.append(_("from %(day)s on", day=short_day(recurrence.first)))
    if recurrence.until is not None:
        parts.append(_("until %(day)s", day=short_day(recurrence.until)))
    if recurrence.count is not None:
        parts.append(_("%(count)s times", count=recurrence.count))
    return ", ".join(parts)


def pattern_in_words(pattern: Pattern) -> str:
    """`joka toinen viikko maanantaisin ja torstaisin`, `kuukauden toinen tiistai`, `kuukauden 15. päivä`."""
    if isinstance(pattern, Weekly):
        return _weekly(pattern)
    if isinstance(pattern, OwnDates):
        return _("on chosen days")
    if isinstance(pattern, MonthlyByWeekday):
        rule = str(_NTH[pattern.nth]) % {"weekday": weekday_in_words(pattern.weekday)}
    else:
        rule = _monthly_by_day(pattern)
    if pattern.interval == 1:
        return rule
    if pattern.interval == 2:
        return _("%(rule)s, every second month", rule=rule)
    return _("%(rule)s, every %(number)s. month", rule=rule, number=pattern.interval)


def _weekly(pattern: Weekly) -> str:
    days = [str(_ON_WEEKDAYS[day]) for day in pattern.weekdays]
    named = (
        days[0]
        if len(days) == 1
        else _("%(first)s and %(last)s", first=", ".join(days[:-1]), last=days[-1])
    )
    if pattern.interval == 1:
        return _("every week %(days)s", days=named)
    if pattern.interval == 2:
        return _("every second week %(days)s", days=named)
    return _("every %(number)s. week %(days)s", number=pattern.interval, days=named)


def _monthly_by_day(pattern: MonthlyByDay) -> str:
    if pattern.day == LAST:
        return _("the last day of each month")
    return _("day %(day)s of each month", day=pattern.day)
