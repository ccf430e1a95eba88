"""The booking form: one page from a free slot to a request. Knows the form and its refusals; the rules are the service's.

Whoever must sign in first loses nothing: a link comes back by `next`, and what was typed is carried through the sign-in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
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
from booking.domain.requests import BookingRequest
from booking.domain.rooms import FEATURES, RoomRules
from booking.errors import BookingError, Forbidden, KeyReused, NotFound, PolicyRefusal, RoomTaken
from booking.i18n import current_locale, day_in_words
from booking.i18n import gettext as _
from booking.models import Terms
from booking.queries.catalogue import Catalogue, catalogue
from booking.queries.organisations import bookable_organisations
from booking.queries.rooms import terms_in_force
from booking.services.bookings import request_booking
from booking.services.idempotency import claim, keep
from booking.web import edge
from booking.web.errors import status_of
from booking.web.fields import options
from booking.web.forms import BookingForm, SignInForm, names_of
from booking.web.people import sign_in_page, try_sign_in
from booking.web.reader import actor, known_actor
from booking.web.texts import refusals_of, text_of, text_of_error
from booking.web.vain import refusals_counted

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
    "terms_version": "terms",
}
# Of a field with many values at most as many are carried on as there are to choose.
_SEVERAL = {"needed_features": len(FEATURES)}
# What else is sent is nobody's: neither carried through a sign-in nor part of what is asked.
_NAMES = sorted(names_of(BookingForm))


@dataclass(frozen=True)
class _Asked:
    """The form as it is filled in, with the room it names, if the reader may see it, and that room's rules of use."""

    form: BookingForm
    chosen: RoomRules | None
    terms: Terms | None

    @property
    def accepted(self) -> int | None:
        """The version of the rules of use that are accepted; those of another site, or older ones, are not."""
        return self.terms.version if self.terms and self.form.terms.checked else None


@blueprint.get("/bookings/new")
def ask() -> ResponseReturnValue:
    """The form, filled with the slot that the address carries."""
    return _page(_asked(known_actor(), filled_from="address"), 200)


@blueprint.post("/bookings/new")
def request_room() -> ResponseReturnValue:
    """Ask for the room; on refusal the page comes back with each reason and everything that was typed."""
    asking = actor()
    if not asking.is_known:
        return _after_sign_in()
    asked = _asked(asking, filled_from="post")
    if not asked.form.validate():
        if asked.terms is not None and not asked.form.terms.checked:
            # The policy would say so only once all else is right.
            asked.form.terms.errors = [text_of("terms_not_accepted")]
        return _page(asked, 422)
    try:
        booking_id = _request(asked, asking)
    except (PolicyRefusal, RoomTaken, KeyReused, Forbidden, NotFound) as error:
        return _page(asked, status_of(error), _explained(asked.form, error))
    flash(_("The request has been sent. You get the decision by e-mail, and see it here."))
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def _after_sign_in() -> Response:
    """Let somebody sign in with what they typed kept, and show it to them again. Nothing is sent without their pressing again."""
    kept = [(name, value) for name in _NAMES for value in _typed(name)]
    here = url_for("asking.request_room")
    if "password" not in request.form:
        return sign_in_page(SignInForm(), 401, kept=kept, action=here)
    refused = try_sign_in(SignInForm(request.form), kept, here)
    return refused or _page(_asked(actor(), filled_from="post"), 200)


def _typed(name: str) -> list[str]:
    return request.form.getlist(name)[: _SEVERAL.get(name, 1)]


def _request(asked: _Asked, asking: Actor) -> int:
    form = asked.form
    assert form.period is not None  # validated
    wished = BookingRequest(
        room_id=int(form.room.data),
        organisation_id=int(form.organisation.data),
        title=form.title.data or "",
        activity=form.activity.data,
        period=form.period,
        people=form.people.data,
        needs=form.needs.data,
        needed_features=frozenset(form.needed_features.data or ()),
        is_public=form.is_public.data,
        terms_version=asked.accepted,
    )
    body = json.dumps({name: _typed(name) for name in _NAMES if name != "key"}).encode()
    key = form.key.data
    assert key is not None  # `_asked` has seen to it

    def work(session: Session) -> int:
        now = edge.now()
        claimed = claim(session, _ROUTE, key, body, actor=asking, now=now)
        if claimed.answer is not None:
            return int(claimed.answer)
        booking_id = request_booking(session, wished, asking, now).id
        keep(claimed, str(booking_id))
        return booking_id

    with refusals_counted(wished):
        return edge.write(work)


def _asked(asking: Actor, filled_from: str) -> _Asked:
    form = BookingForm(request.form if filled_from == "post" else request.args)
    with edge.read() as session:
        rooms = catalogue(session)
        form.room.choices = _room_choices(rooms)
        names = [(str(row.id), row.name) for row in bookable_organisations(session, asking)]
        chosen = _chosen(rooms, form.room.data, asking)
        has_terms = chosen is not None and chosen.terms_version is not None
        terms = terms_in_force(session, chosen.unit_id) if chosen and has_terms else None
    if chosen is not None and terms is not None:
        form.terms.wanted = f"{chosen.unit_id}-{terms.version}"
    # One association is no choice; several are, and none is taken for granted.
    form.organisation.choices = options(names if len(names) == 1 else [("", _("Choose")), *names])
    form.has_organisations = bool(names)
    if filled_from == "address" or form.key.data is None:
        # A key in an address would be the same for all who follow the link.
        form.key.data = str(uuid4())
    if filled_from == "address":
        # Nobody accepts rules by following a link.
        form.terms.data = None
    return _Asked(form, chosen, terms)


def _chosen(rooms: Catalogue, typed: str | None, asking: Actor) -> RoomRules | None:
    """The room that the form names, as far as the reader may know of it."""
    if not typed or not (typed.isascii() and typed.isdigit() and len(typed) <= 10):
        return None
    room = rooms.rooms.get(int(typed))
    may_know = room is not None and (room.published or asking.decides_for(room.unit_id))
    return room if may_know else None


def _room_choices(rooms: Catalogue) -> list[SelectChoice]:
    """The rooms that can be asked for, by municipality."""
    locale = current_locale()
    choices = options([("", _("Choose"))])
    for room in rooms.rooms.values():
        if room.is_lent:
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


def _page(asked: _Asked, status: int, reasons: Sequence[str] = ()) -> Response:
    day = asked.form.day.data
    page = render_template(
        "bookings/new.html",
        form=asked.form,
        chosen=asked.chosen,
        terms=asked.terms,
        reasons=reasons,
        understood=day_in_words(day) if day else "",
        failed=status >= 400,
    )
    return make_response(page, status)
