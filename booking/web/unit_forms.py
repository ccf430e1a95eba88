"""The forms in which staff keep a unit: what it is, when it is open, what it asks of others. Knows labels; no rule, no right.

What is wrong with a value is the domain's question (`booking.domain.unit_values`); here it is only understood or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time
from typing import Any, Self

from wtforms import BooleanField
from wtforms.validators import Optional

from booking.domain.rooms import MINUTES_OF_DAY, QUOTA_PERIODS
from booking.domain.texts import LocalText
from booking.domain.unit_values import MOST_STRETCHES, DayHours, HoursRow, hours_faults
from booking.errors import InvalidInput, InvalidValues
from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _
from booking.models import OpeningException, OpeningHours, Unit
from booking.web import words
from booking.web.edit_forms import VersionedForm, lines, paragraphs, text_in, typed_texts
from booking.web.faults import place_faults
from booking.web.fields import (
    NEEDED_DAY,
    DayField,
    LineField,
    NumberField,
    RadiosField,
    Required,
    TimeField,
    options,
)
from booking.web.texts import text_of

_HOURS_OF_YEAR = 366 * 24
_MIDNIGHT = re.compile(r"(?:(?:klo|kl|at)\.? ?)?24(?:[.:]?00)?")
_AMOUNT = re.compile(r"([0-9]{1,4})(?:[.,]([0-9]{1,2}))?")


class OpensField(TimeField):
    """When it opens (8, 8.00, 08:00); data: a minute of the local day, or None."""

    def _shown(self, value: Any) -> str:
        return f"{value // 60}.{value % 60:02}"

    def _understood(self, typed: str) -> Any:
        at: time = super()._understood(typed)
        return at.hour * 60 + at.minute


class ClosesField(OpensField):
    """When it closes: both 24 and 0 are the midnight at the day's end; data: a minute of the local day, or None."""

    def _understood(self, typed: str) -> Any:
        if _MIDNIGHT.fullmatch(" ".join(typed.casefold().split())):
            return MINUTES_OF_DAY
        return super()._understood(typed) or MINUTES_OF_DAY


class AmountField(NumberField):
    """An amount of hours, with halves (10 or 7,5); data: minutes, or None."""

    def __init__(self, label: LazyText, **options: Any) -> None:
        super().__init__(label, [Optional()], lowest=1, highest=_HOURS_OF_YEAR, **options)

    def _shown(self, value: int) -> str:
        whole, rest = divmod(value, 60)
        return f"{whole},{rest * 100 // 60:02}".rstrip("0") if rest else str(whole)

    def _understood(self, typed: str) -> int:
        match = _AMOUNT.fullmatch(typed)
        minutes = 0
        if match is not None:
            minutes = int(match[1]) * 60 + round(float(f"0.{match[2] or 0}") * 60)
        if not 0 < minutes <= _HOURS_OF_YEAR * 60:
            raise InvalidInput("bad_hours", highest=_HOURS_OF_YEAR)
        return minutes


class UnitForm(VersionedForm):
    """What a unit is called, where it is, whom to ask."""

    name_fi, name_sv, name_en = lines()
    address = LineField(_("Street address"))
    contact_email = LineField(_("E-mail address (optional)"))
    contact_phone = LineField(_("Telephone (optional)"))
    arrival_fi, arrival_sv, arrival_en = paragraphs()
    external_id = LineField(_("Id in other systems (optional)"))

    @classmethod
    def of(cls, unit: Unit) -> Self:
        """The form as the unit is."""
        columns = ("address", "contact_email", "contact_phone", "external_id", "version")
        typed: dict[str, Any] = {name: getattr(unit, name) for name in columns}
        for name in ("name", "arrival"):
            typed |= typed_texts(name, getattr(unit, name))
        return cls(data=typed)

    def values(self) -> dict[str, Any]:
        """What was filled in, by column."""
        columns = ("address", "contact_email", "contact_phone", "external_id")
        texts = {name: text_in(self, name) for name in ("name", "arrival")}
        return {**texts, **{name: self[name].data for name in columns}}


class HolidaysForm(VersionedForm):
    """On which holidays a unit is closed."""

    closed_on_holidays = BooleanField(_("Closed on Finnish holidays"))
    closed_on_midsummer_eve = BooleanField(_("Closed on Midsummer Eve"))
    closed_on_christmas_eve = BooleanField(_("Closed on Christmas Eve"))

    def values(self) -> dict[str, bool]:
        """The switches, by column."""
        return {field.name: field.data for field in self if field.name != "version"}


class HoursForm(VersionedForm):
    """A week of opening hours: for each day up to three stretches, or the same as on Monday."""

    @property
    def season(self) -> tuple[date, date] | None:
        """The days of the season; None for the usual week."""
        return None

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, that each time has its other, and the week itself: all that is wrong is told at once."""
        is_valid = bool(super().validate(extra_validators))
        for day in range(7):
            for opens, closes in self._stretches_of(day):
                if (opens.data is None) != (closes.data is None) and not (
                    opens.errors or closes.errors
                ):
                    missing = opens if opens.data is None else closes
                    missing.errors = [text_of("both_times_or_none")]
                    is_valid = False
        # What is wrong with Monday is told once, not for each day that is the same.
        same = {f"day{day}" for day in range(1, 7) if self[f"day{day}_same"].data}
        found = hours_faults(self.rows(), self.season)
        faults = [fault for fault in found if fault.field not in same]
        if faults:
            place_faults(self, InvalidValues(faults))
        self._name_days()
        return is_valid and not faults

    def place(self, error: InvalidValues) -> list[str]:
        """Put each fault at its day; the texts of the rest are returned."""
        reasons = place_faults(self, error)
        self._name_days()
        return reasons

    def rows(self) -> list[HoursRow]:
        """The hours that were filled in."""
        return [
            HoursRow(day, opens.data, closes.data)
            for day in range(7)
            for opens, closes in self._stretches_of(day)
            if opens.data is not None and closes.data is not None
        ]

    @staticmethod
    def typed(rows: Iterable[HoursRow | OpeningHours]) -> dict[str, int]:
        """The fields of a week as they stand before anybody types."""
        fields: dict[str, int] = {}
        for row in sorted(rows, key=lambda one: (one.weekday, one.opens_minute)):
            number = sum(name.startswith(f"day{row.weekday}_opens") for name in fields) + 1
            fields[f"day{row.weekday}_opens{number}"] = row.opens_minute
            fields[f"day{row.weekday}_closes{number}"] = row.closes_minute
        return fields

    def shown(self, day: int) -> list[tuple[Any, Any]]:
        """The pairs of fields of a day."""
        return [
            (self[f"day{day}_opens{number}"], self[f"day{day}_closes{number}"])
            for number in range(1, MOST_STRETCHES + 1)
        ]

    def has_more(self, day: int) -> bool:
        """Whether anything stands in a day's second or third pair."""
        return any(field._value() or field.errors for pair in self.shown(day)[1:] for field in pair)

    def _stretches_of(self, day: int) -> list[tuple[Any, Any]]:
        is_same = day > 0 and self[f"day{day}_same"].data
        return self.shown(0 if is_same else day)

    def _name_days(self) -> None:
        # The list of errors above the form stands far from the days it speaks of.
        for day in range(7):
            beginning = f"{words.weekday(day).capitalize()}: "
            for field in (one for pair in self.shown(day) for one in pair):
                field.errors = [
                    text if text.startswith(beginning) else beginning + text
                    for text in field.errors
                ]


class SeasonForm(HoursForm):
    """A week of opening hours for some time of the year; it holds some hours, or it would be no season."""

    valid_from = DayField(_("First day"), [Required(NEEDED_DAY)])
    valid_until = DayField(_("Last day"), [Required(NEEDED_DAY)])

    taken: frozenset[tuple[date, date]] = frozenset()  # the days of the other seasons

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, and that no other season has the same days: it would be overwritten unseen."""
        is_valid = super().validate(extra_validators)
        if self.season in self.taken:
            self.valid_from.errors = [text_of("season_exists")]
            return False
        if is_valid and not self.rows():
            self.valid_from.errors = [text_of("season_without_hours")]
            return False
        return is_valid

    @property
    def season(self) -> tuple[date, date] | None:
        """The first and the last day."""
        first, last = self.valid_from.data, self.valid_until.data
        return None if first is None or last is None else (first, last)


def _add_days(form: type[HoursForm]) -> None:
    for day in range(7):
        for number in range(1, MOST_STRETCHES + 1):
            setattr(form, f"day{day}_opens{number}", OpensField(_("Opens"), [Optional()]))
            setattr(form, f"day{day}_closes{number}", ClosesField(_("Closes"), [Optional()]))
        if day:
            setattr(form, f"day{day}_same", BooleanField(_("The same as on Monday")))


_add_days(HoursForm)


class ExceptionForm(VersionedForm):
    """Closed, or open at other hours, for a day or some days."""

    first_day = DayField(_("First day"), [Required(NEEDED_DAY)])
    last_day = DayField(_("Last day (if another)"), [Optional()])
    kind = RadiosField(
        _("What is different then?"),
        choices=options((("closed", _("Closed")), ("hours", _("Open at other hours than usual")))),
        default="closed",
    )
    opens = OpensField(_("Opens"), [Optional()])
    closes = ClosesField(_("Closes"), [Optional()])
    reason_fi, reason_sv, reason_en = lines()

    @classmethod
    def of(cls, row: OpeningException, version: int) -> Self:
        """The form as the exception is; `version` is the unit's."""
        typed = {
            "version": str(version),
            "first_day": row.day,
            "last_day": row.last_day,
            "kind": "closed" if row.opens_minute is None else "hours",
            "opens": row.opens_minute,
            "closes": row.closes_minute,
            **typed_texts("reason", row.reason),
        }
        return cls(data=typed)

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields; other hours are hours."""
        is_valid = bool(super().validate(extra_validators))
        if self.kind.data == "hours":
            for field in (self.opens, self.closes):
                if field.data is None and not field.errors:
                    field.errors = [text_of("hours_required")]
                    is_valid = False
        return is_valid

    def hours(self) -> DayHours:
        """What was filled in. Call after `validate` has said yes."""
        first: date = self.first_day.data
        is_open = self.kind.data == "hours"
        return DayHours(
            first,
            self.last_day.data or first,
            self.opens.data if is_open else None,
            self.closes.data if is_open else None,
            text_in(self, "reason"),
        )


class TermsForm(VersionedForm):
    """The rules of use."""

    terms_fi, terms_sv, terms_en = paragraphs()

    @classmethod
    def of(cls, version: int, text: LocalText | None) -> Self:
        """The form as the rules are; `version` is the unit's."""
        return cls(data={"version": str(version), **typed_texts("terms", text)})

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields; no rules at all are not put in force but taken away."""
        is_valid = bool(super().validate(extra_validators))
        if is_valid and self.text is None:
            self.terms_fi.errors = [text_of("terms_required")]
            return False
        return is_valid

    @property
    def text(self) -> LocalText | None:
        """What was written."""
        return text_in(self, "terms")


class QuotasForm(VersionedForm):
    """How many hours one organisation may hold."""

    week = AmountField(_("Hours in a week (optional)"))
    month = AmountField(_("Hours in a month (optional)"))
    year = AmountField(_("Hours in a year (optional)"))

    def limits(self) -> dict[str, int]:
        """Minutes by period, of those that were filled in."""
        return {per: self[per].data for per in QUOTA_PERIODS if self[per].data is not None}
