"""On which days something comes again, and how that is said as an RRULE. Pure; knows days, no periods and no rows.

A week begins on Monday, as everywhere in Finland (RFC 5545's own default). A month that lacks the day asked for is left out, as
RFC 5545 3.3.10 has it; who wants the last day of each month says so. Own code, since the whole of RRULE is far more than a form
can say and a person can read; the tests hold it to dateutil's expansion.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile

from booking.domain.local_time import HELSINKI, YEARS
from booking.errors import InvalidInput

MOST_DATES = 366
LONGEST_INTERVAL = 52
LONGEST_RRULE = 300  # characters
LAST = -1  # the last such weekday, or the last day, of a month
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every `interval`-th week, on these weekdays (0 = Monday), sorted."""

    weekdays: tuple[int, ...]
    interval: int = 1


@dataclass(frozen=True, slots=True)
class MonthlyByWeekday:
    """Every `interval`-th month on its `nth` weekday (1–5, or LAST): "the second Tuesday"."""

    nth: int
    weekday: int
    interval: int = 1


@dataclass(frozen=True, slots=True)
class MonthlyByDay:
    """Every `interval`-th month on this day (1–31, or LAST)."""

    day: int
    interval: int = 1


@dataclass(frozen=True, slots=True)
class OwnDates:
    """Days that somebody has listed, sorted, each once; no RRULE can say them."""

    days: tuple[date, ...]


Pattern = Weekly | MonthlyByWeekday | MonthlyByDay | OwnDates


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A pattern from `first` on, until a last day (included) or for `count` dates; own dates need neither.

    `first` is the first day looked at; it is a date of the series only if the pattern says so.
    """

    pattern: Pattern
    first: date
    until: date | None = None
    count: int | None = None


def days_of(recurrence: Recurrence) -> list[date]:
    """The days of a recurrence, sorted, each once.

    Raises InvalidInput: `bad_interval`, `weekday_required`, `series_needs_end`, `series_too_long` (more than MOST_DATES),
    `series_empty`.
    """
    _require_sense(recurrence)
    if isinstance(recurrence.pattern, OwnDates):
        days: Iterator[date] = iter(sorted(set(recurrence.pattern.days)))
    else:
        days = _endless(recurrence.pattern, recurrence.first)
    until, count = recurrence.until, recurrence.count
    if until is not None:
        days = takewhile(lambda day: day <= until, days)
    found = list(islice(days, MOST_DATES + 1 if count is None else count))
    if len(found) > MOST_DATES:
        raise InvalidInput("series_too_long", field="until", limit=MOST_DATES)
    if not found:
        raise InvalidInput("series_empty", field="until")
    return found


def _require_sense(recurrence: Recurrence) -> None:
    pattern, until, count = recurrence.pattern, recurrence.until, recurrence.count
    if isinstance(pattern, OwnDates):
        return
    if not 1 <= pattern.interval <= LONGEST_INTERVAL:
        raise InvalidInput("bad_interval", field="interval", limit=LONGEST_INTERVAL)
    if isinstance(pattern, Weekly) and not pattern.weekdays:
        raise InvalidInput("weekday_required", field="weekdays")
    if (until is None) == (count is None):
        raise InvalidInput("series_needs_end", field="until")
    if count is not None and not 1 <= count <= MOST_DATES:
        raise InvalidInput("series_too_long", field="count", limit=MOST_DATES)


def _endless(pattern: Weekly | MonthlyByWeekday | MonthlyByDay, first: date) -> Iterator[date]:
    days = _weekly(pattern, first) if isinstance(pattern, Weekly) else _monthly(pattern, first)
    return (day for day in days if day >= first)


def _weekly(pattern: Weekly, first: date) -> Iterator[date]:
    monday = first - timedelta(days=first.weekday())
    while monday.year < YEARS.stop:
        for weekday in sorted(set(pattern.weekdays)):
            yield monday + timedelta(days=weekday)
        monday += pattern.interval * _WEEK


def _monthly(pattern: MonthlyByWeekday | MonthlyByDay, first: date) -> Iterator[date]:
    month = first.year * 12 + first.month - 1
    while month // 12 in YEARS:
        year, number = month // 12, month % 12 + 1
        if isinstance(pattern, MonthlyByDay):
            day = _day_of_month(year, number, pattern.day)
        else:
            day = nth_weekday(year, number, pattern.nth, pattern.weekday)
        if day is not None:
            yield day
        month += pattern.interval


def _day_of_month(year: int, month: int, day: int) -> date | None:
    length = monthrange(year, month)[1]
    if day == LAST:
        return date(year, month, length)
    return date(year, month, day) if day <= length else None


def nth_weekday(year: int, month: int, nth: int, weekday: int) -> date | None:
    """The `nth` such weekday of a month, or its LAST; None for a fifth that isn't there."""
    first_weekday, length = monthrange(year, month)
    days = range(1 + (weekday - first_weekday) % 7, length + 1, 7)
    if nth == LAST:
        return date(year, month, days[-1])
    return date(year, month, days[nth - 1]) if nth <= len(days) else None


def rrule_of(recurrence: Recurrence) -> str | None:
    """The recurrence as RFC 5545 writes it, without its name; None for a list of own dates.

    UNTIL is an instant in UTC, the end of the local day, as it must be beside a DTSTART with a time zone.
    """
    pattern = recurrence.pattern
    if isinstance(pattern, OwnDates):
        return None
    parts = ["FREQ=WEEKLY" if isinstance(pattern, Weekly) else "FREQ=MONTHLY"]
    if pattern.interval != 1:
        parts.append(f"INTERVAL={pattern.interval}")
    if isinstance(pattern, Weekly):
        parts.append("BYDAY=" + ",".join(_CODES[day] for day in sorted(set(pattern.weekdays))))
    elif isinstance(pattern, MonthlyByWeekday):
        parts.append(f"BYDAY={pattern.nth}{_CODES[pattern.weekday]}")
    else:
        parts.append(f"BYMONTHDAY={pattern.day}")
    if recurrence.until is not None:
        end = datetime.combine(recurrence.until, time(23, 59, 59), HELSINKI).astimezone(UTC)
        parts.append(f"UNTIL={end:%Y%m%dT%H%M%SZ}")
    if recurrence.count is not None:
        parts.append(f"COUNT={recurrence.count}")
    return ";".join(parts)


_PART = re.compile(r"([A-Z]+)=([A-Z0-9,+-]+)")
_BYDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"([0-9]{4})[0-9]{4}(T[0-9]{6}Z)?")
_NTH = frozenset({1, 2, 3, 4, 5, LAST})
_KNOWN = frozenset(
    {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYSETPOS", "COUNT", "UNTIL", "WKST"}
)


def read_rrule(text: str, first: date, starts: time = time.min) -> Recurrence:
    """The recurrence that an RRULE from `first` on means, as far as our forms can say it too.

    Weekly with weekdays; monthly by day, or by one weekday and its number (also written with BYSETPOS). What is not written is
    taken from `first`. `starts`: when its dates begin by the clock on the wall, needed where the rule is somebody else's: an
    UNTIL that is an instant leaves out a date that begins after it (RFC 5545 3.3.10), one that is a day includes it whole.
    Raises InvalidInput: `unsupported_rrule` for all else, and what `days_of` raises.
    """
    parts = _parts(text)
    interval = _count(parts.get("INTERVAL", "1"))
    if parts.get("WKST", "MO") != "MO":
        raise _unsupported()
    if parts["FREQ"] == "WEEKLY":
        pattern: Pattern = _read_weekly(parts, interval, first)
    elif parts["FREQ"] == "MONTHLY":
        pattern = _read_monthly(parts, interval, first)
    else:
        raise _unsupported()
    count = _count(parts["COUNT"]) if "COUNT" in parts else None
    until = _read_until(parts["UNTIL"], starts) if "UNTIL" in parts else None
    recurrence = Recurrence(pattern, first, until, count)
    _require_sense(recurrence)
    return recurrence


def _parts(text: str) -> dict[str, str]:
    # Only ASCII: other letters may become ours in capitals.
    if len(text) > LONGEST_RRULE or not text.isascii():
        raise _unsupported()
    plain = text.strip().upper().removeprefix("RRULE:").rstrip(";")
    parts: dict[str, str] = {}
    for part in plain.split(";"):
        match = _PART.fullmatch(part)
        if match is None or match[1] in parts or match[1] not in _KNOWN:
            raise _unsupported()
        parts[match[1]] = match[2]
    if "FREQ" not in parts:
        raise _unsupported()
    return parts


def _read_weekly(parts: Mapping[str, str], interval: int, first: date) -> Weekly:
    if {"BYMONTHDAY", "BYSETPOS"} & parts.keys():
        raise _unsupported()
    if "BYDAY" not in parts:
        return Weekly((first.weekday(),), interval)
    named = _named_weekdays(parts["BYDAY"])
    if any(nth is not None for nth, _weekday in named):
        raise _unsupported()
    return Weekly(tuple(sorted({weekday for _nth, weekday in named})), interval)


def _read_monthly(
    parts: Mapping[str, str], interval: int, first: date
) -> MonthlyByWeekday | MonthlyByDay:
    if "BYDAY" in parts:
        named = _named_weekdays(parts["BYDAY"])
        position = parts.get("BYSETPOS")
        if len(named) != 1 or "BYMONTHDAY" in parts:
            raise _unsupported()
        [(nth, weekday)] = named
        if position is not None:
            nth = _number(position) if nth is None else None
        if nth not in _NTH:
            raise _unsupported()
        return MonthlyByWeekday(nth, weekday, interval)
    if "BYSETPOS" in parts:
        raise _unsupported()
    day = _number(parts["BYMONTHDAY"]) if "BYMONTHDAY" in parts else first.day
    if not (1 <= day <= 31 or day == LAST):
        raise _unsupported()
    return MonthlyByDay(day, interval)


def _named_weekdays(text: str) -> Sequence[tuple[int | None, int]]:
    found = []
    for part in text.split(","):
        match = _BYDAY.fullmatch(part)
        if match is None:
            raise _unsupported()
        found.append((int(match[1]) if match[1] else None, _CODES.index(match[2])))
    return found


def _read_until(text: str, starts: time) -> date:
    """The last local day on which a date that begins at `starts` is within UNTIL: an instant in UTC, or a day."""
    match = _UNTIL.fullmatch(text)
    # Near the years 1 and 9999 the turn to local time would leave the calendar.
    if match is None or int(match[1]) not in YEARS:
        raise _unsupported()
    form = "%Y%m%d" if match[2] is None else "%Y%m%dT%H%M%SZ"
    try:
        read = datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        raise _unsupported() from None  # no such day or time
    if match[2] is None:
        return read.date()
    day = read.astimezone(HELSINKI).date()
    return day if datetime.combine(day, starts, HELSINKI) <= read else day - _DAY


def _count(text: str) -> int:
    """A number of dates, weeks or months; a sign has no place in it."""
    if not text.isdigit():
        raise _unsupported()
    return int(text)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _unsupported() from None


def _unsupported() -> InvalidInput:
    return InvalidInput("unsupported_rrule", field="rrule")
