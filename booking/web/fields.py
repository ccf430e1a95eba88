"""Form fields that understand what people type: days, times, whole numbers, plain texts. Knows WTForms; no page, no rule.

A field keeps what was typed, so that a refused form shows it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, time
from typing import Any

from wtforms import (
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from booking.domain.local_time import local, parse_day, parse_time
from booking.domain.texts import many_lines as many_lines
from booking.domain.texts import one_line as one_line
from booking.errors import InvalidInput
from booking.i18n import LazyText, current_locale
from booking.i18n import lazy_gettext as _
from booking.web import edge
from booking.web.keys import is_key
from booking.web.texts import text_of


class Required:
    """A validator: something must have been typed or chosen; else `message`, and no further complaint."""

    field_flags: dict[str, Any] = {}

    def __init__(self, message: LazyText) -> None:
        self._message = message

    def __call__(self, form: Any, field: Field) -> None:
        """Raise StopValidation when the field is blank, or nothing was left of it once it was cleaned."""
        typed = any(isinstance(value, str) and value.strip() for value in field.raw_data or [])
        if not typed or (field.data is None and not field.process_errors):
            field.errors = []
            raise StopValidation(str(self._message))


class AtMost:
    """A validator: at most `length` signs."""

    field_flags: dict[str, Any] = {}

    def __init__(self, length: int) -> None:
        self._length = length

    def __call__(self, form: Any, field: Field) -> None:
        """Raise StopValidation when the text is longer."""
        if len(field.data or "") > self._length:
            raise StopValidation(text_of("too_long_text", limit=self._length))


class LineField(StringField):
    """One line of plain text; empty is None."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Clean what was typed."""
        self.data = (one_line(valuelist[0]) or None) if valuelist else None


class KeyField(HiddenField):
    """The key under which a form is sent once; what can't be one is None, and the page makes another."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Take a key of ours."""
        self.data = valuelist[0] if valuelist and is_key(valuelist[0]) else None


class LinesField(TextAreaField):
    """Several lines of plain text; empty is None."""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Clean what was typed."""
        self.data = (many_lines(valuelist[0]) or None) if valuelist else None


class _TypedField(StringField):
    """A field whose data is not a text; shows what was typed as it was typed."""

    data: Any

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self._shown(self.data)

    def _shown(self, value: Any) -> str:
        return str(value)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Understand what was typed; a ValueError bears the text of the error."""
        self.data = None
        typed = str(valuelist[0]).strip() if valuelist else ""
        if not typed:
            return
        try:
            self.data = self._understood(typed)
        except InvalidInput as error:
            raise ValueError(text_of(error.code, **error.params)) from error

    def _understood(self, typed: str) -> Any:
        raise NotImplementedError


def options(
    labelled: Iterable[tuple[str, str | LazyText]],
    group: str | None = None,
    lang: str | None = None,
) -> list[SelectChoice]:
    """Choices of a field from (value, label); `group` is the heading they stand under, `lang` the labels' language."""
    marks = {"lang": lang} if lang is not None and lang != current_locale() else {}
    return [SelectChoice(value, label, marks, group) for value, label in labelled]


class _OursOnly:
    """Says in the reader's language that a choice is not on the list."""

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError for a value that was never offered."""
        chosen = self.data if isinstance(self.data, list) else [self.data]  # type: ignore[attr-defined]
        offered = {value for value, *_rest in self.iter_choices()}  # type: ignore[attr-defined]
        if any(value is not None and value not in offered for value in chosen):
            raise ValidationError(text_of("bad_choice"))


class ChoiceField(_OursOnly, SelectField):
    """One of a list."""


class _RowId:
    """Takes the id of any row, offered or not: whether it may be used is the service's question."""

    data: Any

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError for what can't be a row's id."""
        typed = self.data or ""
        if not (
            typed.isascii() and typed.isdigit() and len(typed) <= 10 and 0 < int(typed) < 2**31
        ):
            raise ValidationError(text_of("bad_choice"))


class RowChoiceField(_RowId, SelectField):
    """One of a list of rows."""


class RadiosField(_OursOnly, RadioField):
    """One of a few, all in sight."""


class RowRadiosField(_RowId, RadioField):
    """One of a few rows, all in sight."""


class TicksField(_OursOnly, SelectMultipleField):
    """Tick boxes under one question; data: a list of codes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class AcceptField(Field):
    """A tick that says what is accepted: a yes to anything else than `wanted` is none. data: what was accepted, or None."""

    widget = CheckboxInput()
    wanted: str = ""

    @property
    def checked(self) -> bool:
        """Whether what is wanted has been accepted."""
        return bool(self.wanted) and self.data == self.wanted

    def _value(self) -> str:
        return self.wanted

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Take what was accepted."""
        self.data = valuelist[0] if valuelist else None


class DayField(_TypedField):
    """A day as people write it (7.6.2027, 7.6., ma 7.6.2027, 2027-06-07); data: a date or None."""

    def _shown(self, value: date) -> str:
        return f"{value.day}.{value.month}.{value.year}"

    def _understood(self, typed: str) -> date:
        return parse_day(typed, local(edge.now()).date())


class TimeField(_TypedField):
    """A time of day (17.30, 17:30, 17); data: a time or None."""

    def _shown(self, value: time) -> str:
        return f"{value.hour}.{value.minute:02}"

    def _understood(self, typed: str) -> time:
        return parse_time(typed)


class CountField(_TypedField):
    """A whole number from 1 to 100 000; data: an int or None."""

    def _understood(self, typed: str) -> int:
        if not (
            typed.isascii() and typed.isdigit() and len(typed) <= 6 and 0 < int(typed) <= 100_000
        ):
            raise InvalidInput("bad_count")
        return int(typed)


class NumberField(_TypedField):
    """A whole number from `lowest` to `highest`; data: an int or None."""

    def __init__(
        self, label: LazyText, validators: Any = (), *, lowest: int, highest: int, **options: Any
    ) -> None:
        super().__init__(label, validators, **options)
        self._limits = {"lowest": lowest, "highest": highest}

    def _understood(self, typed: str) -> int:
        is_number = typed.isascii() and typed.isdigit() and len(typed) <= 9
        if not is_number or not self._limits["lowest"] <= int(typed) <= self._limits["highest"]:
            raise InvalidInput("number_out_of_range", **self._limits)
        return int(typed)


NEEDED_DAY = _("Enter the day, for example 7.6.2027.")
NEEDED_START = _("Enter when it starts, for example 17.30.")
NEEDED_END = _("Enter when it ends, for example 19.00.")
NEEDED_PEOPLE = _("Enter how many people are coming.")
