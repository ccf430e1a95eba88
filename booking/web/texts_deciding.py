"""What each refusal of deciding says to a person (see `booking.web.texts`). Knows codes; no page and no rule."""

from __future__ import annotations

from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _

DECIDING_TEXTS: dict[str, LazyText] = {
    "decision_required": _("Choose what you decide."),
    "condition_required": _("Choose or write the condition. The requester will read it."),
    "over_foreign_required": _(
        "Another calendar claims the time. Tick that you approve all the same, or do not approve."
    ),
    "over_foreign_reason_required": _(
        "Write why you approve although another calendar claims the time. Only staff read it."
    ),
    "begun_undecided": _(
        "The time has begun, so the request can no longer be approved. Reject it, and say why nobody answered."
    ),
    "too_late_to_undo": _(
        "It is too late to take the decision back: the requester is being told, or has been. If it was wrong, "
        "cancel or move the booking, and write why."
    ),
    "undo_room_taken": _(
        "The decision cannot be taken back: the time was free for a moment, and somebody else has it now."
    ),
    "not_your_absence": _("Only the approver or an administrator can say who stands in."),
    "absence_overlaps": _(
        "For some of these days somebody stands in already. End that absence first, or choose other days."
    ),
    "absence_too_long": _(
        "Enter at most %(limit)s days. Who is away for longer hands the role over: ask an administrator."
    ),
    "bad_stand_in": _(
        "Choose somebody else who works for the county. Only they may see contact details and needs."
    ),
    "step_before_the_last": _(
        "Each step must come later than the one before it. Enter more hours, or fewer above."
    ),
    "template_required": _("Write the text in Finnish."),
    "too_many_templates": _("The site already has %(limit)s texts of this kind. Remove one first."),
}
