"""What each refusal says to a person, in one table: code → text that names what to do next. Knows codes; no page and no rule.

`tests/web/test_texts.py` holds the table to the codes that the domain and the services use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from booking.domain.local_time import local
from booking.domain.rooms import Stretch
from booking.domain.texts import LocalText
from booking.errors import BookingError, Conflict, PolicyRefusal, Refusal, RoomTaken
from booking.i18n import current_locale, day_in_words, period_in_words
from booking.i18n import lazy_gettext as _
from booking.web import words
from booking.web.texts_afterwards import AFTERWARDS_TEXTS
from booking.web.texts_deciding import DECIDING_TEXTS
from booking.web.texts_getting_in import GETTING_IN
from booking.web.texts_mails import MAIL_TEXTS
from booking.web.texts_organisations import ORGANISATION_TEXTS
from booking.web.texts_privacy import PRIVACY_TEXTS
from booking.web.texts_series import SERIES_TEXTS
from calendars.period import Period

TEXTS = {
    **GETTING_IN,
    **AFTERWARDS_TEXTS,
    **DECIDING_TEXTS,
    **MAIL_TEXTS,
    **SERIES_TEXTS,
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
    "booked_elsewhere": _(
        "This room is not booked here but at %(elsewhere)s. Book it there, or choose another room."
    ),
    "activity_not_allowed": _(
        "This room is not lent for this activity, only for: %(allowed)s. Choose another activity or another room."
    ),
    "activity_not_allowed_because": _(
        "This room is not lent for this activity, only for: %(allowed)s. Reason: %(because)s. "
        "Choose another activity or another room."
    ),
    "nothing_allowed": _("This room is not lent for anything yet. Choose another room."),
    "closed": _(
        "The room is closed at this time. On %(day)s it is open: %(open)s. Choose a time within these hours."
    ),
    "closed_all_day": _("The room is closed on %(day)s. Choose another day."),
    "closed_but_for": _(
        "The room is closed at this time. On %(day)s it has other hours than usual: %(open)s. "
        "Reason: %(because)s. Choose a time within these hours."
    ),
    "closed_because": _("The room is closed on %(day)s: %(because)s. Choose another day."),
    "not_available_then": _("The room is not lent at this time. Choose another time."),
    "not_available_after_day": _(
        "The room can be had until %(until)s only. Choose an earlier day or another room."
    ),
    "not_available_that_late": _(
        "The room must be empty by %(latest_minute)s the same day. Choose an earlier end."
    ),
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
    "terms_not_accepted": _(
        "The site has rules of use. Read them, and tick that you accept them to go on."
    ),
    "terms_not_accepted_yet": _(
        "The site's rules of use have changed, and the association has not accepted the new ones yet. "
        "Ask it to accept them on the booking's page, then approve."
    ),
    "quota_exceeded": _(
        "An association may hold the rooms of this site for at most %(limit_minutes)s %(per)s. "
        "Yours already holds %(used_minutes)s then. Choose another time, or cancel a booking you do not need."
    ),
    "buffer": _(
        "There must be %(buffer_minutes)s between bookings, and the room is booked %(taken)s. "
        "Choose a time further from it."
    ),
    "room_taken": _("The room is already taken at this time. Choose another time or another room."),
    "room_taken_when": _(
        "The room is already taken: %(when)s. Choose another time or another room."
    ),
    "in_the_past": _("This time has already begun or passed. Choose a later time."),
    "already_started": _(
        "The booking has already begun, so it can no longer be changed. Contact the site if something is wrong."
    ),
    # Pictures.
    "image_required": _("Choose a picture from your device."),
    "image_too_large": _(
        "The picture is too large: at most %(megabytes)s MB. Choose a smaller one, or save it smaller first."
    ),
    "image_too_many_pixels": _(
        "The picture has too many pixels: at most %(megapixels)s million. Save it smaller and choose it again."
    ),
    "image_not_understood": _(
        "We could not read this as a still picture. Choose a JPEG, PNG, WebP or AVIF file."
    ),
    "alt_required": _(
        "Write in Finnish what the picture shows. People who cannot see it read this instead."
    ),
    "too_many_images": _("The room already has %(most)s photos. Remove one first."),
    "floor_plan_exists": _("The room already has a floor plan. Remove it first."),
    "floor_plan_text_required": _(
        "First write in the room's details what the floor plan says, for people who cannot see it. "
        "Then add the picture."
    ),
    # What staff write down of rooms and units.
    "name_required": _("Enter a name in Finnish."),
    "finnish_first": _(
        "Write the text in Finnish too: it is shown where the other languages are missing."
    ),
    "number_out_of_range": _("Enter a whole number from %(lowest)s to %(highest)s."),
    "length_out_of_range": _("Enter a length of time from %(min_minutes)s to %(max_minutes)s."),
    "bad_step": _("Choose how often a booking may begin: every %(steps)s minutes."),
    "not_whole_steps": _(
        "The length must be a multiple of %(step_minutes)s, since bookings begin and end at such times. Change one of the two."
    ),
    "longest_below_shortest": _(
        "The longest booking is shorter than the shortest one. Correct one of the two."
    ),
    "more_than_fire_safety_allows": _(
        "Fire safety allows %(limit)s people in the room. Enter at most as many, or correct the fire-safety maximum."
    ),
    "more_than_capacity": _(
        "The room takes %(limit)s people. Enter at most as many for each layout, or correct how many it takes."
    ),
    "bad_url": _(
        "We did not understand the web address. Copy it from the address bar; it begins with https://."
    ),
    "bad_email": _("We did not understand the e-mail address. Write it like name@example.fi."),
    "bad_phone": _(
        "We did not understand the telephone number. Use digits, blanks and a leading +, like +358 13 123 4567."
    ),
    "outside_use_forbidden": _(
        "The owner does not let others use the room, so it cannot be published. Correct one of the two."
    ),
    "activity_required": _(
        "A published room must be lent for something. Tick at least one use, or do not publish it yet."
    ),
    "address_required": _("Enter the street address, for example Esimerkkitie 1, Joensuu."),
    "closes_before_opens": _("Closing time must be after opening time. Correct one of the times."),
    "hours_overlap": _("Two opening times of the day overlap. Correct or join them."),
    "too_many_days": _(
        "This is more than %(limit)s days. Change the usual opening hours instead, or enter fewer days."
    ),
    "both_times_or_none": _(
        "Enter both when it opens and when it closes, or leave both empty: then it is closed."
    ),
    "too_many_stretches": _("Enter at most %(limit)s opening times for a day."),
    "season_exists": _(
        "Hours for exactly these days exist already. Go back and change those, or enter other days."
    ),
    "season_without_hours": _(
        "Enter opening hours for at least one day. If it is closed all the time, add a closure for these days instead."
    ),
    "hours_required": _("Enter when it opens and when it closes, for example 10.00 and 14.00."),
    "terms_required": _("Write the rules of use, or take them away at the end of the page."),
    "bad_hours": _(
        "Enter how many hours, for example 10 or 7,5; at most %(highest)s. Leave it empty if there is no limit."
    ),
    "days_have_hours": _(
        "Other hours have already been given for these days. Take those away first, or choose other days."
    ),
    "too_many_exceptions": _(
        "The site would have closures and other hours for more than %(limit)s days. Remove old ones first, or use a season."
    ),
    "external_id_taken": _(
        "Something else bears this external id already. Each thing needs one of its own."
    ),
    "checker_required": _(
        "Enter which office or role has checked this, for example facility services."
    ),
    "changed_without_a_look": _(
        "You have changed this: %(feature)s. Tick that you have looked at it, or put it back as it was."
    ),
    "nothing_looked_at": _("Tick at least one thing that you have looked at."),
    "bad_key_text": _(
        "The address may hold small letters a–z, digits and hyphens only, like pohjois-karjala. Correct it."
    ),
    "key_taken": _("Something else has this address already. Choose another."),
    "two_spaces_at_least": _("Tick at least two spaces to join."),
    "spaces_of_one_unit": _(
        "Choose at least one space, and only spaces of this site. Open the page again if they have changed."
    ),
    "names_alike": _("Two parts have the same name. Give each a name of its own."),
    "not_in_the_way": _(
        "One of the bookings ticked is no longer in the way. Look at the list as it is now."
    ),
    "too_many_dates": _(
        "These are more than %(limit)s dates. Choose an earlier last day; you can add the rest later."
    ),
    "booked_where_blocked": _(
        "The room is booked at these times. Move or cancel the bookings first, or choose other times."
    ),
    "breaks_bookings": _("This would break bookings to come. Look at them first."),
    "admin_only": _("Only an administrator can do this. Ask the county's administrator."),
    "stale_form": _(
        "Somebody has saved changes since you opened this page. What you filled in is kept below, but not saved yet. "
        "Look at what has changed, and save again if yours is right."
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
    "sent_with_other_contents": _(
        "This form has already been sent with other contents, and those were saved. Send it again only if you want this too."
    ),
    "database_busy": _(
        "The service is very busy just now. Nothing was saved. Try again in a moment."
    ),
    **ORGANISATION_TEXTS,
    **PRIVACY_TEXTS,
}


def text_of(code: str, **params: Any) -> str:
    """The text of a refusal in the reader's language; a code the table doesn't know has a general text."""
    code = _closer(code, params)
    if "taken_from" in params:
        params["taken"] = period_in_words(Period(params["taken_from"], params["taken_until"]))
    template = str(TEXTS.get(code, TEXTS["invalid"]))
    return template % {name: _in_words(name, value) for name, value in params.items()}


def _closer(code: str, params: dict[str, Any]) -> str:
    """The text that says more, where the parameters know more."""
    because = params.get("because") is not None
    if code == "closed" and not params.get("open"):
        return "closed_because" if because else "closed_all_day"
    if code == "closed" and because:
        return "closed_but_for"
    if code == "activity_not_allowed" and not params.get("allowed"):
        return "nothing_allowed"
    if code == "activity_not_allowed" and because:
        return "activity_not_allowed_because"
    if code == "not_published" and params.get("elsewhere"):
        return "booked_elsewhere"
    if code == "not_available_then" and params.get("until") is not None:
        return "not_available_after_day"
    if code == "not_available_then" and params.get("latest_minute") is not None:
        return "not_available_that_late"
    return code


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


def _reason(value: LocalText | None) -> str:
    """A reason as it stands within a sentence: people end theirs with a full stop, or don't."""
    return "" if value is None else value.choose(current_locale())[0].rstrip(" .")


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
    "because": _reason,
    "until": day_in_words,
    "latest_minute": minute_of_day,
    "buffer_minutes": words.duration,
    "limit_minutes": words.hours,
    "used_minutes": words.hours,
    "per": words.quota_period,
    "steps": lambda steps: ", ".join(map(str, steps)),
}


def _in_words(name: str, value: Any) -> str:
    return _WORDS.get(name, str)(value)
