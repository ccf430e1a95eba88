"""The forms in which a series is changed or ended. Knows labels, and what was typed beside what there is; no right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Self

from werkzeug.datastructures import MultiDict
from wtforms import HiddenField
from wtforms.validators import Optional

from booking.domain.recurrence import (
    MOST_DATES,
    OwnDates,
    Pattern,
    Recurrence,
    Weekly,
    days_of,
)
from booking.domain.requests import BookingEdit, SeriesChange
from booking.domain.series import Times
from booking.errors import InvalidInput
from booking.i18n import gettext, short_day
from booking.i18n import lazy_gettext as _
from booking.models import Booking, Series, Terms
from booking.services.series_shape import times_of
from booking.services.series_words import pattern_in_words, recurrence_of
from booking.web import words
from booking.web.booking_forms import LONGEST_REASON, NEEDED_REASON, CancelForm, StaffCancelForm
from booking.web.edit_forms import VersionedForm
from booking.web.fields import (
    NEEDED_DAY,
    NEEDED_PEOPLE,
    AcceptField,
    AtMost,
    ChoiceField,
    CountField,
    DayField,
    LineField,
    LinesField,
    NumberField,
    RadiosField,
    Required,
    RowChoiceField,
    options,
)
from booking.web.once import OnceForm
from booking.web.series_forms import RepeatedFields
from booking.web.texts import text_of

_DAY = timedelta(days=1)
_KEEP, _OWN = "keep", "own"


def day_choices(dates: Sequence[Booking], everything: str) -> list[Any]:
    """The dates to come as choices; the first says that it means all of them."""
    days = [one.series_day for one in dates if one.series_day is not None]
    said = [everything, *(gettext("%(day)s and all after it", day=short_day(d)) for d in days[1:])]
    return options(zip([day.isoformat() for day in days], said, strict=True))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _typed_day(text: str | None) -> date:
    day = _day(text)
    if day is None:
        raise InvalidInput("bad_choice", field="since")
    return day


class SeriesChangeForm(VersionedForm, OnceForm, RepeatedFields):
    """What is to be different in a series; filled with what it is now, so that what was left alone stays."""

    since = ChoiceField(_("Which dates change?"), [Required(NEEDED_DAY)], choices=[])
    room = RowChoiceField(_("Room"), [Required(_("Choose a room."))])
    day = DayField(_("First day of the new rule (optional)"), [Optional()])
    times = NumberField(
        _("Or: how many times from the first changed date on"),
        [Optional()],
        lowest=1,
        highest=MOST_DATES,
    )
    title = LineField(
        _("Name of the occasion"), [Required(_("Enter a name for the occasion.")), AtMost(200)]
    )
    activity = RadiosField(
        _("What for"),
        [Required(_("Choose what the room is for."))],
        choices=options(words.ACTIVITY_CHOICES),
    )
    people = CountField(_("How many people"), [Required(NEEDED_PEOPLE)])
    reason: LinesField | None = None  # only staff are asked why
    terms = AcceptField(_("I have read the rules of use and accept them"))
    digest = HiddenField()  # of the diff that was shown; empty: none yet

    # The rules of use that would have to be accepted anew; asked only once a date can't be had without.
    rules: Terms | None = None
    asks_terms = False

    @classmethod
    def of(
        cls, series: Series, dates: Sequence[Booking], version: int, since: str | None = None
    ) -> Self:
        """The form as the series is; `dates`: those to come, at least one."""
        times, rule, first = times_of(series), recurrence_of(series), dates[0]
        days = {one.series_day.isoformat() for one in dates if one.series_day is not None}
        weekly = rule.pattern if isinstance(rule.pattern, Weekly) else None
        form = cls(
            data={
                "version": version,
                "since": since if since in days else None,
                "starts": times.starts,
                "ends": times.ends,
                "fold": None if times.fold is None else str(times.fold),
                "room": str(series.room_id),
                "repeats": _KEEP,
                "weekdays": [str(day) for day in (weekly.weekdays if weekly else ())],
                "until": _last_day(rule),
                "title": first.title,
                "activity": first.activity,
                "people": first.people,
            }
        )
        form.offer(series, dates)
        return form

    def offer(self, series: Series, dates: Sequence[Booking]) -> None:
        """Set the choices that the series has; what the months mean is said by the first day, as it is chosen so far."""
        first = dates[0].series_day
        assert first is not None  # it is of a series
        everything = gettext("All dates to come, from %(day)s on", day=short_day(first))
        self.since.choices = day_choices(dates, everything)
        rule = pattern_in_words(recurrence_of(series).pattern)
        keep = (_KEEP, gettext("As now: %(rule)s", rule=rule))
        self.name_months(self.day.data or _day(self.since.data) or first, [keep])
        if self.fold.data or self.fold.errors:
            self.asks_which_hour = True

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, and that they say which days."""
        is_valid = bool(super().validate(extra_validators))
        if self.repeats.data == _KEEP or self.since.errors or self.day.errors:
            return is_valid
        if self.repeats.data == _OWN and not self.own.data and not self.own.errors:
            self.own.errors = [text_of("series_empty")]
        since = _day(self.since.data)
        return since is not None and self.pattern(since) is not None and is_valid

    def own_days(self, day: date) -> tuple[date, ...]:
        """The days of a series of own dates: just those that are listed."""
        return tuple(self.own.data or ())

    def change(
        self, series: Series, dates: Sequence[Booking], held: Sequence[date], today: date
    ) -> SeriesChange:
        """What was typed, as far as it is different from what the series is; `held`: all days it has, sorted.

        Raises InvalidInput, with the form's own field.
        """
        since = _typed_day(self.since.data)
        fold = int(self.fold.data) if self.fold.data else None
        times = Times(self.starts.data, self.ends.data, fold)
        found = SeriesChange(
            since=since,
            times=times if times != times_of(series) else None,
            room_id=int(self.room.data) if int(self.room.data) != series.room_id else None,
            edit=self._edit(dates[0]),
            reason=self.reason.data if self.reason is not None else None,
        )
        if self.repeats.data == _KEEP:
            return self._same_days(series, found, since == dates[0].series_day)
        return self._other_days(found, first_allowed(since, held, today))

    def _edit(self, first: Booking) -> BookingEdit | None:
        typed = {name: self[name].data for name in ("title", "activity", "people")}
        changed = {name: new for name, new in typed.items() if new != getattr(first, name)}
        if self.rules is not None and self.terms.checked:
            changed["terms_version"] = self.rules.version
        return BookingEdit(**changed) if changed else None

    def _same_days(self, series: Series, found: SeriesChange, of_all: bool) -> SeriesChange:
        """The pattern stays; the series may become longer or shorter. `of_all`: nothing to come is left as it is."""
        rule, since = recurrence_of(series), found.since
        if isinstance(rule.pattern, OwnDates):
            return found
        until = self._until(rule.pattern, since)
        if until == _last_day(rule):
            return found
        days_of(Recurrence(rule.pattern, since, until))  # an end before all that changes is none
        is_alone = found.times is None and found.room_id is None
        if is_alone and (found.edit is None or of_all):
            # Only longer or shorter: the dates before are not concerned, and the rule need not be split.
            since = series.first_day
        return replace(found, since=since, recurrence=Recurrence(rule.pattern, since, until))

    def _other_days(self, found: SeriesChange, first: date) -> SeriesChange:
        """Another pattern, from the first day that is allowed, or the one typed. Counted and spread out from the same day."""
        day = self.day.data
        if day is not None and day < first:
            raise InvalidInput("before_change", field="day", day=first)
        pattern = self.pattern(day or found.since)
        assert pattern is not None  # validated
        if isinstance(pattern, OwnDates):
            if pattern.days[0] < first:
                raise InvalidInput("before_change", field="own", day=first)
            return replace(found, since=first, recurrence=Recurrence(pattern, first))
        start = day or first
        recurrence = Recurrence(pattern, start, self._until(pattern, start))
        return replace(found, since=first, recurrence=recurrence)

    def _until(self, pattern: Pattern, start: date) -> date:
        """The last day: of so many times from `start` on, or as typed."""
        if self.times.data is not None:
            return days_of(Recurrence(pattern, start, count=self.times.data))[-1]
        if self.until.data is None:
            raise InvalidInput("series_needs_end", field="until")
        until: date = self.until.data
        return until


class StaffSeriesChangeForm(SeriesChangeForm):
    """The same for staff, who say why."""

    reason = LinesField(
        _("Reason for the change"), [Required(NEEDED_REASON), AtMost(LONGEST_REASON)]
    )


def first_allowed(since: date, held: Sequence[date], today: date) -> date:
    """The earliest day that changed dates may come to lie on.

    A date may move back within its week, as from Tuesday to Monday, but not before the date before it, nor into the past.
    """
    before = [day for day in held if day < since]
    earliest = max([since - since.weekday() * _DAY, today + _DAY, *(day + _DAY for day in before)])
    return min(since, earliest)


def _last_day(rule: Recurrence) -> date | None:
    """The last day that the rule has; None for own dates, and for a rule that was ended before its first."""
    if isinstance(rule.pattern, OwnDates):
        return None
    try:
        return days_of(rule)[-1]
    except InvalidInput:
        return rule.until


class SeriesCancelForm(CancelForm):
    """Calling off the dates from one on."""

    since = ChoiceField(_("Which dates are cancelled?"), [Required(NEEDED_DAY)], choices=[])

    def offer(self, dates: Sequence[Booking]) -> None:
        """Set the dates to choose from."""
        first = dates[0].series_day
        assert first is not None  # it is of a series
        everything = gettext("All dates to come, from %(day)s on", day=short_day(first))
        self.since.choices = day_choices(dates, everything)

    @property
    def first(self) -> date:
        """The first day that is cancelled."""
        return _typed_day(self.since.data)


class StaffSeriesCancelForm(SeriesCancelForm, StaffCancelForm):
    """The same for staff, who say why."""


def hidden_values(form: SeriesChangeForm) -> list[tuple[str, str]]:
    """What was typed, as pairs for hidden fields; not the key, which stands by itself."""
    typed: MultiDict[str, str] = MultiDict()
    for field in form:
        if field.name in ("key", "digest", "version"):
            continue
        for value in field.raw_data or []:
            typed.add(field.name, str(value))
    return list(typed.items(multi=True))
