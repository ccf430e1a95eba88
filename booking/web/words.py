"""The words for codes: states, activities, features, roles of time. One table each; knows no page and no rule."""

from __future__ import annotations

from collections.abc import Iterable

from booking.i18n import lazy_gettext as _
from booking.i18n import ngettext

STATES = {
    "requested": _("awaiting decision"),
    "approved": _("approved"),
    "rejected": _("rejected"),
    "cancelled": _("cancelled"),
    "lapsed": _("lapsed"),
}
ACTIVITIES = {
    "event": _("event"),
    "meeting": _("meeting"),
    "group": _("group"),
}
# The same as choices of a form, where each stands alone.
ACTIVITY_CHOICES = (
    ("event", _("Event")),
    ("meeting", _("Meeting")),
    ("group", _("Group")),
)
FEATURES = {
    "step_free": _("Step-free access"),
    "induction_loop": _("Induction loop"),
    "accessible_toilet": _("Accessible toilet"),
    "lift": _("Lift"),
    "accessible_parking": _("Accessible parking"),
    "turning_space": _("Turning space for a wheelchair"),
    "door_width": _("Wide enough doors"),
    "threshold": _("Low or no thresholds"),
    "pa_system": _("Sound system with microphones"),
    "lighting": _("Good lighting and contrast"),
    "quiet": _("Quiet room"),
    "allergy": _("Suitable for people with allergies"),
    "drop_off": _("Drop-off point by the door"),
    "assistance_dog": _("Assistance dog welcome"),
    "wayfinding": _("Clear signs to the room"),
    "floor_plan": _("Floor plan with a description in text"),
}
WEEKDAYS = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
FEATURE_VALUES = {"yes": _("yes"), "no": _("no"), "unknown": _("unknown")}
# What the public may know of taken time: that it is taken, never by whom.
TAKEN = {"booking": _("Booked"), "foreign": _("Booked"), "block": _("Blocked")}
ACTIONS = {
    "request_booking": _("The booking was asked for"),
    "edit_booking": _("The details were changed"),
    "move_booking": _("The booking was moved"),
    "approve_booking": _("The booking was approved"),
    "reject_booking": _("The booking was rejected"),
    "cancel_booking": _("The booking was cancelled"),
    "lapse_booking": _("The booking lapsed undecided"),
    "read_contact": _("The contact details and needs were looked at"),
}


def state(code: str) -> str:
    """The word for a booking's state."""
    return str(STATES[code])


def activity(code: str) -> str:
    """The word for what a room is used for."""
    return str(ACTIVITIES[code])


def weekday(number: int) -> str:
    """The name of a weekday; 0 is Monday."""
    return str(WEEKDAYS[number])


def activities(codes: Iterable[str]) -> str:
    """The words for several activities, in the order of the trade, separated by commas."""
    return ", ".join(activity(code) for code in ACTIVITIES if code in set(codes))


def feature(code: str) -> str:
    """The name of a feature of a room's accessibility; a code the table doesn't know is shown as it is."""
    return str(FEATURES.get(code, code))


def feature_value(code: str) -> str:
    """The word for yes, no, unknown."""
    return str(FEATURE_VALUES[code])


def taken(kind: str) -> str:
    """What everybody may read about taken time of this kind."""
    return str(TAKEN[kind])


def action(code: str) -> str:
    """A sentence for what the audit calls `code`."""
    return str(ACTIONS.get(code, code))


def duration(minutes: int) -> str:
    """A length in words: the largest unit that divides it, of days, hours, minutes."""
    if minutes and minutes % 1440 == 0:
        days = minutes // 1440
        return ngettext("%(num)s day", "%(num)s days", days) % {"num": days}
    if minutes and minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("%(num)s hour", "%(num)s hours", hours) % {"num": hours}
    return ngettext("%(num)s minute", "%(num)s minutes", minutes) % {"num": minutes}
