"""What each refusal says to a person, in one table: code → text that names what to do next. Knows codes; no page and no rule.

`tests/web/test_texts.py` holds the table to the codes that the domain and the services use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from booking.domain.local_time import local
from booking.domain.rooms import Stretch
from booking.errors import BookingError, Conflict, PolicyRefusal, Refusal, RoomTaken
from booking.i18n import current_locale, day_in_words, period_in_words
from booking.i18n import lazy_gettext as _
from booking.web import words
from calendars.period import Period

TEXTS = {
    # What can't be understood.
    "bad_date": _(
        "We did not understand the day. Write it like 7.6.2027, or 7.6. for the next 7 June."
    ),
    "bad_time": _("We did not understand the time. Write it like 17.30."),
    "missing_hour": _(
        "This time does not exist: the clocks are put forward that night. Choose a time before 3.00 or from 4.00 on."
    ),
    "doubled_hour": _(
        "This time comes twice: the clocks are put back that night. Choose which one you mean."
    ),
    "bad_count": _("Write the number of people in digits, from 1 to 100 000."),
    "bad_choice": _("Choose one of the options in the list."),
    "end_before_start": _("The end must be after the start. Correct one of the times."),
    "too_long_text": _("The text is too long. Shorten it to at most %(limit)s characters."),
    "weekday_mismatch": _(
        "The weekday and the date do not match: the date is %(day)s. Correct one of them."
    ),
    "reason_required": _("Write a reason. The requester will read it."),
    "invalid": _("Something in the form could not be understood. Check it and send it again."),
    # The room's rules.
    "not_published": _("This room cannot be booked here at the moment. Choose another room."),
    "activity_not_allowed": _(
        "This room is not lent for this activity, only for: %(allowed)s. Choose another activity or another room."
    ),
    "closed": _(
        "The room is closed at this time. On %(day)s it is open: %(open)s. Choose a time within these hours."
    ),
    "closed_all_day": _("The room is closed on %(day)s. Choose another day."),
    "too_late": _(
        "The room must be asked for at least %(notice_minutes)s beforehand. Choose a later time."
    ),
    "beyond_horizon": _(
        "The room can be booked at most %(horizon_days)s ahead. Choose an earlier day."
    ),
    "wrong_step": _(
        "The times must be multiples of %(step_minutes)s. Correct the start or the end."
    ),
    "too_short": _("The room is lent for at least %(min_minutes)s at a time. Choose a later end."),
    "too_long": _("The room is lent for at most %(max_minutes)s at a time. Choose an earlier end."),
    "too_many_people": _(
        "At most %(capacity)s people may be in the room. Choose a larger room or bring fewer people."
    ),
    "room_taken": _("The room is already taken at this time. Choose another time or another room."),
    "room_taken_when": _(
        "The room is already taken: %(when)s. Choose another time or another room."
    ),
    "in_the_past": _("This time has already begun or passed. Choose a later time."),
    "already_started": _(
        "The booking has already begun, so it can no longer be changed. Contact the site if something is wrong."
    ),
    # Who, and what has happened meanwhile.
    "not_found": _(
        "We did not find what you asked for. It may have been removed. Start again from the front page."
    ),
    "forbidden": _(
        "Your rights do not allow this. Ask the site's approver or the coordinator of associations."
    ),
    "not_your_unit": _("You decide for other sites than this one. Ask the approver of this site."),
    "not_your_decision": _(
        "The approver of the site decides on this booking. You can see it, but not decide."
    ),
    "not_your_booking": _(
        "You can see this booking, but not change it. Ask the association or the site."
    ),
    "organisation_not_yours": _(
        "You cannot book in this association's name. Choose one that you belong to."
    ),
    "sign_in_required": _("Sign in to go on."),
    "wrong_credentials": _(
        "The e-mail address or the password is wrong. Check them and try again."
    ),
    "too_many_guesses": _(
        "There have been too many attempts to sign in. Wait %(retry_after)s and try again."
    ),
    "too_many": _("There have been too many attempts. Wait %(retry_after)s and try again."),
    "stale": _("Somebody has changed the booking meanwhile. Look at it as it is now, then decide."),
    "wrong_state": _(
        "The booking is %(state)s, so this can no longer be done. Look at it as it is now."
    ),
    "key_reused": _(
        "This form has already been sent with other contents. Open the form again to make another booking."
    ),
    "database_busy": _(
        "The service is very busy just now. Nothing was saved. Try again in a moment."
    ),
}


def text_of(code: str, **params: Any) -> str:
    """The text of a refusal in the reader's language; a code the table doesn't know has a general text."""
    if code == "closed" and not params.get("open"):
        code = "closed_all_day"
    template = str(TEXTS.get(code, TEXTS["invalid"]))
    return template % {name: _in_words(name, value) for name, value in params.items()}


def text_of_error(error: BookingError) -> str:
    """The text of a refusal raised by a service."""
    if isinstance(error, RoomTaken) and error.conflicts:
        return text_of("room_taken_when", when=_times(error.conflicts))
    if "retry_after_seconds" in error.params and "retry_after" not in error.params:
        minutes = max(1, -(-int(error.params["retry_after_seconds"]) // 60))
        return text_of(error.code, **error.params, retry_after=words.duration(minutes))
    return text_of(error.code, **error.params)


def refusals_of(error: PolicyRefusal) -> Iterable[tuple[Refusal, str]]:
    """Each refusal of the policy with its text, in the policy's order."""
    return [(refusal, text_of(refusal.code, **refusal.params)) for refusal in error.refusals]


def _times(conflicts: Iterable[Conflict]) -> str:
    return ", ".join(period_in_words(Period(met.starts_at, met.ends_at)) for met in conflicts)


def stretches_in_words(stretches: Iterable[Stretch]) -> str:
    """Opening hours of a day ("8.00–12.00, 13.00–20.00"); empty when it is closed."""
    return ", ".join(
        f"{minute_of_day(opens)}–{minute_of_day(closes)}" for opens, closes in stretches
    )


def minute_of_day(minute: int) -> str:
    """A minute of the local day as its clock shows it, in the reader's way: "17.30", in English "17:30"."""
    separator = ":" if current_locale() == "en" else "."
    return f"{minute // 60}{separator}{minute % 60:02}"


def _day(value: Any) -> str:
    return day_in_words(local(value).date() if isinstance(value, datetime) else value)


# How a parameter is said; those not named here are shown as they are.
_WORDS: dict[str, Callable[[Any], str]] = {
    "allowed": lambda codes: ", ".join(words.activity(code) for code in codes),
    "day": _day,
    "open": stretches_in_words,
    "notice_minutes": words.duration,
    "step_minutes": words.duration,
    "min_minutes": words.duration,
    "max_minutes": words.duration,
    "horizon_days": lambda days: words.duration(days * 1440),
    "state": words.state,
}


def _in_words(name: str, value: Any) -> str:
    return _WORDS.get(name, str)(value)
