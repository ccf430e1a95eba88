"""What may be said of a unit: its contact, opening hours, closures, rules of use. Pure; knows no row and no form.

Each fault names its field with a stable code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from booking.domain.local_time import YEARS
from booking.domain.room_values import LONGEST_NAME, LONGEST_TEXT, is_email, is_phone
from booking.domain.rooms import MINUTES_OF_DAY
from booking.domain.texts import LocalText
from booking.errors import Refusal

# A stretch of exceptions longer than two years is a change of the usual week.
_MOST_DAYS = 731
# Hours after which an undecided request is told again: within three months.
_LONGEST_WAIT = 92 * 24
_MOST_DAYS_BEFORE = 60  # a reminder of a date; the worker looks no further ahead
# As many as the form of a week has room for: what it can't show, it would lose.
MOST_STRETCHES = 3


@dataclass(frozen=True, slots=True)
class HoursRow:
    """Open on `weekday` (0 = Monday) between two minutes of the local day; 1440 is midnight at its end."""

    weekday: int
    opens_minute: int
    closes_minute: int


@dataclass(frozen=True, slots=True)
class DayHours:
    """Other hours from `first_day` to `last_day`, both included; both minutes None: closed."""

    first_day: date
    last_day: date
    opens_minute: int | None = None
    closes_minute: int | None = None
    reason: LocalText | None = None
    external_id: str | None = None


def unit_faults(values: Mapping[str, Any]) -> list[Refusal]:
    """Everything that is wrong with a unit's own values, by column name."""
    found = list(text_faults("name", values["name"], LONGEST_NAME, "name_required"))
    address = values["address"]
    if not address or not address.strip():
        found.append(Refusal("address_required", "address"))
    elif len(address) > 200:
        found.append(Refusal("too_long_text", "address", {"limit": 200}))
    if values["arrival"] is not None:
        found += text_faults("arrival", values["arrival"])
    if values["contact_email"] is not None and not is_email(values["contact_email"]):
        found.append(Refusal("bad_email", "contact_email"))
    if values["contact_phone"] is not None and not is_phone(values["contact_phone"]):
        found.append(Refusal("bad_phone", "contact_phone"))
    if values["external_id"] is not None and len(values["external_id"]) > 60:
        found.append(Refusal("too_long_text", "external_id", {"limit": 60}))
    if values["appeal"] is not None:
        found += text_faults("appeal", values["appeal"])
    return [*found, *_deciding_faults(values)]


def _deciding_faults(values: Mapping[str, Any]) -> Iterator[Refusal]:
    """What is wrong with when an undecided request is told again: each step comes after the one before it."""
    highest = {"remind_days_before": _MOST_DAYS_BEFORE, "late_cancel_hours": _LONGEST_WAIT}
    for name, most in highest.items():
        if not 0 <= values[name] <= most:
            yield Refusal("number_out_of_range", name, {"lowest": 0, "highest": most})
    steps = ("remind_after_hours", "stand_in_after_hours", "coordinator_after_hours")
    before = 0
    for name in (*steps, "lapse_after_hours"):
        hours = values[name]
        if hours is None and name == "lapse_after_hours":
            continue  # it never lapses
        if not 1 <= hours <= _LONGEST_WAIT:
            yield Refusal("number_out_of_range", name, {"lowest": 1, "highest": _LONGEST_WAIT})
        elif hours <= before:
            yield Refusal("step_before_the_last", name)
        else:
            before = hours


def hours_faults(rows: Sequence[HoursRow], season: tuple[date, date] | None) -> list[Refusal]:
    """What is wrong with a week of opening hours and, if it is a season's, with its days."""
    found = []
    if season is not None and season[1] < season[0]:
        found.append(Refusal("end_before_start", "valid_until"))
    by_day: dict[int, list[HoursRow]] = defaultdict(list)
    for row in rows:
        if not 0 <= row.weekday <= 6:
            found.append(Refusal("bad_choice", "weekday"))
        if not 0 <= row.opens_minute < row.closes_minute <= MINUTES_OF_DAY:
            found.append(Refusal("closes_before_opens", f"day{row.weekday}"))
        by_day[row.weekday].append(row)
    for weekday, of_day in by_day.items():
        ordered = sorted(of_day, key=lambda row: row.opens_minute)
        if any(later.opens_minute < earlier.closes_minute for earlier, later in pairwise(ordered)):
            found.append(Refusal("hours_overlap", f"day{weekday}"))
        if len(of_day) > MOST_STRETCHES:
            found.append(Refusal("too_many_stretches", f"day{weekday}", {"limit": MOST_STRETCHES}))
    return found


def exception_faults(hours: DayHours) -> list[Refusal]:
    """What is wrong with other hours for some days."""
    found = []
    for field, day in (("first_day", hours.first_day), ("last_day", hours.last_day)):
        if day.year not in YEARS:
            return [Refusal("bad_date", field)]
    days = (hours.last_day - hours.first_day).days + 1
    if days < 1:
        found.append(Refusal("end_before_start", "last_day"))
    elif days > _MOST_DAYS:
        found.append(Refusal("too_many_days", "last_day", {"limit": _MOST_DAYS}))
    opens, closes = hours.opens_minute, hours.closes_minute
    if (opens is None) != (closes is None):
        found.append(Refusal("both_times_or_none", "opens"))
    elif opens is not None and closes is not None and not 0 <= opens < closes <= MINUTES_OF_DAY:
        found.append(Refusal("closes_before_opens", "closes"))
    if hours.reason is not None:
        found += text_faults("reason", hours.reason, 300)
    if hours.external_id is not None and len(hours.external_id) > 60:
        found.append(Refusal("too_long_text", "external_id", {"limit": 60}))
    return found


def text_faults(
    field: str,
    text: LocalText | None,
    longest: int = LONGEST_TEXT,
    missing: str = "finnish_first",
) -> Iterator[Refusal]:
    """What is wrong with a text in three languages; `missing` is the code of one without Finnish."""
    if text is None or not text.fi.strip():
        yield Refusal(missing, field)
    elif any(len(one or "") > longest for one in (text.fi, text.sv, text.en)):
        yield Refusal("too_long_text", field, {"limit": longest})
