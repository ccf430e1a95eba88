"""Asking for a series: the form, a look at every date, the request. Knows the pages; the rules are the service's.

Nothing is kept between the steps: the preview carries what was typed, and each step reads it anew. A date that somebody else
takes between the look and the request is never left out in silence: the preview comes back and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from booking.domain.bookings import WHATEVER_THE_TIME
from booking.domain.requests import BookingRequest, SeriesRequest
from booking.domain.rooms import RoomRules
from booking.errors import (
    Forbidden,
    InvalidInput,
    KeyReused,
    NotFound,
    PolicyRefusal,
    Refusal,
    SeriesRefused,
)
from booking.i18n import day_in_words, ngettext
from booking.i18n import gettext as _
from booking.models import Organisation, Terms
from booking.queries.catalogue import catalogue
from booking.queries.organisations import bookable_organisations
from booking.queries.rooms import terms_in_force
from booking.services.series import PlannedSeries, planned_series, refusal_of, request_series
from booking.services.series_words import recurrence_in_words
from booking.services.standing import require_may_book
from booking.web import edge
from booking.web.asking import kept_before, typed_before
from booking.web.errors import status_of
from booking.web.explained import explained
from booking.web.fields import options
from booking.web.once import once
from booking.web.people import sign_in_page
from booking.web.reader import actor, known_actor
from booking.web.rooms_offered import chosen_room, room_choices
from booking.web.series_forms import FIELDS, SeriesForm
from booking.web.series_preview import Chosen, Preview, chosen_of, preview_of, reasons_of
from booking.web.texts import text_of
from booking.web.vain import count_refused_dates, refusals_counted

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("series_new", __name__)

# Refusals that are the same on every date: they are mended in the form, not date by date.
_OF_ALL_DATES = WHATEVER_THE_TIME | {"terms_not_accepted", "wrong_step", "booked_elsewhere"}
_REFUSALS = (PolicyRefusal, KeyReused, Forbidden, NotFound, InvalidInput)


@dataclass(frozen=True)
class _Asked:
    """The form as it is filled in, with the room it names, if the reader may see it, and that room's rules of use."""

    form: SeriesForm
    chosen: RoomRules | None
    terms: Terms | None
    has_organisations: bool

    @property
    def is_valid(self) -> bool:
        """Whether all is filled in that the form asks for; what isn't is said at its field."""
        form = self.form
        is_valid = form.validate()
        if self.terms is not None and not form.terms.checked:
            form.terms.errors = [text_of("terms_not_accepted")]
            return False
        return is_valid

    def wanted(self, chosen: Chosen | None = None) -> SeriesRequest:
        """What is asked for; with `chosen`, only those dates may be left out. Call once it `is_valid`."""
        form, chosen = self.form, chosen or Chosen()
        assert form.recurrence is not None  # validated
        assert form.clock is not None
        period = form.some_period
        assert period is not None
        wish = BookingRequest(
            room_id=int(form.room.data),
            organisation_id=int(form.organisation.data),
            title=form.title.data or "",
            activity=form.activity.data,
            period=period,
            people=form.people.data,
            needs=form.needs.data,
            needed_features=frozenset(form.needed_features.data or ()),
            is_public=form.is_public.data,
            terms_version=self.terms.version if self.terms else None,
        )
        return SeriesRequest(
            wish,
            form.recurrence,
            form.clock,
            chosen.instead,
            skips=True,
            left_out=chosen.left_out,
            waits=chosen.waits and int(form.organisation.data) in actor().organisations,
        )


@blueprint.get("/series/new")
def new() -> ResponseReturnValue:
    """The form, filled with what the address carries, or with what had been typed before the sign-in."""
    asking = known_actor()
    kept = kept_before(asking)
    if kept is None:
        return _form_page(_asked(asking, request.args, is_address=True), 200)
    return _form_page(_asked(asking, MultiDict(kept)), 200)


@blueprint.post("/series/new")
def fill() -> ResponseReturnValue:
    """The form with what was typed into the booking form, or before the preview. Nothing is asked for yet."""
    asking = actor()
    if not asking.is_known:
        return sign_in_page(401, kept=_typed())
    asked = _asked(asking, request.form)
    # What is sent from here on is another act than the one it was typed for.
    asked.form.renew()
    return _form_page(asked, 200)


@blueprint.post("/series/preview")
def preview() -> ResponseReturnValue:
    """Every date as it is now, with what could be had instead of those that are not free. Nothing is asked for yet."""
    asking = actor()
    if not asking.is_known:
        return sign_in_page(401, kept=_typed())
    asked = _asked(asking, request.form)
    if not asked.is_valid:
        return _form_page(asked, 422)
    try:
        return _preview_page(asked, asking, 200)
    except _REFUSALS as error:
        return _form_page(asked, status_of(error), explained(asked.form, error, FIELDS))


@blueprint.post("/series")
def make() -> ResponseReturnValue:
    """Ask for the dates; when they are no longer as they were shown, nothing is booked and the preview comes back."""
    asking = actor()
    if not asking.is_known:
        return sign_in_page(401, kept=_typed())
    asked = _asked(asking, request.form)
    if not asked.is_valid:
        return _form_page(asked, 422)
    try:
        chosen = chosen_of(request.form)
        try:
            made = _make(asked, asking, chosen)
        except SeriesRefused as error:
            return _preview_page(asked, asking, status_of(error), chosen, error)
    except _REFUSALS as error:
        return _form_page(asked, status_of(error), explained(asked.form, error, FIELDS))
    series_id, count = made
    flash(
        ngettext(
            "The request for %(num)s date has been sent. You get the decision by e-mail, and see it here.",
            "The request for %(num)s dates has been sent. You get the decision by e-mail, and see it here.",
            count,
        )
    )
    return redirect(url_for("series.show", series_id=series_id), 303)


def _typed() -> list[tuple[str, str]]:
    """What was typed, as a form of a series even if the booking form sent it."""
    kept = list(typed_before())
    return kept if "repeats" in dict(kept) else [*kept, ("repeats", "week")]


def _make(asked: _Asked, asking: Actor, chosen: Chosen) -> tuple[int, int]:
    """Book it once for each key: the series' id, and how many dates it has."""
    wanted = asked.wanted(chosen)

    def work(session: Session) -> str:
        booked = request_series(session, wanted, asking, edge.now())
        return f"{booked.series.id} {len(booked.bookings)}"

    with refusals_counted(wanted.template):
        series_id, count = once(asked.form, asking, work).split()
    return int(series_id), int(count)


def _asked(asking: Actor, filled: MultiDict[str, str], is_address: bool = False) -> _Asked:
    form = SeriesForm(filled)
    with edge.read() as session:
        rooms = catalogue(session)
        names = [(str(row.id), row.name) for row in bookable_organisations(session, asking)]
        form.room.choices = room_choices(rooms)
        chosen = chosen_room(rooms, form.room.data, asking)
        has_terms = chosen is not None and chosen.terms_version is not None
        terms = terms_in_force(session, chosen.unit_id) if chosen and has_terms else None
    if chosen is not None and terms is not None:
        form.terms.wanted = f"{chosen.unit_id}-{terms.version}"
    # One association is no choice; several are, and none is taken for granted.
    several = options(names if len(names) == 1 else [("", _("Choose")), *names])
    form.organisation.choices = several
    form.name_months(form.day.data)
    if is_address:
        # A key in an address would be the same for all who follow the link; and nobody accepts rules by following one.
        form.renew()
        form.terms.data = None
    return _Asked(form, chosen, terms, bool(names))


def _plan(session: Session, asked: _Asked, asking: Actor) -> PlannedSeries:
    """Every date as it is now. Raises what would refuse all of them, whoever is first."""
    wanted, room = asked.wanted(), asked.chosen
    if room is None:
        raise NotFound("room")
    if not asking.asks_for(room.unit_id, wanted.template.organisation_id):
        raise Forbidden("organisation_not_yours")
    organisation = session.get(Organisation, wanted.template.organisation_id)
    if organisation is None:
        raise Forbidden("organisation_not_yours")
    require_may_book(session, organisation)
    plan = planned_series(session, wanted, edge.now())
    of_all: dict[str, Refusal] = {}
    for date in plan.dates:
        for refusal in date.refusals:
            if refusal.code in _OF_ALL_DATES:
                of_all.setdefault(refusal.code, refusal)
    if of_all:
        raise PolicyRefusal(list(of_all.values()))
    return plan


def _form_page(asked: _Asked, status: int, reasons: Sequence[str] = ()) -> Response:
    day, until = asked.form.day.data, asked.form.until.data
    page = render_template(
        "series/new.html",
        form=asked.form,
        chosen=asked.chosen,
        terms=asked.terms,
        reasons=reasons,
        understood=day_in_words(day) if day else "",
        until_understood=day_in_words(until) if until else "",
        has_organisations=asked.has_organisations,
        failed=status >= 400,
    )
    return make_response(page, status)


def _preview_page(
    asked: _Asked,
    asking: Actor,
    status: int,
    chosen: Chosen | None = None,
    error: SeriesRefused | None = None,
) -> Response:
    """The dates as they are now; after a refusal with what had been chosen, where it can still be had, and what has changed."""
    refused = error.dates if error is not None else ()
    with edge.read() as session:
        plan = _plan(session, asked, asking)
        shown = preview_of(plan, catalogue(session), chosen, refused, edge.now())
    if not any(one.is_free for one in plan.dates):
        # Nobody presses the button of a series without a date, so the demand is seen here.
        count_refused_dates(asked.wanted().template, map(refusal_of, plan.dates))
    form = asked.form
    assert form.recurrence is not None  # validated
    assert form.clock is not None
    starts, ends = form.clock.starts, form.clock.ends
    rule = recurrence_in_words(
        form.recurrence, starts.hour * 60 + starts.minute, ends.hour * 60 + ends.minute
    )
    page = render_template(
        "series/preview.html",
        form=form,
        chosen=asked.chosen,
        rule=rule,
        shown=shown,
        carried=_carried(form),
        reasons=_reasons(shown, chosen, error),
        can_wait=shown.is_any_taken and int(form.organisation.data) in asking.organisations,
        waits=chosen is not None and chosen.waits,
        failed=status >= 400,
    )
    return make_response(page, status)


def _reasons(shown: Preview, chosen: Chosen | None, error: SeriesRefused | None) -> list[str]:
    if error is None or chosen is None:
        return []
    reasons = reasons_of(error.dates, chosen.left_out)
    if not reasons:
        reasons = [
            _("No date would be left. Choose another time or room for at least one of them.")
        ]
    return reasons


def _carried(form: SeriesForm) -> list[tuple[str, str]]:
    """What was typed, for hidden fields; the key goes by itself."""
    return [
        (field.name, value)
        for field in form
        if field is not form.key
        for value in field.raw_data or ()
        if isinstance(value, str)
    ]
