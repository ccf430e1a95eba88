"""The forms in which staff keep a room, a section of its facts each. Knows labels, fields and columns; no rule, no right.

What is wrong with a value is the domain's question (`booking.domain.room_values`); here it is only understood or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, ClassVar, Self

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField

from booking.domain.room_values import STEPS
from booking.domain.rooms import ACTIVITIES, EQUIPMENT, LAYOUTS, MINUTES_OF_DAY
from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _
from booking.models import Room
from booking.web import words
from booking.web.edit_forms import (
    LANGUAGES,
    LengthField,
    VersionedForm,
    lines,
    paragraphs,
    text_in,
    typed_texts,
)
from booking.web.fields import (
    CountField,
    DayField,
    LineField,
    NumberField,
    RadiosField,
    Required,
    TicksField,
    TimeField,
    options,
)
from booking.web.once import OnceForm
from booking.web.texts import TEXTS, text_of

KNOWN = (("yes", _("Yes")), ("no", _("No")), ("unknown", _("Unknown")))
_HOUR, _DAY = 60, MINUTES_OF_DAY


class SectionForm(VersionedForm):
    """Some columns of a room. Those of `texts` have three fields each, the others one of their own name."""

    texts: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of(cls, room: Room) -> Self:
        """The form as the room is."""
        form = cls(data={**cls._typed(room), "version": room.version})
        form._prepare(room)
        return form

    @classmethod
    def sent(cls, fields: MultiDict[str, str], room: Room) -> Self:
        """The form as it was sent."""
        form = cls(fields)
        form._prepare(room)
        return form

    def values(self) -> dict[str, Any]:
        """What was filled in, by column."""
        values = {name: text_in(self, name) for name in self.texts}
        return {**values, **{name: self[name].data for name in self.columns}}

    @classmethod
    def _typed(cls, room: Room) -> dict[str, Any]:
        typed = {name: getattr(room, name) for name in cls.columns}
        for name in cls.texts:
            typed |= typed_texts(name, getattr(room, name))
        return typed

    def _prepare(self, room: Room) -> None:
        """Offer what depends on the room."""


class NameForm(SectionForm):
    """What the room is called, what it is like, whose it is."""

    texts = ("name", "description")
    columns = ("owner", "external_id")
    name_fi, name_sv, name_en = lines()
    description_fi, description_sv, description_en = paragraphs()
    owner = LineField(_("Owner of the room (optional)"))
    external_id = LineField(_("Id in other systems (optional)"))


class SizeForm(SectionForm):
    """How many people, and what is there for them."""

    columns = ("capacity", "equipment")
    capacity = CountField(_("People at most"))
    layouts_theatre = CountField(words.LAYOUTS["theatre"])
    layouts_classroom = CountField(words.LAYOUTS["classroom"])
    layouts_boardroom = CountField(words.LAYOUTS["boardroom"])
    layouts_u_shape = CountField(words.LAYOUTS["u_shape"])
    layouts_groups = CountField(words.LAYOUTS["groups"])
    layouts_empty = CountField(words.LAYOUTS["empty"])
    equipment = TicksField(
        _("What is in the room"),
        choices=options((code, words.EQUIPMENT[code]) for code in EQUIPMENT),
    )

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, and that no layout takes more people than the room: said at the layout that does."""
        is_valid = bool(super().validate(extra_validators))
        capacity = self.capacity.data
        for code in LAYOUTS:
            field = self[f"layouts_{code}"]
            if capacity and field.data and field.data > capacity:
                field.errors = [text_of("more_than_capacity", limit=capacity)]
                is_valid = False
        return is_valid

    def values(self) -> dict[str, Any]:
        """What was filled in, by column."""
        people = {code: self[f"layouts_{code}"].data for code in LAYOUTS}
        ticked = set(self.equipment.data or ())
        return {
            "capacity": self.capacity.data,
            "layouts": {code: number for code, number in people.items() if number},
            "equipment": [code for code in EQUIPMENT if code in ticked],
        }

    @classmethod
    def _typed(cls, room: Room) -> dict[str, Any]:
        layouts = {f"layouts_{code}": people for code, people in room.layouts.items()}
        return {**super()._typed(room), **layouts}


class LendingForm(SectionForm):
    """Whether the room is lent, for what, and until when."""

    columns = ("published", "outside_use", "available_until", "elsewhere_url")
    published = BooleanField(_("Publish the room"))
    activities = TicksField(_("What the room is lent for"), choices=options(words.ACTIVITY_CHOICES))
    activity_reasons_event_fi, activity_reasons_event_sv, activity_reasons_event_en = lines()
    activity_reasons_meeting_fi, activity_reasons_meeting_sv, activity_reasons_meeting_en = lines()
    activity_reasons_group_fi, activity_reasons_group_sv, activity_reasons_group_en = lines()
    outside_use = RadiosField(
        _("Does the owner let others use the room?"),
        [Required(TEXTS["bad_choice"])],
        choices=options(KNOWN),
    )
    available_until = DayField(_("Last day that the room can be had (optional)"))
    elsewhere_url = LineField(_("Web address where the room is booked (optional)"))

    def values(self) -> dict[str, Any]:
        """What was filled in, by column; of a use that is allowed, no reason is kept."""
        ticked = set(self.activities.data or ())
        reasons = {}
        for code in ACTIVITIES:
            reason = text_in(self, f"activity_reasons_{code}")
            if reason is not None and code not in ticked:
                kept = {lang: getattr(reason, lang) for lang in LANGUAGES}
                reasons[code] = {lang: text for lang, text in kept.items() if text is not None}
        return {
            **super().values(),
            "activities": [code for code in ACTIVITIES if code in ticked],
            "activity_reasons": reasons,
        }

    @classmethod
    def _typed(cls, room: Room) -> dict[str, Any]:
        typed = {**super()._typed(room), "activities": room.activities}
        for code, reason in room.activity_reasons.items():
            typed |= {f"activity_reasons_{code}_{lang}": reason.get(lang) for lang in LANGUAGES}
        return typed


class RulesForm(SectionForm):
    """When and for how long the room can be asked for."""

    notice_minutes = LengthField(
        _("How long beforehand must it be asked for?"),
        [0, *(n * _HOUR for n in (1, 2, 4, 12)), *(n * _DAY for n in (1, 2, 3, 5, 7, 14, 30))],
        _("No notice is needed"),
    )
    horizon_days = LengthField(
        _("How far ahead can it be asked for?"), [14, 30, 60, 90, 180, 365, 400, 730]
    )
    min_minutes = LengthField(
        _("Shortest booking"), [15, 30, 45, *(n * _HOUR for n in (1, 2, 3, 4))]
    )
    max_minutes = LengthField(
        _("Longest booking"),
        [*(n * _HOUR for n in (1, 2, 3, 4, 6, 8, 10, 12)), *(n * _DAY for n in (1, 2, 3, 7))],
    )
    step_minutes = LengthField(_("Bookings begin and end every"), STEPS)
    buffer_before_minutes = LengthField(
        _("Kept free before each booking"), [0, 5, 10, 15, 30, 45, 60, 90, 120], _("No time")
    )
    buffer_after_minutes = LengthField(
        _("Kept free after each booking"), [0, 5, 10, 15, 30, 45, 60, 90, 120], _("No time")
    )

    def values(self) -> dict[str, Any]:
        """What was chosen, by column, in minutes or days."""
        return {name: int(self[name].data) for name in _LENGTHS}

    @classmethod
    def _typed(cls, room: Room) -> dict[str, Any]:
        return {name: str(getattr(room, name)) for name in _LENGTHS}

    def _prepare(self, room: Room) -> None:
        for name, minutes_each in _LENGTHS.items():
            self[name].offer(getattr(room, name), minutes_each)


_LENGTHS: Mapping[str, int] = {
    "notice_minutes": 1,
    "horizon_days": MINUTES_OF_DAY,
    "min_minutes": 1,
    "max_minutes": 1,
    "step_minutes": 1,
    "buffer_before_minutes": 1,
    "buffer_after_minutes": 1,
}


class SafetyForm(SectionForm):
    """What keeps people and the house safe."""

    texts = ("keys", "alarm")
    columns = ("noise_allowed", "food_allowed", "fire_max_people", "emergency_number")
    noise_allowed = RadiosField(
        _("May it be loud, for example with music?"),
        [Required(TEXTS["bad_choice"])],
        choices=options(KNOWN),
    )
    food_allowed = RadiosField(
        _("May people eat in the room?"),
        [Required(TEXTS["bad_choice"])],
        choices=options(KNOWN),
    )
    latest_end_minute = TimeField(_("When must the room be empty at the latest? (optional)"))
    fire_max_people = NumberField(
        _("People at most by fire safety (optional)"), lowest=1, highest=100_000
    )
    emergency_number = LineField(_("Emergency number (optional)"))
    keys_fi, keys_sv, keys_en = paragraphs()
    alarm_fi, alarm_sv, alarm_en = paragraphs()

    def values(self) -> dict[str, Any]:
        """What was filled in, by column; "0.00" is the midnight that ends the day."""
        at: time | None = self.latest_end_minute.data
        minute = None if at is None else (at.hour * 60 + at.minute) or MINUTES_OF_DAY
        return {**super().values(), "latest_end_minute": minute}

    @classmethod
    def _typed(cls, room: Room) -> dict[str, Any]:
        minute = room.latest_end_minute
        at = None if minute is None else time(minute // 60 % 24, minute % 60)
        return {**super()._typed(room), "latest_end_minute": at}


class ContactForm(SectionForm):
    """Whom to ask, and how to get there."""

    texts = ("arrival", "floor_plan_text")
    columns = ("contact_name", "contact_email", "contact_phone")
    contact_name = LineField(_("Whom to ask (optional)"))
    contact_email = LineField(_("E-mail address (optional)"))
    contact_phone = LineField(_("Telephone (optional)"))
    arrival_fi, arrival_sv, arrival_en = paragraphs()
    floor_plan_text_fi, floor_plan_text_sv, floor_plan_text_en = paragraphs()


@dataclass(frozen=True, slots=True)
class Section:
    """A page of a room's facts: its title, its form, and the columns that its summary shows."""

    title: LazyText
    form: type[SectionForm]
    shown: tuple[str, ...]


SECTIONS: Mapping[str, Section] = {
    "name": Section(
        _("Name and description"), NameForm, ("name", "description", "owner", "external_id")
    ),
    "size": Section(_("People and equipment"), SizeForm, ("capacity", "layouts", "equipment")),
    "lending": Section(
        _("Lending"),
        LendingForm,
        (
            "published",
            "activities",
            "activity_reasons",
            "outside_use",
            "available_until",
            "elsewhere_url",
        ),
    ),
    "rules": Section(_("Rules for booking"), RulesForm, tuple(_LENGTHS)),
    "safety": Section(
        _("Safety"),
        SafetyForm,
        (
            "noise_allowed",
            "food_allowed",
            "latest_end_minute",
            "fire_max_people",
            "emergency_number",
            "keys",
            "alarm",
        ),
    ),
    "contact": Section(
        _("Contact and getting there"),
        ContactForm,
        ("contact_name", "contact_email", "contact_phone", "arrival", "floor_plan_text"),
    ),
}


class NewRoomForm(OnceForm):
    """What a room needs to be there at all: a name, how many people, and its floor."""

    name_fi, name_sv, name_en = lines()
    capacity = CountField(_("People at most"))
    floor = RadiosField(
        _("Where is it?"),
        [Required(TEXTS["bad_choice"])],
        choices=options(
            (
                ("own", _("It has a floor of its own, which no other room uses")),
                ("shared", _("It is made of spaces that other rooms use too")),
            )
        ),
        default="own",
    )
    spaces = TicksField(_("Which spaces?"), choices=[])

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, and that a room made of spaces names some."""
        is_valid = bool(super().validate(extra_validators))
        if self.floor.data == "shared" and not self.spaces.data:
            self.spaces.errors = [text_of("spaces_of_one_unit")]
            return False
        return is_valid

    @property
    def space_ids(self) -> list[int]:
        """The spaces chosen; none for a floor of its own. Only what was offered passes `validate`."""
        return [int(one) for one in self.spaces.data or ()] if self.floor.data == "shared" else []

    def values(self) -> dict[str, Any]:
        """What was filled in, by column."""
        return {"name": text_in(self, "name"), "capacity": self.capacity.data}
