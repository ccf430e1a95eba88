"""The booking form: one page from a free slot to a request. Knows the form and its refusals; the rules are the service's.

Whoever must sign in first loses nothing: a link comes back by `next`, and what was typed is kept with the mailed link, or with
the sign-in by password, and shown again by `kept`. A first contact takes three steps: what is needed and who asks, the address
confirmed (`booking.web.getting_in`), and the association named, on the form of who is known without one.
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
from werkzeug.datastructures import MultiDict

from booking.domain.access import Actor
from booking.domain.organisations import ASKABLE_KINDS
from booking.domain.requests import BookingRequest
from booking.domain.rooms import FEATURES, RoomRules
from booking.errors import (
    BookingError,
    Forbidden,
    InvalidValues,
    KeyReused,
    NotFound,
    PolicyRefusal,
    RoomTaken,
    TooMany,
)
from booking.i18n import current_locale, day_in_words
from booking.i18n import gettext as _
from booking.models import Terms
from booking.queries.catalogue import catalogue
from booking.queries.county import unregistered_may_book
from booking.queries.organisations import own_bookable
from booking.queries.rooms import terms_in_force
from booking.queries.units import places
from booking.services.bookings import request_booking
from booking.services.first_contact import (
    ask_as_newcomer,
    require_possible,
)
from booking.services.idempotency import claim, keep
from booking.services.links import Kept, kept_form
from booking.web import edge
from booking.web.account_forms import WayForm
from booking.web.errors import status_of
from booking.web.explained import FIELDS
from booking.web.fields import options
from booking.web.first_contact_forms import ALL_NAMES, KEPT_NAMES, NewcomerForm, StrangerForm
from booking.web.forms import BookingForm, SignInForm
from booking.web.getting_in import send_way
from booking.web.on_behalf import OnBehalfForm, asks_on_behalf
from booking.web.people import sign_in_page, told_to_wait, try_password
from booking.web.reader import actor
from booking.web.rooms_offered import chosen_room, room_choices
from booking.web.series_forms import series_names
from booking.web.texts import refusals_of, text_of, text_of_error
from booking.web.vain import refusals_counted

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("asking", __name__)

_ROUTE = "web /bookings/new"
# Of a field with many values at most as many are carried on as there are to choose.
_SEVERAL = {"needed_features": len(FEATURES), "weekdays": 7}
_KEPT_NAMES = [*KEPT_NAMES, *sorted(series_names() - set(KEPT_NAMES))]
# Signs of one value that are kept through a sign-in: more than any field of the form takes.
_LONGEST_KEPT = 5000
_REFUSALS = (PolicyRefusal, RoomTaken, KeyReused, Forbidden, NotFound, InvalidValues, TooMany)


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

    @property
    def is_valid(self) -> bool:
        """Whether all is filled in that the form asks for; what isn't is said at its field."""
        is_valid = self.form.validate()
        if not is_valid and self.terms is not None and not self.form.terms.checked:
            # The policy would say so only once all else is right.
            self.form.terms.errors = [text_of("terms_not_accepted")]
        return is_valid

    def wish(self, organisation_id: int) -> BookingRequest:
        """What is asked for. Call once it `is_valid`."""
        form = self.form
        assert form.period is not None  # validated
        return BookingRequest(
            room_id=int(form.room.data),
            organisation_id=organisation_id,
            title=form.title.data or "",
            activity=form.activity.data,
            period=form.period,
            people=form.people.data,
            needs=form.needs.data,
            needed_features=frozenset(form.needed_features.data or ()),
            is_public=form.is_public.data,
            terms_version=self.accepted,
        )


@blueprint.get("/bookings/new")
def ask() -> ResponseReturnValue:
    """The form, filled with the slot that the address carries, or with what had been typed before the sign-in."""
    asking, kept = actor(), kept_before(actor())
    if kept is not None and "repeats" in dict(kept):
        return redirect(url_for("series_new.new", kept=request.args["kept"]), 303)
    if kept is None:
        return _page(_asked(asking, request.args, is_address=True), 200)
    asked = _asked(asking, MultiDict([*kept, ("step", "3")]))
    return _page(asked, 200)


@blueprint.post("/bookings/new")
def request_room() -> ResponseReturnValue:
    """Ask for the room; on refusal the page comes back with each reason and everything that was typed."""
    asking = actor()
    if not asking.is_known:
        return _before_signing_in()
    asked = _asked(asking, request.form)
    if isinstance(asked.form, NewcomerForm) and request.form.get("organisation"):
        # An association they no longer act for, or never did.
        return _page(asked, 403, [text_of("organisation_not_yours")])
    if isinstance(asked.form, OnBehalfForm) and "search" in request.form:
        # Whoever presses Enter in another field finds, too: nothing is sent by accident.
        return _page(asked, 200)
    if not asked.is_valid:
        return _page(asked, 422)
    try:
        booking_id = _request(asked, asking)
    except _REFUSALS as error:
        can_wait = isinstance(error, RoomTaken) and _is_for_own(asked.form, asking)
        answer = _page(asked, status_of(error), _explained(asked.form, error), can_wait)
        return told_to_wait(answer, error) if isinstance(error, TooMany) else answer
    flash(_("The request has been sent. You get the decision by e-mail, and see it here."))
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def typed_before() -> Kept:
    """What the form that was sent keeps through a sign-in: a booking's fields, and of a series also how it repeats."""
    return [(name, value) for name in _KEPT_NAMES for value in _typed(name)]


def _before_signing_in() -> Response:
    """Let somebody in with what they typed kept; it is shown to them again, and nothing is sent without their pressing again."""
    kept = typed_before()
    if "password" in request.form:
        return try_password(SignInForm(request.form), kept)
    if request.form.get("how") == "mail":
        return send_way(WayForm(request.form), kept)
    if request.form.get("how") == "password" or "own_name" not in request.form:
        form = SignInForm(request.form) if "email" in request.form else None
        return sign_in_page(401, kept=kept, by_password=form)
    return _first_step(kept)


def _first_step(kept: Kept) -> Response:
    """Somebody new: all but the association is filled in. What can't be had is said now; then the address is confirmed."""
    asked = _asked(actor(), request.form)
    if not asked.is_valid:
        return _page(asked, 422)
    wish = asked.wish(0)
    try:
        with refusals_counted(wish), edge.read() as session:
            require_possible(session, wish, edge.now())
    except _REFUSALS as error:
        return _page(asked, status_of(error), _explained(asked.form, error))
    way = WayForm(request.form)

    def refused(status: int, *reasons: str) -> Response:
        asked.form["email"].errors = list(way.email.errors)
        return _page(asked, status, reasons)

    return send_way(way, kept, refused)


def _typed(name: str) -> list[str]:
    values = request.form.getlist(name)[: _SEVERAL.get(name, 1)]
    return [value[:_LONGEST_KEPT] for value in values]


def _request(asked: _Asked, asking: Actor) -> int:
    form = asked.form
    body = json.dumps({name: _typed(name) for name in ALL_NAMES if name != "key"}).encode()
    key = form.key.data
    assert key is not None  # `_asked` has seen to it
    wished = asked.wish(0 if isinstance(form, NewcomerForm) else int(form.organisation.data))

    def work(session: Session) -> int:
        now = edge.now()
        claimed = claim(session, _ROUTE, key, body, actor=asking, now=now)
        if claimed.answer is not None:
            return int(claimed.answer)
        if isinstance(form, NewcomerForm):
            booking = ask_as_newcomer(session, form.values(), wished, actor=asking, now=now)
        else:
            booking = request_booking(session, wished, asking, now)
        keep(claimed, str(booking.id))
        return booking.id

    with refusals_counted(wished):
        return edge.write(work)


def kept_before(asking: Actor) -> Kept | None:
    """What had been typed before the sign-in, if the address names it and it is the reader's."""
    named = request.args.get("kept", "")
    if not (named.isascii() and named.isdigit() and 0 < int(named[:10]) < 2**31):
        return None
    with edge.read() as session:
        return kept_form(session, int(named[:10]), actor=asking)


def _asked(asking: Actor, filled: MultiDict[str, str], is_address: bool = False) -> _Asked:
    """The form for who asks, as it is filled by an address, a form sent, or what had been kept."""
    with edge.read() as session:
        rooms = catalogue(session)
        own = own_bookable(session, asking)
        names = [(str(row.id), row.name) for row in own]
        form = _form_for(asking, bool(names), filled)
        if isinstance(form, OnBehalfForm):
            form.offer(session, own, "search" in filled and not is_address)
        form.room.choices = room_choices(rooms)
        if isinstance(form, NewcomerForm):
            kinds = ASKABLE_KINDS if unregistered_may_book(session) else ("association",)
            form.offer(_municipalities(session), kinds)
        chosen = chosen_room(rooms, form.room.data, asking)
        has_terms = chosen is not None and chosen.terms_version is not None
        terms = terms_in_force(session, chosen.unit_id) if chosen and has_terms else None
    if chosen is not None and terms is not None:
        form.terms.wanted = f"{chosen.unit_id}-{terms.version}"
    if form.organisation is not None and not isinstance(form, OnBehalfForm):
        # One association is no choice; several are, and none is taken for granted.
        several = options(names if len(names) == 1 else [("", _("Choose")), *names])
        form.organisation.choices = several
    form.has_organisations = bool(names) or isinstance(form, OnBehalfForm)
    if is_address or form.key.data is None:
        # A key in an address would be the same for all who follow the link.
        form.key.data = str(uuid4())
    if is_address:
        # Nobody accepts rules by following a link.
        form.terms.data = None
    return _Asked(form, chosen, terms)


def _form_for(asking: Actor, has_organisations: bool, filled: MultiDict[str, str]) -> BookingForm:
    if not asking.is_known:
        return StrangerForm(filled)
    if asks_on_behalf(asking):
        return OnBehalfForm(filled)
    # Sent twice, it is the same form the second time, although the association is there by then.
    is_newcomer = not has_organisations or "org_name" in filled
    return NewcomerForm(filled) if is_newcomer and not asking.is_staff else BookingForm(filled)


def _municipalities(session: Session) -> list[tuple[int, str]]:
    locale = current_locale()
    return [(row.id, row.name.choose(locale)[0]) for row in places(session).municipalities]


def _explained(form: BookingForm, error: BookingError) -> list[str]:
    """Put each reason at its field; those without one are returned."""
    if isinstance(error, InvalidValues) and isinstance(form, NewcomerForm):
        return form.tell(error.faults)
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
        field = form._fields.get(FIELDS.get(name, name))
        if field is None:
            reasons.append(text)
        else:
            field.errors = [*field.errors, text]
    return reasons


def _who(form: BookingForm) -> str:
    """Who fills the form in: a `stranger`, a `newcomer`, somebody with associations, or staff with `none`."""
    if isinstance(form, StrangerForm):
        return "stranger"
    if isinstance(form, NewcomerForm):
        return "newcomer"
    return "member" if form.has_organisations else "none"


def _is_for_own(form: BookingForm, asking: Actor) -> bool:
    """Whether it is asked in the name of an association of one's own: only those wait for a time that is taken."""
    return form.organisation is not None and int(form.organisation.data) in asking.organisations


def _page(
    asked: _Asked, status: int, reasons: Sequence[str] = (), can_wait: bool = False
) -> Response:
    day = asked.form.day.data
    page = render_template(
        "bookings/new.html",
        form=asked.form,
        chosen=asked.chosen,
        terms=asked.terms,
        reasons=reasons,
        understood=day_in_words(day) if day else "",
        who=_who(asked.form),
        can_wait=can_wait,
        failed=status >= 400,
    )
    return make_response(page, status)
