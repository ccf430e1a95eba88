"""What only a program that calls the API can get wrong, and what it is told. Knows codes and their texts; no request.

Refusals that people meet as well have their texts in `booking.web.texts`; this table is looked at first.
"""

from __future__ import annotations

from typing import Any

from booking.errors import BookingError, PolicyRefusal
from booking.i18n import lazy_gettext as _
from booking.web import texts

TEXTS = {
    # Who calls.
    "token_required": _("Send an API token in the header Authorization, as “Bearer TOKEN”."),
    "token_unknown": _(
        "This API token is not valid, or no longer. Ask the administrator for a new one."
    ),
    "token_read_only": _("This API token may only read. Use a token of the scope write."),
    # What can't be understood at all.
    "bad_request": _("The request could not be understood. Correct it before sending it again."),
    "malformed_json": _(
        "The body is not valid JSON in UTF-8. Each name may come once, and NaN and Infinity are no numbers."
    ),
    "not_an_object": _("This must be a JSON object."),
    "wrong_media_type": _("Send the body as application/json in UTF-8."),
    "too_large": _("The body is too large. Send less."),
    "method_not_allowed": _(
        "This address does not take this method. The header Allow names those that it takes."
    ),
    "not_found": _("There is nothing here, or you may not know of it."),
    "internal_error": _(
        "Something went wrong on our side. Nothing you did caused this, and the fault has been recorded."
    ),
    # Single values.
    "invalid": _("Some values are missing or cannot be used. Each is named in “errors”."),
    "required": _("This value is needed."),
    "unknown_field": _("There is no such field here. Leave it out."),
    "repeated": _("This parameter may come once only."),
    "not_text": _("This must be a text."),
    "bad_characters": _(
        "The text has characters that cannot be kept: NUL, half characters, or marks that turn its direction."
    ),
    "not_whole_number": _(
        "This must be a whole number, written without quotation marks or a decimal point."
    ),
    "out_of_range": _("The number must be from %(lowest)s to %(highest)s."),
    "not_true_or_false": _("This must be true or false."),
    "bad_choice": _("This must be one of: %(choices)s."),
    "bad_instant": _(
        "This must be a time with its offset as in RFC 3339, such as 2027-06-07T17:30:00+03:00."
    ),
    "bad_year": _("The year must be from %(lowest)s to %(highest)s."),
    "too_many_days": _(
        "From start to end there may be at most %(limit)s days here. A room's own limit may be shorter."
    ),
    "only_of_series": _(
        "Only the dates of a series can be given this by an edit, with scope=following or scope=all. "
        "To move one booking, use its move."
    ),
    "other_hour": _(
        "When the clocks are put back, a series uses one of the two hours, for its start and its end. "
        "Send “starts_at”, “ends_at” and “fold” of the same hour."
    ),
    "not_of_series": _("This booking belongs to no series. Leave “scope” out."),
    "other_day": _(
        "A series keeps its days here; only the time of day can change. To move one date to another day, use its move."
    ),
    "bad_day": _("This must be a day such as 2027-06-07."),
    "bad_clock": _("This must be a time of day such as 17:30; 24:00 is the end of the day."),
    "bad_text": _(
        "This must be an object with the text in Finnish, “fi”, and, where there are such, in “sv” and “en”."
    ),
    "bad_choices": _("This must be a list of some of: %(choices)s."),
    "bad_names": _("This must be an object whose names are some of: %(choices)s."),
    "bad_ids": _("This must be a list of at most %(limit)s ids."),
    "weekly_within_a_day": _(
        "What comes again each week must end at most 24 hours after its start, and later by the clock on the wall."
    ),
    "terms_not_accepted": _(
        "The unit's rules of use are in force in version %(terms_version)s, which has not been accepted. "
        "Who asks accepts them by sending that number as “terms_version”."
    ),
    "breaks_bookings": _(
        "This would leave bookings to come against the rules. They are listed in “bookings”. "
        "Send their ids in “accepted” to do it all the same."
    ),
    "bad_cursor": _("Take the address of the next page from “next”, as it is."),
    "nothing_to_change": _("Name at least one field to change."),
    "bad_key": _("An Idempotency-Key has 1 to %(limit)s visible ASCII characters."),
    # Versions.
    "stale": _("Somebody has changed this meanwhile. Look at it as it is now, then decide."),
    "version_required": _("Send the ETag of the version you have seen in the header If-Match."),
    "key_reused": _(
        "This Idempotency-Key has come before with another body. Use a new key for a new act."
    ),
}


def text_of(code: str, **params: Any) -> str:
    """The text of one code in the caller's language."""
    if code in TEXTS:
        return str(TEXTS[code]) % params
    return texts.text_of(code, **params)


def text_of_error(error: BookingError) -> str:
    """The text of a refusal in the caller's language."""
    if isinstance(error, PolicyRefusal):
        first = error.refusals[0]
        return text_of(first.code, **first.params)
    if error.code in TEXTS:
        return text_of(error.code, **error.params)
    return texts.text_of_error(error)
