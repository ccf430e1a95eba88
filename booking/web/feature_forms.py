"""The form in which staff write down what they found of a room's accessibility. Knows labels and fields; no rule.

Only what somebody says to have looked at gets today's date. So each feature has a tick for that, and a change without the tick is
given back with the question: a date that nobody stands for would be worse than an old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Self

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField

from booking.domain.accessibility import COUNTED, MEASURED, SIDED, SIDES
from booking.domain.rooms import FEATURES
from booking.i18n import lazy_gettext as _
from booking.models import Room, RoomFeature
from booking.services.rooms import FeatureFact
from booking.web import words
from booking.web.edit_forms import VersionedForm, paragraphs, text_in, typed_texts
from booking.web.fields import (
    ChoiceField,
    LineField,
    NumberField,
    RadiosField,
    Required,
    options,
)
from booking.web.room_forms import KNOWN
from booking.web.texts import TEXTS, text_of

# What is measured of each; the column is in centimetres.
_MEASURES = {
    "door_width": _("Width of the narrowest door, in centimetres"),
    "threshold": _("Height of the highest threshold, in centimetres"),
    "lift": _("Narrower side of the lift, in centimetres"),
    "turning_space": _("Width of the free floor, in centimetres"),
    "accessible_parking": _("Way from the parking place to the door, in centimetres"),
    "drop_off": _("Way from the drop-off point to the door, in centimetres"),
}
_UNKNOWN = FeatureFact("unknown")


class AccessibilityForm(VersionedForm):
    """All features, each with what is known of it and a tick for having looked; the fields are added below."""

    checked_by = LineField(_("Who has checked: an office or a role"))

    @classmethod
    def of(cls, room: Room, checked_by: str | None) -> Self:
        """The form as the room is."""
        typed: dict[str, Any] = {"version": room.version, "checked_by": checked_by}
        for code in FEATURES:
            fact = _kept(room).get(code, _UNKNOWN)
            typed |= {code: fact.value, f"{code}_cm": fact.measure_cm, f"{code}_count": fact.count}
            typed |= {f"{code}_side": fact.side or "", **typed_texts(f"{code}_note", fact.note)}
        return cls(data=typed)

    @classmethod
    def sent(cls, fields: MultiDict[str, str]) -> Self:
        """The form as it was sent."""
        return cls(fields)

    def looked_at(self) -> dict[str, FeatureFact]:
        """The facts that somebody says to have looked at, by code."""
        return {code: self._fact(code) for code in FEATURES if self[f"{code}_looked"].data}

    def require_looks(self, room: Room) -> bool:
        """Whether nothing changed that was not looked at; else each such feature bears the question."""
        kept = _kept(room)
        is_honest = True
        for code in FEATURES:
            looked = self[f"{code}_looked"]
            if looked.data or self._is_wrong(code):
                continue
            if self._fact(code) != kept.get(code, _UNKNOWN):
                looked.errors = [text_of("changed_without_a_look", feature=words.feature(code))]
                is_honest = False
        return is_honest

    def is_open(self, code: str) -> bool:
        """Whether the page shows all of a feature: something is wrong with it, or it is being changed."""
        return bool(self[f"{code}_looked"].data) or self._is_wrong(code)

    def _is_wrong(self, code: str) -> bool:
        own = (field for field in self if field.name == code or field.name.startswith(f"{code}_"))
        return any(field.errors for field in own)

    def _fact(self, code: str) -> FeatureFact:
        fact = FeatureFact(self[code].data or "unknown", text_in(self, f"{code}_note"))
        if code in MEASURED:
            fact = replace(fact, measure_cm=self[f"{code}_cm"].data)
        if code in COUNTED:
            fact = replace(fact, count=self[f"{code}_count"].data)
        if code in SIDED:
            fact = replace(fact, side=self[f"{code}_side"].data or None)
        return fact


def _kept(room: Room) -> Mapping[str, FeatureFact]:
    return {row.code: _fact_of(row) for row in room.features}


def _fact_of(row: RoomFeature) -> FeatureFact:
    return FeatureFact(row.value, row.note, row.measure_cm, row.count, row.side)


def _fields(code: str) -> Iterator[tuple[str, Any]]:
    """The fields of one feature, by name: only those that it has."""
    yield (
        code,
        RadiosField(_("What is it like?"), [Required(TEXTS["bad_choice"])], choices=options(KNOWN)),
    )
    if code in MEASURED:
        yield f"{code}_cm", NumberField(_MEASURES[code], lowest=0, highest=100_000)
    if code in COUNTED:
        yield f"{code}_count", NumberField(_("How many"), lowest=0, highest=1_000)
    if code in SIDED:
        sides = [("", _("Unknown")), *((side, words.SIDES[side]) for side in SIDES)]
        yield (
            f"{code}_side",
            ChoiceField(_("From which side can one move over"), choices=options(sides)),
        )
    for lang, field in zip(("fi", "sv", "en"), paragraphs(), strict=True):
        yield f"{code}_note_{lang}", field
    yield f"{code}_looked", BooleanField(_("I have looked at this, and it is as written here"))


# As attributes, as if each had been written out: WTForms orders fields by when they were made.
for _code in FEATURES:
    for _name, _field in _fields(_code):
        setattr(AccessibilityForm, _name, _field)
