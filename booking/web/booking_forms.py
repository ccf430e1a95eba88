"""The forms of a booking that is there: moved, changed, cancelled, waited for. Knows labels and fields; no room, no right."""

from __future__ import annotations

from wtforms import BooleanField

from booking.domain.rooms import FEATURES
from booking.i18n import lazy_gettext as _
from booking.web import words
from booking.web.edit_forms import VersionedForm
from booking.web.fields import (
    NEEDED_PEOPLE,
    AcceptField,
    AtMost,
    CountField,
    LineField,
    LinesField,
    RadiosField,
    Required,
    RowChoiceField,
    TicksField,
    options,
)
from booking.web.forms import SlotForm
from booking.web.once import OnceForm

_NEEDED_ROOM = _("Choose a room.")
NEEDED_REASON = _("Write a reason. The association will read it.")
_NEEDED_ACTIVITY = _("Choose what the room is for.")
LONGEST_REASON = 2000  # characters


class MoveForm(OnceForm, VersionedForm, SlotForm):
    """Another room, day or time."""

    room = RowChoiceField(_("Room"), [Required(_NEEDED_ROOM)])
    terms = AcceptField(_("I have read the rules of use and accept them"))
    reason = LinesField(_("Reason for moving (optional)"), [AtMost(LONGEST_REASON)])


class StaffMoveForm(MoveForm):
    """The same for staff, who say why."""

    reason = LinesField(_("Reason for moving"), [Required(NEEDED_REASON), AtMost(LONGEST_REASON)])


class EditForm(OnceForm, VersionedForm):
    """What is written of a booking: everything but its room and time."""

    title = LineField(
        _("Name of the occasion"), [Required(_("Enter a name for the occasion.")), AtMost(200)]
    )
    is_public = BooleanField(_("Show the name of the occasion to everyone"))
    activity = RadiosField(
        _("What for"), [Required(_NEEDED_ACTIVITY)], choices=options(words.ACTIVITY_CHOICES)
    )
    people = CountField(_("How many people"), [Required(NEEDED_PEOPLE)])
    needed_features = TicksField(
        _("Access needs (optional)"),
        choices=options((code, words.FEATURES[code]) for code in FEATURES),
    )
    needs = LinesField(_("More about access needs (optional)"), [AtMost(2000)])
    contact_name = LineField(
        _("Contact person"), [Required(_("Enter the contact person's name.")), AtMost(120)]
    )
    contact_email = LineField(
        _("Contact's e-mail address"),
        [Required(_("Enter the contact's e-mail address.")), AtMost(254)],
    )


class CancelForm(OnceForm, VersionedForm):
    """Calling a booking off."""

    reason = LinesField(_("Reason (optional)"), [AtMost(LONGEST_REASON)])


class StaffCancelForm(CancelForm):
    """The same for staff, who say why."""

    reason = LinesField(_("Reason"), [Required(NEEDED_REASON), AtMost(LONGEST_REASON)])


class WaitForm(SlotForm):
    """A place on the waiting list for a time that is taken."""

    room = RowChoiceField(_("Room"), [Required(_NEEDED_ROOM)])
    organisation = RowChoiceField(
        _("In whose name"), [Required(_("Choose the association that you wait for."))]
    )
    activity = RadiosField(
        _("What for"), [Required(_NEEDED_ACTIVITY)], choices=options(words.ACTIVITY_CHOICES)
    )
    people = CountField(_("How many people"), [Required(NEEDED_PEOPLE)])
