"""What staff may write down of rooms and units: the bodies and queries, and what their fields are called below. Knows no row.

A body has the shape of the answer it changes (`rules.step_minutes`, `safety.keys`); the services know columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from booking.domain.accessibility import COUNTED, MEASURED, SIDED, SIDES
from booking.domain.room_values import (
    COUNTS,
    LINES,
    LONGEST_NAME,
    LONGEST_TEXT,
    STEPS,
    THREE_VALUES,
)
from booking.domain.rooms import ACTIVITIES, EQUIPMENT, FEATURES, LAYOUTS
from booking.domain.texts import LocalText
from booking.errors import InvalidValues
from booking.services.rooms import FeatureFact
from booking.web.api.asked import Strict
from booking.web.api.fields import (
    ByCode,
    Choice,
    Clock,
    Code,
    Codes,
    Day,
    Ids,
    Line,
    QueryIds,
    Text,
    Truth,
    WholeNumber,
)
from booking.web.api.schemas import MOST_PEOPLE

_ACCEPTED = (
    "Ids of bookings to come that may be left against the rules; see the problem `breaks_bookings`."
)
_WORDS: dict[str, str | list[Any] | dict[Any, Any]] = {"required": "required", "null": "required"}


def _part(schema: type[Strict], **options: Any) -> fields.Nested:
    return fields.Nested(schema, error_messages=_WORDS, **options)


class RulesPart(Strict):
    """Lengths, notice and buffers."""

    step_minutes = WholeNumber(min(STEPS), max(STEPS), metadata={"enum": list(STEPS)})
    min_minutes = WholeNumber(*COUNTS["min_minutes"])
    max_minutes = WholeNumber(*COUNTS["max_minutes"])
    notice_minutes = WholeNumber(*COUNTS["notice_minutes"])
    horizon_days = WholeNumber(*COUNTS["horizon_days"])
    buffer_before_minutes = WholeNumber(*COUNTS["buffer_before_minutes"])
    buffer_after_minutes = WholeNumber(*COUNTS["buffer_after_minutes"])


class SafetyPart(Strict):
    """What keeps people and house safe; keys and alarm are for staff only."""

    noise_allowed = Choice(THREE_VALUES)
    food_allowed = Choice(THREE_VALUES)
    latest_end = Clock(allow_none=True)
    fire_max_people = WholeNumber(1, MOST_PEOPLE, allow_none=True)
    emergency_number = Line(40, allow_none=True)
    keys = Text(LONGEST_TEXT, many=True, allow_none=True)
    alarm = Text(LONGEST_TEXT, many=True, allow_none=True)


class ContactPart(Strict):
    """Whom to ask about a room."""

    name = Line(LINES["contact_name"], allow_none=True)
    email = Line(254, allow_none=True)
    phone = Line(40, allow_none=True)


class RoomEditBody(Strict):
    """What changes; at least one field. Lists and objects by code are replaced as a whole, null takes a value away."""

    name = Text(LONGEST_NAME)
    description = Text(LONGEST_TEXT, many=True, allow_none=True)
    published = Truth()
    capacity = WholeNumber(*COUNTS["capacity"])
    layouts = ByCode(LAYOUTS, WholeNumber(1, MOST_PEOPLE, metadata={"type": "integer"}))
    activities = Codes(ACTIVITIES)
    activity_reasons = ByCode(ACTIVITIES, Text(LONGEST_TEXT, many=True))
    equipment = Codes(EQUIPMENT)
    owner = Line(LINES["owner"], allow_none=True)
    outside_use = Choice(THREE_VALUES)
    available_until = Day(allow_none=True)
    elsewhere_url = Line(500, allow_none=True)
    arrival = Text(LONGEST_TEXT, many=True, allow_none=True)
    floor_plan_text = Text(LONGEST_TEXT, many=True, allow_none=True)
    external_id = Line(LINES["external_id"], allow_none=True)
    rules = _part(RulesPart)
    safety = _part(SafetyPart)
    contact = _part(ContactPart)
    accepted = Ids(load_default=(), metadata={"description": _ACCEPTED})

    @validates_schema
    def _check_change(self, values: Mapping[str, Any], **_options: Any) -> None:
        if not columns_of(values):
            raise ValidationError(Code("nothing_to_change"), "body")


# A field within a part, by the column it fills.
_PARTS = {
    **{name: ("rules", name) for name in RulesPart._declared_fields},
    **{name: ("safety", name) for name in SafetyPart._declared_fields},
    **{f"contact_{name}": ("contact", name) for name in ContactPart._declared_fields},
    "latest_end_minute": ("safety", "latest_end"),
}
_COLUMNS = {where: column for column, where in _PARTS.items()}


def columns_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """A room's columns and their values, from a body that was read. A blank line takes the value away."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name in ("rules", "safety", "contact"):
            found |= {_COLUMNS[name, inner]: one for inner, one in value.items()}
        elif name == "activity_reasons":
            found[name] = {code: _plain(reason) for code, reason in value.items()}
        elif name != "accepted":
            found[name] = value
    return {column: None if value == "" else value for column, value in found.items()}


def _plain(text: LocalText) -> dict[str, str]:
    return {lang: one for lang in ("fi", "sv", "en") if (one := getattr(text, lang)) is not None}


class FactPart(Strict):
    """What somebody found out about one feature."""

    value = Choice(THREE_VALUES, required=True)
    note = Text(LONGEST_TEXT, many=True, allow_none=True)


class MeasuredFactPart(FactPart):
    """A feature that has a length."""

    measure_cm = WholeNumber(0, 100_000, allow_none=True)


class CountedFactPart(MeasuredFactPart):
    """A feature of which there may be several."""

    count = WholeNumber(0, 1_000, allow_none=True)


class SidedFactPart(FactPart):
    """A feature that is reached from one side."""

    side = Choice(SIDES, allow_none=True)


def _fact_part(code: str) -> fields.Nested:
    if code in SIDED:
        return _part(SidedFactPart)
    if code in COUNTED:
        return _part(CountedFactPart)
    return _part(MeasuredFactPart if code in MEASURED else FactPart)


FeaturesPart: Any = Strict.from_dict(
    {code: _fact_part(code) for code in FEATURES}, name="FeaturesPart"
)


class FeaturesBody(Strict):
    """The features that were looked at, today, and by which office or role. Those not named stay as they are."""

    checked_by = Line(120, required=True)
    features = _part(FeaturesPart, required=True)

    @validates_schema
    def _check_change(self, values: Mapping[str, Any], **_options: Any) -> None:
        if values.get("features") == {}:
            raise ValidationError(Code("nothing_to_change"), "features")


def facts_of(values: Mapping[str, Any]) -> dict[str, FeatureFact]:
    """What was found out, by feature, from a body that was read."""
    return {code: FeatureFact(**fact) for code, fact in values["features"].items()}


class ClosureBody(Strict):
    """Days on which a unit keeps other hours than usual; without hours it is closed."""

    first_day = Day(required=True)
    last_day = Day(allow_none=True, metadata={"description": "Included; without it one day."})
    opens = Clock(allow_none=True)
    closes = Clock(allow_none=True)
    reason = Text(300, allow_none=True)
    accepted = Ids(load_default=(), metadata={"description": _ACCEPTED})


class OpenAgainQuery(Strict):
    """What may break when the usual hours count again."""

    accepted = QueryIds(load_default=(), metadata={"description": _ACCEPTED})


@contextmanager
def named_as_sent(within: str = "", but: Collection[str] = ()) -> Iterator[None]:
    """Name the fields of InvalidValues as the body does: by their part, or all but a few `within` one."""
    try:
        yield
    except InvalidValues as error:
        raise InvalidValues(
            [replace(fault, field=_sent(fault.field, within, but)) for fault in error.faults]
        ) from error


def _sent(column: str, within: str, but: Collection[str]) -> str:
    if within:
        return column if column in but else f"{within}.{column}"
    return ".".join(_PARTS.get(column, (column,)))
