"""The forms in which approvers decide, and say how their unit decides. Knows labels and what was typed; no rule, no right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Self

from wtforms import BooleanField, Form, HiddenField
from wtforms.validators import Optional

from booking.domain.access import Actor
from booking.domain.deciding import DECIDING_AT_FIRST
from booking.domain.texts import LocalText
from booking.errors import InvalidInput
from booking.i18n import LazyText, current_locale
from booking.i18n import lazy_gettext as _
from booking.models import DecisionTemplate, Unit
from booking.queries.catalogue import Catalogue
from booking.queries.queue import Order, QueueFilter
from booking.web import words
from booking.web.edit_forms import VersionedForm, paragraphs, text_in, typed_texts
from booking.web.fields import (
    NEEDED_DAY,
    AtMost,
    ChoiceField,
    DayField,
    LineField,
    LinesField,
    NumberField,
    RadiosField,
    Required,
    options,
)
from booking.web.once import OnceForm
from booking.web.texts import text_of

_LONGEST = 2000
_MOST_DAYS = 366
_MOST_HOURS = 92 * 24
# Rooms to choose from at once; of more, those of a site once it is chosen.
_MOST_ROOMS = 60
Decision = Literal["approve", "conditional", "reject"]
_DECISIONS: tuple[tuple[Decision, LazyText], ...] = (
    ("approve", _("Approve")),
    ("conditional", _("Approve on a condition")),
    ("reject", _("Reject")),
)


class QueueForm(Form):
    """What the queue is narrowed to; it comes in the address, so that a link leads to the same list."""

    q = LineField(_("Occasion or association"), [AtMost(100)])
    town = ChoiceField(_("Municipality"), [Optional()])
    unit = ChoiceField(_("Site"), [Optional()])
    room = ChoiceField(_("Room"), [Optional()])
    activity = ChoiceField(
        _("What for"),
        [Optional()],
        choices=options([("", _("Any")), *words.ACTIVITY_CHOICES]),
    )
    days = NumberField(_("Waiting for more days than"), [Optional()], lowest=0, highest=_MOST_DAYS)
    escalated = BooleanField(_("Told again or passed on"))
    unverified = BooleanField(_("Association not verified yet"))
    sort = RadiosField(
        _("Order"),
        [Optional()],
        choices=options(
            (("waiting", _("Longest waiting first")), ("date", _("Soonest date first")))
        ),
        default="waiting",
    )

    def offer(self, known: Catalogue, asking: Actor) -> None:
        """Set the choices: the places whose requests the reader sees."""
        rooms = [
            room
            for room in known.rooms.values()
            if asking.sees_all_bookings or room.unit_id in asking.approver_units
        ]
        locale = current_locale()
        towns = {room.municipality: known.municipalities[room.municipality] for room in rooms}
        units = {str(room.unit_id): room.unit_name for room in rooms}
        self.town.choices = _all_or(towns.items(), _("All municipalities"))
        self.unit.choices = _all_or(units.items(), _("All sites"))
        self.room.choices = options([("", _("All rooms"))])
        if self.unit.data in units:
            rooms = [room for room in rooms if str(room.unit_id) == self.unit.data]
        for room in rooms if len(rooms) <= _MOST_ROOMS else ():
            name, lang = room.name.choose(locale)
            group = room.unit_name.choose(locale)[0]
            self.room.choices += options([(str(room.id), name)], group, lang)

    @property
    def order(self) -> Order:
        """The order asked for."""
        return "date" if self.sort.data == "date" else "waiting"

    def wanted(self, now: datetime) -> QueueFilter:
        """What was filled in; what could not be understood narrows nothing."""
        days = self.days.data
        return QueueFilter(
            unit_id=_row(self.unit),
            municipality=_chosen(self.town),
            room_id=_row(self.room),
            activity=_chosen(self.activity),
            asked_before=None if days is None else now - timedelta(days=days),
            escalated=self.escalated.data,
            unverified=self.unverified.data,
            text="" if self.q.errors else self.q.data or "",
            order=self.order,
        )


def _all_or(named: Iterable[tuple[str, LocalText]], everything: LazyText) -> list[Any]:
    locale = current_locale()
    chosen = ((value, *name.choose(locale)) for value, name in named)
    return [
        *options([("", everything)]),
        *(
            choice
            for value, name, lang in chosen
            for choice in options([(value, name)], None, lang)
        ),
    ]


def _chosen(field: ChoiceField) -> str | None:
    # Looked up among the choices: what is only blanks passes as nothing chosen, and is still no value of ours.
    return next(
        (value for value, *_rest in field.iter_choices() if value and value == field.data), None
    )


def _row(field: ChoiceField) -> int | None:
    chosen = _chosen(field)
    return None if chosen is None else int(chosen)


def _version(field: HiddenField) -> int:
    typed = field.data or ""
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise InvalidInput("invalid", field=field.name)
    return int(typed)


class DecideForm(OnceForm):
    """A decision on the version that was seen: yes, yes on a condition, or no with its reason."""

    version = HiddenField()
    organisation = HiddenField()
    decision = RadiosField(
        _("What do you decide?"),
        [Required(_("Choose what you decide."))],
        choices=options(_DECISIONS),
    )
    verify = BooleanField(_("I have made sure who this association is"))
    over_foreign = BooleanField(_("Approve although another calendar claims the time"))
    over_foreign_reason = LinesField(_("Why, for staff"), [AtMost(_LONGEST)])
    condition_template = RadiosField(_("Condition"), [Optional()], choices=[])
    condition = LinesField(_("The condition in your own words"), [AtMost(_LONGEST)])
    reason_template = RadiosField(_("Reason"), [Optional()], choices=[])
    reason = LinesField(_("The reason in your own words"), [AtMost(_LONGEST)])
    message = LinesField(_("Message to the requester (optional)"), [AtMost(_LONGEST)])

    def offer(self, templates: Sequence[DecisionTemplate], has_begun: bool) -> None:
        """Set the choices: the unit's templates; what has begun can only be rejected."""
        for kind, field in (
            ("condition", self.condition_template),
            ("reason", self.reason_template),
        ):
            own = [row for row in templates if row.kind == kind]
            field.choices = options([("", _("Only what I write below"))])
            for row in own:
                text, lang = row.text.choose(current_locale())
                field.choices += options([(str(row.id), text)], None, lang)
        if has_begun:
            self.decision.choices = options(_DECISIONS[2:])

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields, and that what is decided has what it needs."""
        is_valid = bool(super().validate(extra_validators))
        missing: list[tuple[Any, str]] = []
        if self.decision.data == "conditional" and not _any(
            self.condition_template, self.condition
        ):
            missing.append((self.condition, "condition_required"))
        if self.decision.data == "reject" and not _any(self.reason_template, self.reason):
            missing.append((self.reason, "reason_required"))
        if self.approves and self.over_foreign.data and not self.over_foreign_reason.data:
            missing.append((self.over_foreign_reason, "over_foreign_reason_required"))
        for field, code in missing:
            if not field.errors:
                field.errors = [text_of(code)]
        return is_valid and not missing

    @property
    def approves(self) -> bool:
        """Whether it is a yes."""
        return self.decision.data in ("approve", "conditional")

    @property
    def seen(self) -> int:
        """The version that was seen. Raises InvalidInput for what can't be one."""
        return _version(self.version)

    @property
    def organisation_seen(self) -> int:
        """The version of the association that was seen; verifying another one would verify somebody else."""
        return _version(self.organisation)

    def condition_for(self, templates: Sequence[DecisionTemplate], locale: str) -> str | None:
        """The condition as the requester reads it, in their language where the template has it; None for none."""
        if self.decision.data != "conditional":
            return None
        return _together(self.condition_template, self.condition, templates, locale)

    def reason_for(self, templates: Sequence[DecisionTemplate], locale: str) -> str | None:
        """The reason of a no, or the message that goes with a yes."""
        if self.approves:
            return self.message.data or None
        return _together(self.reason_template, self.reason, templates, locale)


def _any(template: RadiosField, own: LinesField) -> bool:
    return bool((template.data or "").strip() or own.data)


def _together(
    template: RadiosField, own: LinesField, templates: Sequence[DecisionTemplate], locale: str
) -> str | None:
    chosen = [row.text.choose(locale)[0] for row in templates if str(row.id) == template.data]
    return "\n".join([*chosen, *([own.data] if own.data else [])]) or None


class AbsenceForm(OnceForm):
    """Who is away from which unit, from when to when, and who stands in."""

    away = ChoiceField(_("Who is away, and from which site"), [Required(_("Choose a site."))])
    stand_in = ChoiceField(_("Who stands in"), [Required(_("Choose who stands in."))])
    first_day = DayField(_("First day"), [Required(NEEDED_DAY)])
    last_day = DayField(_("Last day"), [Required(NEEDED_DAY)])


class TemplateForm(OnceForm):
    """A condition or a reason in three languages."""

    kind = RadiosField(
        _("What is the text for?"),
        [Required(_("Choose what the text is for."))],
        choices=options(
            (
                ("condition", _("A condition, when a request is approved")),
                ("reason", _("A reason, when a request is rejected")),
            )
        ),
    )
    text_fi, text_sv, text_en = paragraphs()

    @property
    def text(self) -> LocalText | None:
        """What was written."""
        return text_in(self, "text")


class UnitDecidingForm(VersionedForm):
    """When an undecided request is told again and to whom, and what a decision says."""

    remind_after_hours = NumberField(_("The approvers are reminded"), lowest=1, highest=_MOST_HOURS)
    stand_in_after_hours = NumberField(
        _("All approvers and stand-ins are told"), lowest=1, highest=_MOST_HOURS
    )
    coordinator_after_hours = NumberField(
        _("The coordinator of associations may decide too"), lowest=1, highest=_MOST_HOURS
    )
    lapse_after_hours = NumberField(
        _("The request lapses (optional)"), [Optional()], lowest=1, highest=_MOST_HOURS
    )
    approves_by_itself = BooleanField(_("Requests of verified associations need no decision"))
    appeal_fi, appeal_sv, appeal_en = paragraphs()
    remind_days_before = NumberField(
        _("Days before the date on which its people are reminded"), lowest=0, highest=60
    )
    late_cancel_hours = NumberField(
        _("Hours before the start from which a cancellation is late"), lowest=0, highest=_MOST_HOURS
    )

    @classmethod
    def of(cls, unit: Unit) -> Self:
        """The form as the unit is."""
        typed: dict[str, Any] = {name: getattr(unit, name) for name in DECIDING_AT_FIRST}
        return cls(data={**typed, **typed_texts("appeal", unit.appeal), "version": unit.version})

    def validate(self, extra_validators: object = None) -> bool:
        """Check the fields; all but lapsing must be said."""
        is_valid = bool(super().validate(extra_validators))
        for name in DECIDING_AT_FIRST:
            field = self[name]
            is_number = isinstance(field, NumberField) and name != "lapse_after_hours"
            if is_number and field.data is None and not field.errors:
                field.errors = [text_of("number_out_of_range", **field._limits)]
                is_valid = False
        return is_valid

    def values(self) -> dict[str, Any]:
        """What was filled in, by column."""
        columns = {name: self[name].data for name in DECIDING_AT_FIRST}
        return {**columns, "appeal": text_in(self, "appeal")}
