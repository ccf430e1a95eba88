"""Shows on a form what the catalogue's keepers are told: faults at their fields, and bookings that a change would break.

Knows forms and the codes of `booking.errors`; no rule, and no page of its own. `templates/parts/broken.html` shows the list.
"""

from __future__ import annotations

from typing import Any

from flask import request
from wtforms import Form

from booking.errors import BreaksBookings, InvalidValues, Refusal, Stale
from booking.queries.catalogue import catalogue
from booking.web import edge
from booking.web.texts import text_of

_LONGEST_ID = 10  # digits


def place_faults(form: Form, error: InvalidValues) -> list[str]:
    """Put each fault at its field; the texts of those that the form has no field for are returned.

    A fault of `name` goes to the field `name`, or else to the first one called `name_…` ("name_fi"). A fault that speaks of one
    activity of several goes to `name_<activity>` or `name_<activity>_…`.
    """
    reasons: list[str] = []
    for fault in error.faults:
        text = text_of_fault(fault)
        field = _field_of(form, fault)
        if field is None:
            reasons.append(text)
        elif text not in field.errors:
            field.errors = [*field.errors, text]
    return reasons


def text_of_fault(fault: Refusal) -> str:
    """What is wrong with a value, in words; limits of a length of time are said as such."""
    if fault.code == "number_out_of_range" and fault.field.endswith("_minutes"):
        lowest, highest = fault.params["lowest"], fault.params["highest"]
        return text_of("length_out_of_range", min_minutes=lowest, max_minutes=highest)
    return text_of(fault.code, **fault.params)


def text_of_stale(_error: Stale) -> str:
    """What to do when somebody else has saved since the form was opened. What was typed must stay in the form."""
    return text_of("stale_form")


def accepted_ids() -> frozenset[int]:
    """The bookings whose breaking was shown and accepted: ids sent by the button "Save all the same"."""
    return ids_in(" ".join(request.form.getlist("accepted")))


def ids_in(typed: str) -> frozenset[int]:
    """The ids, separated by blanks, that a page of ours sent back; what can't be one is left out: it accepts nothing."""
    return frozenset(
        int(word)
        for word in typed.split()
        if word.isascii() and word.isdigit() and len(word) <= _LONGEST_ID
    )


def broken_shown(error: BreaksBookings | None) -> dict[str, Any]:
    """What `parts/broken.html` needs of the template's context: `broken`, and `broken_rooms` by id; empty for no error."""
    if error is None:
        return {"broken": (), "broken_rooms": {}}
    with edge.read() as session:
        return {"broken": error.bookings, "broken_rooms": catalogue(session).rooms}


def _field_of(form: Form, fault: Refusal) -> Any:
    names = [fault.field]
    if "activity" in fault.params:
        names.insert(0, f"{fault.field}_{fault.params['activity']}")
    for name in names:
        if name in form:
            return form[name]
        beginning = [field for field in form if field.name.startswith(f"{name}_")]
        if beginning:
            return beginning[0]
    return None
