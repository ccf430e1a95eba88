"""The form of a series: a booking's fields, and how it comes again. Knows fields and what they mean; no room, no right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from typing import Any

from wtforms import Form, TextAreaField
from wtforms.validators import Optional

from booking.domain.local_time import local, parse_day
from booking.domain.recurrence import (
    LAST,
    LONGEST_INTERVAL,
    MOST_DATES,
    MonthlyByDay,
    MonthlyByWeekday,
    OwnDates,
    Pattern,
    Recurrence,
    Weekly,
    days_of,
)
from booking.domain.series import Times, period_on
from booking.errors import InvalidInput
from booking.i18n import LazyText, gettext
from booking.i18n import lazy_gettext as _
from booking.services.series_words import pattern_in_words
from booking.web import edge, words
from booking.web.fields import (
    NEEDED_DAY,
    NEEDED_END,
    NEEDED_START,
    DayField,
    NumberField,
    RadiosField,
    Required,
    TicksField,
    TimeField,
    options,
)
from booking.web.forms import WHICH_HOUR, WishFields, names_of
from booking.web.once import OnceForm
from booking.web.texts import text_of
from calendars.period import Period

# How it repeats; the months' choices say by the first day what they mean (`name_months`).
_REPEATS = {
    "week": _("Every week"),
    "second_week": _("Every second week"),
    "weeks": _("At longer intervals; say below every how many weeks"),
    "nth_weekday": _("Every month on the same weekday"),
    "last_weekday": _("Every month on the last such weekday"),
    "month_day": _("Every month on the same day"),
    "last_day": _("On the last day of each month"),
    "own": _("On dates of your own; list them below"),
}
_EVERY = {"week": 1, "second_week": 2}
_WEEKLY = frozenset({*_EVERY, "weeks"})
_BY_FIRST_DAY = frozenset({"nth_weekday", "last_weekday", "month_day"})
# The domain's names for what the form has under another.
FIELDS = {"interval": "weeks", "count": "times", "recurrence": "repeats"}


class DaysField(TextAreaField):
    """Days as people list them, one a line or with commas between; data: a tuple of dates, sorted, each once."""

    data: Any

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Understand each; a ValueError names the first that can't be."""
        self.data = ()
        today, found = local(edge.now()).date(), set()
        typed = re.split(r"[\n,;]", str(valuelist[0]) if valuelist else "")
        for one in filter(None, map(str.strip, typed)):
            try:
                found.add(parse_day(one, today))
            except InvalidInput as error:
                said = text_of(error.code, **error.params)
                raise ValueError(f"“{one[:40]}”: {said}") from error
            if len(found) > MOST_DATES:
                raise ValueError(text_of("series_too_long", limit=MOST_DATES))
        self.data = tuple(sorted(found))


class RepeatedFields(Form):
    """On which days and at which times a series is: the same questions whether it is asked for or changed."""

    day = DayField(_("First day"), [Required(NEEDED_DAY)])
    starts = TimeField(_("Starts at"), [Required(NEEDED_START)])
    ends = TimeField(_("Ends at"), [Required(NEEDED_END)])
    # Asked only when a date falls on the night when the clocks are put back; see `asks_which_hour`.
    fold = RadiosField(
        _("Which of the two hours, on the night when the clocks are put back?"),
        [Optional()],
        choices=options(WHICH_HOUR),
    )
    repeats = RadiosField(
        _("How does it repeat?"),
        [Required(_("Choose how it repeats."))],
        choices=options(_REPEATS.items()),
    )
    weeks = NumberField(_("Every how many weeks"), [Optional()], lowest=1, highest=LONGEST_INTERVAL)
    weekdays = TicksField(
        _("On which weekdays (optional)"),
        choices=options((str(number), name) for number, name in enumerate(words.WEEKDAYS)),
    )
    own = DaysField(_("Dates of your own"), [Optional()])
    until = DayField(_("Last day"), [Optional()])
    times = NumberField(_("Or: how many times"), [Optional()], lowest=1, highest=MOST_DATES)

    asks_which_hour = False

    def name_months(
        self, day: date | None, before: Sequence[tuple[str, str | LazyText]] = ()
    ) -> None:
        """Say what the months' choices mean by the first day, where it is known: an example, while that may change.

        `before`: choices that come before all others.
        """
        said = {code: _named(code, name, day) for code, name in _REPEATS.items()}
        self.repeats.choices = options([*before, *said.items()])

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, and that the end is after the start."""
        is_valid = bool(super().validate(extra_validators))
        starts, ends = self.starts.data, self.ends.data
        # "0.00" as an end is the midnight that ends the day.
        if starts is not None and ends is not None and time(0) != ends <= starts:
            self.ends.errors = [text_of("end_before_start")]
            return False
        return is_valid

    def pattern(self, day: date) -> Pattern | None:
        """What `repeats` means, counted from the first day; None when a field it needs is empty or wrong, which is said there."""
        chosen = self.repeats.data
        asked = (self.repeats, self.weekdays, self.own, self.until, self.times)
        if any(field.errors for field in asked):
            return None
        if chosen in _WEEKLY:
            interval = _EVERY.get(chosen, self.weeks.data)
            if interval is None:
                if not self.weeks.errors:
                    self.weeks.errors = [text_of("bad_interval", limit=LONGEST_INTERVAL)]
                return None
            ticked = tuple(sorted(int(one) for one in self.weekdays.data or ()))
            return Weekly(ticked or (day.weekday(),), interval)
        return OwnDates(self.own_days(day)) if chosen == "own" else _monthly(chosen, day)

    def own_days(self, day: date) -> tuple[date, ...]:
        """The days of a series of own dates; the first one is a date too."""
        return (day, *(self.own.data or ()))


def _monthly(chosen: str, day: date) -> Pattern:
    if chosen == "nth_weekday":
        return MonthlyByWeekday((day.day + 6) // 7, day.weekday())
    if chosen == "last_weekday":
        return MonthlyByWeekday(LAST, day.weekday())
    return MonthlyByDay(day.day if chosen == "month_day" else LAST)


def _named(code: str, name: LazyText, day: date | None) -> str | LazyText:
    if day is None or code not in _BY_FIRST_DAY:
        return name
    meant = pattern_in_words(_monthly(code, day))
    return gettext("%(choice)s: %(words)s", choice=name, words=meant)


class SeriesForm(OnceForm, WishFields, RepeatedFields):
    """All that is asked for a series, on one page; `recurrence`, `clock` and `days` are set by `validate`."""

    recurrence: Recurrence | None = None
    clock: Times | None = None
    days: Sequence[date] = ()

    @property
    def some_period(self) -> Period | None:
        """When some date of the series is; None when each falls into an hour that the clocks skip."""
        assert self.clock is not None  # validated
        for day in self.days:
            try:
                return period_on(day, self.clock)
            except InvalidInput:
                continue
        return None

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, and that they make a series of at least one date that has a time."""
        is_valid = bool(super().validate(extra_validators))
        return self._understand() and is_valid

    def _understand(self) -> bool:
        day = self.day.data
        pattern = None if day is None else self.pattern(day)
        if day is None or pattern is None or self.starts.data is None or self.ends.data is None:
            return False
        is_own = isinstance(pattern, OwnDates)
        until, count = (None, None) if is_own else (self.until.data, self.times.data)
        try:
            self.recurrence = Recurrence(pattern, day, until, count)
            self.days = days_of(self.recurrence)
        except InvalidInput as error:
            field = "own" if is_own else FIELDS.get(error.params["field"], error.params["field"])
            self[field].errors = [text_of(error.code, **error.params)]
            return False
        which = int(self.fold.data) if self.fold.data in {"0", "1"} else None
        self.clock = Times(self.starts.data, self.ends.data, which)
        return self._knows_which_hour(self.clock)

    def _knows_which_hour(self, clock: Times) -> bool:
        codes = {_fault_on(day, clock) for day in self.days}
        if "doubled_hour" in codes:
            self.fold.errors = [text_of("doubled_hour")]
            self.asks_which_hour = True
            return False
        if None not in codes:
            self.starts.errors = [text_of(code) for code in codes if code is not None]
            return False
        return True


def _fault_on(day: date, clock: Times) -> str | None:
    try:
        period_on(day, clock)
    except InvalidInput as error:
        return error.code
    return None


def series_names() -> frozenset[str]:
    """The names of what a series is asked with, and nothing else is: what is kept through a sign-in beside a booking's."""
    return names_of(SeriesForm) - names_of(WishFields)
