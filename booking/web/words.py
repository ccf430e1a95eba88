"""The words for codes: states, activities, features, roles of time. One table each; knows no page and no rule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from booking.domain.retention import ERASED_NAME
from booking.i18n import lazy_gettext as _
from booking.i18n import ngettext, short_day
from booking.web.action_words import ACTIONS

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
_A_MONDAY = date(2024, 1, 1)
MONTHS = (
    _("January"),
    _("February"),
    _("March"),
    _("April"),
    _("May"),
    _("June"),
    _("July"),
    _("August"),
    _("September"),
    _("October"),
    _("November"),
    _("December"),
)
# Why something could not be had, in a few words: of a search, and of a request.
REASONS = {
    "room_taken": _("The rooms were taken"),
    "closed": _("The rooms were closed"),
    "not_available_then": _("Not lent at that time"),
    "not_published": _("Not lent at all"),
    "activity_not_allowed": _("Not lent for that use"),
    "too_late": _("Asked for too late"),
    "beyond_horizon": _("Asked for too early"),
    "wrong_step": _("Start or end not at a time when bookings begin"),
    "too_short": _("Too short"),
    "too_long": _("Too long"),
    "too_many_people": _("Too many people"),
    "quota_exceeded": _("The association had used up its hours"),
    "buffer": _("Too close to another booking"),
    "terms_not_accepted": _("The rules of use were not accepted"),
    "missing_hour": _("The clocks skip the hour"),
    "feature_unknown": _("Free, but not known whether what was needed is there"),
    "feature_missing": _("No room has what was needed"),
    "no_room": _("There is no room to book"),
    "rejected": _("The site rejected the request"),
}
EQUIPMENT = {
    "display": _("Display or projector"),
    "camera": _("Camera for remote meetings"),
    "microphone": _("Microphone"),
    "speakers": _("Loudspeakers"),
    "network": _("Internet connection"),
    "computer": _("Computer"),
    "whiteboard": _("Whiteboard"),
    "flipchart": _("Flip chart"),
    "stage": _("Stage"),
    "piano": _("Piano"),
    "kitchen": _("Kitchen"),
}
LAYOUTS = {
    "theatre": _("Rows of chairs"),
    "classroom": _("Rows of desks"),
    "boardroom": _("One long table"),
    "u_shape": _("Tables in a U"),
    "groups": _("Tables for groups"),
    "empty": _("Without furniture"),
}
# From which side one moves over onto the seat.
SIDES = {"left": _("from the left"), "right": _("from the right"), "both": _("from both sides")}
# A need, held against what is known of the room.
MATCHES = {"yes": _("promised"), "no": _("missing"), "unknown": _("unknown")}
# A stretch of time within which an association may hold so much and no more.
QUOTA_PERIODS = {"week": _("in a week"), "month": _("in a month"), "year": _("in a year")}
# Who books: what kind of organisation, in which field, and what the county has agreed on with it.
ORGANISATION_KINDS = {
    "association": _("Registered association"),
    "unregistered": _("Unregistered association"),
    "county": _("Wellbeing services county"),
    "municipality": _("Municipality"),
    "other": _("Other organisation"),
}
FIELDS = {
    "social_health": _("Social welfare and health"),
    "culture": _("Culture"),
    "village": _("Villages and residents"),
    "youth": _("Youth"),
    "leisure": _("Leisure"),
    "sports": _("Sports and exercise"),
    "religion": _("Religion and worldview"),
    "defence_international": _("National defence and international work"),
}
AGREEMENT_KINDS = {
    "partnership": _("Partnership agreement"),
    "intent": _("Letter of intent"),
    "cooperation": _("Cooperation agreement"),
}
MEMBER_ROLES = {"owner": _("Owner"), "booker": _("Booker")}
# How a booking to come would stand against a rule that staff are about to change.
BROKEN_RULES = {
    "not_published": _("The room would not be lent."),
    "activity_not_allowed": _("The room would not be lent for this."),
    "closed": _("It would be closed then."),
    "not_available_then": _("It could not be had then any more."),
    "too_many_people": _("They are more people than would be allowed."),
    "room_taken": _("Two bookings would meet in the same space."),
}
FEATURE_VALUES = {"yes": _("yes"), "no": _("no"), "unknown": _("unknown")}
# What the public may know of taken time: that it is taken, never by whom.
TAKEN = {"booking": _("Booked"), "foreign": _("Booked"), "block": _("Blocked")}


def state(code: str) -> str:
    """The word for a booking's state."""
    return str(STATES[code])


def activity(code: str) -> str:
    """The word for what a room is used for."""
    return str(ACTIVITIES[code])


def month(first: date) -> str:
    """The month of a day with its year: "March 2027"."""
    return f"{MONTHS[first.month - 1]} {first.year}"


def reason(code: str) -> str:
    """Why something could not be had; a code the table doesn't know is shown as it is."""
    return str(REASONS.get(code, code))


def broken_rule(code: str) -> str:
    """How a booking to come would stand against a changed rule; a code the table doesn't know has a general sentence."""
    return str(BROKEN_RULES.get(code, _("It would be against the rules.")))


def weekday(number: int) -> str:
    """The name of a weekday; 0 is Monday."""
    return str(WEEKDAYS[number])


def short_weekday(number: int) -> str:
    """The abbreviation of a weekday as short dates have it; 0 is Monday."""
    return short_day(_A_MONDAY + timedelta(days=number)).partition(" ")[0]


def activities(codes: Iterable[str]) -> str:
    """The words for several activities, in the order of the trade, separated by commas."""
    return ", ".join(activity(code) for code in ACTIVITIES if code in set(codes))


def feature(code: str) -> str:
    """The name of a feature of a room's accessibility; a code the table doesn't know is shown as it is."""
    return str(FEATURES.get(code, code))


def need(code: str) -> str:
    """What somebody needs of a room: one of its features, or that those far away can take part."""
    return str(_("Remote participation")) if code == "hybrid" else feature(code)


def equipment(code: str) -> str:
    """The name of something a room is equipped with; a code the table doesn't know is shown as it is."""
    return str(EQUIPMENT.get(code, code))


def layout(code: str) -> str:
    """How the furniture stands; a code the table doesn't know is shown as it is."""
    return str(LAYOUTS.get(code, code))


def side(code: str) -> str:
    """The words for a side of transfer."""
    return str(SIDES[code])


def match(value: str) -> str:
    """Whether what is needed is there, in a word."""
    return str(MATCHES[value])


def feature_value(code: str) -> str:
    """The word for yes, no, unknown."""
    return str(FEATURE_VALUES[code])


def taken(kind: str) -> str:
    """What everybody may read about taken time of this kind."""
    return str(TAKEN[kind])


def person(name: str | None) -> str:
    """Somebody's name; of one who was erased, the words for that."""
    return str(_("erased person")) if name == ERASED_NAME else name or ""


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


def hours(minutes: int) -> str:
    """A length in hours and minutes, for what is counted up: "26 hours 30 minutes", never days."""
    whole, rest = divmod(minutes, 60)
    said = []
    if whole or not rest:
        said.append(ngettext("%(num)s hour", "%(num)s hours", whole) % {"num": whole})
    if rest:
        said.append(ngettext("%(num)s minute", "%(num)s minutes", rest) % {"num": rest})
    return " ".join(said)


def quota_period(code: str) -> str:
    """The words for "in a week", a month, a year."""
    return str(QUOTA_PERIODS[code])


def organisation_kind(code: str) -> str:
    """What kind of organisation it is."""
    return str(ORGANISATION_KINDS[code])


def field(code: str) -> str:
    """The field an association works in; a code the table doesn't know is shown as it is."""
    return str(FIELDS.get(code, code))


def agreement_kind(code: str) -> str:
    """What kind of agreement it is."""
    return str(AGREEMENT_KINDS[code])


def member_role(code: str) -> str:
    """What somebody is to an association."""
    return str(MEMBER_ROLES[code])
