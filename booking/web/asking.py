"""The booking form: one page from a free slot to a request. Knows the form and its refusals; the rules are the service's.

Whoever must sign in first loses nothing: a link comes back by `next`, and what was typed is carried through the sign-in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice

from booking.domain.access import Actor
from booking.errors import BookingError, Forbidden, KeyReused, NotFound, PolicyRefusal, RoomTaken
from booking.i18n import current_locale, day_in_words
from booking.i18n import gettext as _
from booking.queries.catalogue import Catalogue, catalogue
from booking.queries.organisations import bookable_organisations
from booking.services.bookings import BookingRequest, request_booking
from booking.services.idempotency import claim, keep
from booking.web import edge
from booking.web.errors import status_of
from booking.web.fields import options
from booking.web.forms import BookingForm, SignInForm, names_of
from booking.web.people import sign_in_page, try_sign_in
from booking.web.reader import actor, known_actor
from booking.web.texts import refusals_of, text_of_error

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("asking", __name__)

_ROUTE = "web /bookings/new"
# The service speaks of ids and instants; the form has choices and wall times.
_FIELDS = {
    "room_id": "room",
    "organisation_id": "organisation",
    "starts_at": "starts",
    "ends_at": "ends",
}
# What else is sent is nobody's: neither carried through a sign-in nor part of what is asked.
_NAMES = sorted(names_of(BookingForm))


@blueprint.get("/bookings/new")
def ask() -> ResponseReturnValue:
    """The form, filled with the slot that the address carries."""
    return _page(_form(known_actor(), filled_from="address"), 200)


@blueprint.post("/bookings/new")
def request_room() -> ResponseReturnValue:
    """Ask for the room; on refusal the page comes back with each reason and everything that was typed."""
    asking = actor()
    if not asking.is_known:
        return _after_sign_in()
    form = _form(asking, filled_from="post")
    if not form.validate():
        return _page(form, 422)
    try:
        booking_id = _request(form, asking)
    except (PolicyRefusal, RoomTaken, KeyReused, Forbidden, NotFound) as error:
        return _page(form, status_of(error), _explained(form, error))
    flash(_("The request has been sent. You get the decision by e-mail, and see it here."))
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def _after_sign_in() -> Response:
    """Let somebody sign in with what they typed kept, and show it to them again. Nothing is sent without their pressing again."""
    kept = [(name, request.form[name]) for name in _NAMES if name in request.form]
    here = url_for("asking.request_room")
    if "password" not in request.form:
        return sign_in_page(SignInForm(), 401, kept=kept, action=here)
    refused = try_sign_in(SignInForm(request.form), kept, here)
    return refused or _page(_form(actor(), filled_from="post"), 200)


def _request(form: BookingForm, asking: Actor) -> int:
    assert form.period is not None  # validated
    wished = BookingRequest(
        room_id=int(form.room.data),
        organisation_id=int(form.organisation.data),
        title=form.title.data or "",
        activity=form.activity.data,
        period=form.period,
        people=form.people.data,
        needs=form.needs.data,
        is_public=form.is_public.data,
    )
    asked = {name: request.form.get(name) for name in _NAMES if name != "key"}
    body = json.dumps(asked).encode()
    key = form.key.data
    assert key is not None  # `_form` has seen to it

    def work(session: Session) -> int:
        now = edge.now()
        claimed = claim(session, _ROUTE, key, body, actor=asking, now=now)
        if claimed.answer is not None:
            return int(claimed.answer)
        booking_id = request_booking(session, wished, asking, now).id
        keep(claimed, str(booking_id))
        return booking_id

    return edge.write(work)


def _form(asking: Actor, filled_from: str) -> BookingForm:
    form = BookingForm(request.form if filled_from == "post" else request.args)
    with edge.read() as session:
        form.room.choices = _room_choices(catalogue(session))
        names = [(str(row.id), row.name) for row in bookable_organisations(session, asking)]
    # One association is no choice; several are, and none is taken for granted.
    form.organisation.choices = options(names if len(names) == 1 else [("", _("Choose")), *names])
    form.has_organisations = bool(names)
    if filled_from == "address" or form.key.data is None:
        # A key in an address would be the same for all who follow the link.
        form.key.data = str(uuid4())
    return form


def _room_choices(rooms: Catalogue) -> list[SelectChoice]:
    """The rooms that can be asked for, by municipality."""
    locale = current_locale()
    choices = options([("", _("Choose"))])
    for room in rooms.rooms.values():
        if room.published and room.unit_is_open:
            town = rooms.municipalities[room.municipality].choose(locale)[0]
            (name, lang), (unit, _lang) = room.name.choose(locale), room.unit_name.choose(locale)
            choices += options([(str(room.id), f"{name} – {unit}")], town, lang)
    return choices


def _explained(form: BookingForm, error: BookingError) -> list[str]:
    """Put each reason at its field; those without one are returned."""
    if isinstance(error, PolicyRefusal):
        said = [(refusal.field, text) for refusal, text in refusals_of(error)]
    elif isinstance(error, RoomTaken):
        said = [("starts_at", text_of_error(error))]
    elif isinstance(error, Forbidden):
        said = [("organisation_id", text_of_error(error))]
    else:
        said = [("", text_of_error(error))]
    reasons = []
    for name, text in said:
        field = form._fields.get(_FIELDS.get(name, name))
        if field is None:
            reasons.append(text)
        else:
            field.errors = [*field.errors, text]
    return reasons


def _page(form: BookingForm, status: int, reasons: Sequence[str] = ()) -> Response:
    day = form.day.data
    page = render_template(
        "bookings/new.html",
        form=form,
        reasons=reasons,
        understood=day_in_words(day) if day else "",
        failed=status >= 400,
    )
    return make_response(page, status)
