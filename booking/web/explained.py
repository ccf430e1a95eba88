"""Puts the refusals of a service at the fields of the form that was sent. Knows forms and texts; no page and no rule."""

from __future__ import annotations

from collections.abc import Mapping

from wtforms import Form

from booking.errors import BookingError, PolicyRefusal, RoomTaken
from booking.web.texts import refusals_of, text_of_error

# The services speak of ids and instants; forms have choices and wall times.
FIELDS: Mapping[str, str] = {
    "room_id": "room",
    "organisation_id": "organisation",
    "starts_at": "starts",
    "ends_at": "ends",
    "terms_version": "terms",
}


def explained(
    form: Form, error: BookingError, instead: Mapping[str, str] | None = None
) -> list[str]:
    """Put each reason at its field; those without one are returned. `instead`: where a form has another field to mend it."""
    if isinstance(error, PolicyRefusal):
        said = [(refusal.field, text) for refusal, text in refusals_of(error)]
    elif isinstance(error, RoomTaken):
        said = [("starts_at", text_of_error(error))]
    else:
        said = [(str(error.params.get("field", "")), text_of_error(error))]
    reasons = []
    for name, text in said:
        field = form._fields.get((instead or {}).get(name) or FIELDS.get(name, name))
        if field is None:
            reasons.append(text)
        else:
            field.errors = [*field.errors, text]
    return reasons
