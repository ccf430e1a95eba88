"""Bookings as their people and the units see them: my own, and one with its history and what can be done. Knows no rule.

Deciding has pages of its own (`booking.web.deciding`), and so have moving, changing and cancelling.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.calendar_items import own_item
from booking.domain.access import Actor
from booking.domain.accessibility import matched
from booking.domain.bookings import CHANGEABLE
from booking.domain.requests import BookingEdit
from booking.domain.rooms import RoomRules
from booking.errors import Forbidden, InvalidInput, PolicyRefusal, Stale, WrongState
from booking.i18n import gettext as _
from booking.models import Booking
from booking.queries.bookings import booking_in_sight, bookings_of_organisations, history
from booking.queries.catalogue import catalogue
from booking.queries.feeds import installation
from booking.queries.series import count_of
from booking.queries.waiting import own_waiting
from booking.services.audit import record_look
from booking.services.bookings import edit_booking
from booking.web import edge
from booking.web.afterwards import ask_like, calendar_links, may_ask_like
from booking.web.changed import changed_page
from booking.web.decision_shown import decision_shown
from booking.web.failed_mails import undelivered_of
from booking.web.forms import AcceptTermsForm
from booking.web.paging import page_number, page_of
from booking.web.reader import known_actor
from booking.web.series_rows import by_series

blueprint = Blueprint("bookings", __name__)

# A series of a year is one row of the page, but three hundred dates.
_COMING_SHOWN = 1000


@blueprint.get("/bookings")
def mine() -> str:
    """What the reader's associations have asked for and wait for: undecided, coming, called off, past."""
    asking, now = known_actor(), edge.now()
    number = page_number()
    with edge.read() as session:
        to_come = bookings_of_organisations(session, asking, now, past=False, limit=_COMING_SHOWN)
        past = page_of(
            number,
            lambda limit, offset: bookings_of_organisations(
                session, asking, now, True, limit, offset
            ),
        )
        waiting = own_waiting(session, asking, now)
    return render_template(
        "bookings/mine.html",
        undecided=by_series(_in_states(to_come, "requested")),
        coming=by_series(_in_states(to_come, "approved")),
        ended=by_series(_in_states(to_come, "rejected", "cancelled", "lapsed")),
        past=past,
        waiting=waiting,
    )


def _in_states(rows: Sequence[Booking], *states: str) -> list[Booking]:
    return [row for row in rows if row.state in states]


@blueprint.get("/bookings/<row:booking_id>")
def show(booking_id: int) -> str:
    """One booking, with as much of it as the reader may see."""
    asking, now = known_actor(), edge.now()
    with edge.read() as session:
        booking = booking_in_sight(session, booking_id, asking)
        rules = catalogue(session).room(booking.room_id)
        unit_id = rules.unit_id
        sees_history = asking.decides_for(unit_id) or asking.is_coordinator
        entries = history(session, "booking", booking_id) if sees_history else []
        undelivered = undelivered_of(session, booking_id) if sees_history else []
        decision = decision_shown(session, booking, asking, now)
        item = own_item(booking, installation(session))
        in_series = booking.series_id is not None and count_of(session, booking.series_id)
    sees_contact = asking.sees_contact_of(unit_id, booking.organisation_id)
    if sees_contact:
        edge.note(lambda rows: record_look(rows, booking, actor=asking, now=now))
    is_own = _is_own(asking, booking)
    is_held = booking.state in CHANGEABLE and booking.ends_at > now
    return render_template(
        "bookings/show.html",
        booking=booking,
        sees_contact=sees_contact,
        matches=matched(rules, booking.needed_features) if sees_contact else [],
        sees_history=sees_history,
        entries=entries,
        undelivered=undelivered,
        decision=decision,
        series_dates=in_series,
        is_own=is_own,
        new_terms=_new_terms(booking, rules, now),
        shows_way_in=sees_contact and booking.state == "approved" and booking.ends_at > now,
        calendars=calendar_links(item) if is_own and is_held else [],
        **_acts(asking, booking, now),
    )


def _acts(asking: Actor, booking: Booking, now: datetime) -> dict[str, Any]:
    """What the reader can do with a booking besides deciding on it."""
    may_change = asking.changes(booking.room.unit_id, booking.organisation_id)
    is_open = booking.state in CHANGEABLE and booking.starts_at > now
    return {
        "may_change": may_change and is_open,
        "may_report": may_change,
        "copy_href": ask_like(booking, None) if may_ask_like(booking, asking) else None,
    }


def _new_terms(booking: Booking, rules: RoomRules, now: datetime) -> int | None:
    """The version of the rules of use that must be accepted before this request can be approved; None: nothing stands open."""
    waits = booking.state == "requested" and booking.starts_at > now
    has_changed = rules.terms_version is not None and rules.terms_version != booking.terms_version
    return rules.terms_version if waits and has_changed else None


def _is_own(asking: Actor, booking: Booking) -> bool:
    """Whether the reader speaks for the booking's association: one of its people, or whoever asked on its behalf."""
    return booking.organisation_id in asking.organisations or booking.asker_id == asking.person_id


@blueprint.post("/bookings/<row:booking_id>/terms")
def accept_terms(booking_id: int) -> ResponseReturnValue:
    """Accept the site's new rules of use while a request waits; those that have changed once more are not accepted."""
    asking = known_actor()
    form = AcceptTermsForm(request.form)
    with edge.read() as session:
        booking = booking_in_sight(session, booking_id, asking)
    if not _is_own(asking, booking):
        raise Forbidden("not_your_booking")
    edit = BookingEdit(terms_version=_number(form.terms_version))
    version = _number(form.version)
    try:
        edge.write(
            lambda rows: edit_booking(rows, booking_id, version, edit, actor=asking, now=edge.now())
        )
    except (Stale, WrongState, PolicyRefusal) as error:
        return changed_page(booking_id, asking, error, version)
    flash(_("The rules of use have been accepted."))
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def _number(field: Any) -> int:
    """A version carried by a hidden field."""
    typed = field.data or ""
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise InvalidInput("invalid", field=field.name)
    return int(typed)
