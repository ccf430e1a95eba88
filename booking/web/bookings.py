"""Bookings as their people and the units see them: lists, one with its history, deciding and cancelling. Knows forms; no rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

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
from wtforms import Form

from booking.domain.access import Actor
from booking.domain.accessibility import matched
from booking.domain.requests import BookingEdit
from booking.domain.rooms import RoomRules
from booking.errors import (
    BookingError,
    Forbidden,
    InvalidInput,
    PolicyRefusal,
    RoomTaken,
    Stale,
    WrongState,
)
from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _
from booking.models import Booking
from booking.queries.bookings import booking_in_sight, bookings_of_organisations, history
from booking.queries.catalogue import catalogue
from booking.services.audit import record_look
from booking.services.bookings import cancel_booking, decide_booking, edit_booking
from booking.web import edge
from booking.web.errors import status_of
from booking.web.forms import AcceptTermsForm, CancelForm, DecisionForm, RejectionForm
from booking.web.paging import page_number, page_of
from booking.web.reader import known_actor
from booking.web.texts import refusals_of, text_of, text_of_error

blueprint = Blueprint("bookings", __name__)

_COMING_SHOWN = 200
Verb = Literal["approve", "reject", "cancel"]


@dataclass(frozen=True)
class _Act:
    """What may be done to a booking on a page of its own: its form, who may, and what is said before and after."""

    form: Callable[..., Form]
    may: Callable[[Actor, Booking], bool]
    title: LazyText
    button: LazyText
    warning: LazyText
    done: LazyText
    look: str = ""


def _decides(asking: Actor, booking: Booking) -> bool:
    return asking.decides_for(booking.room.unit_id)


def _changes(asking: Actor, booking: Booking) -> bool:
    return asking.changes(booking.room.unit_id, booking.organisation_id)


_ACTS: dict[Verb, _Act] = {
    "approve": _Act(
        DecisionForm,
        _decides,
        _("Approve the booking"),
        _("Approve"),
        _(
            "The requester gets the decision by e-mail. The time is shown as booked in the room's calendar."
        ),
        _("The booking has been approved. The requester is told by e-mail."),
    ),
    "reject": _Act(
        RejectionForm,
        _decides,
        _("Reject the booking"),
        _("Reject"),
        _(
            "The requester gets the decision and its reason by e-mail. The time becomes free for others."
        ),
        _("The booking has been rejected. The requester is told by e-mail."),
        "danger",
    ),
    "cancel": _Act(
        CancelForm,
        _changes,
        _("Cancel the booking"),
        _("Cancel the booking"),
        _("The time becomes free for others. This cannot be undone."),
        _("The booking has been cancelled. The time is free for others."),
        "danger",
    ),
}


@blueprint.get("/bookings")
def mine() -> str:
    """The coming and the past bookings of the reader's associations, and those the reader asked for."""
    asking, now = known_actor(), edge.now()
    number = page_number()
    with edge.read() as session:
        coming = bookings_of_organisations(session, asking, now, past=False, limit=_COMING_SHOWN)
        past = page_of(
            number,
            lambda limit, offset: bookings_of_organisations(
                session, asking, now, True, limit, offset
            ),
        )
    return render_template("bookings/mine.html", coming=coming, past=past)


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
    sees_contact = asking.sees_contact_of(unit_id, booking.organisation_id)
    if sees_contact:
        edge.note(lambda rows: record_look(rows, booking, actor=asking, now=now))
    return render_template(
        "bookings/show.html",
        booking=booking,
        sees_contact=sees_contact,
        matches=matched(rules, booking.needed_features) if sees_contact else [],
        sees_history=sees_history,
        entries=entries,
        acts=_acts_for(asking, booking, now),
        is_own=_is_own(asking, booking),
        new_terms=_new_terms(booking, rules, now),
        shows_way_in=sees_contact and booking.state == "approved" and booking.ends_at > now,
    )


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
        return _changed_page(booking_id, asking, error)
    flash(str(_("The rules of use have been accepted.")))
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def _acts_for(asking: Actor, booking: Booking, now: datetime) -> list[Verb]:
    if booking.starts_at <= now:
        return ["reject"] if booking.state == "requested" and _decides(asking, booking) else []
    by_state: dict[str, tuple[Verb, ...]] = {
        "requested": ("approve", "reject", "cancel"),
        "approved": ("cancel",),
    }
    return [verb for verb in by_state.get(booking.state, ()) if _ACTS[verb].may(asking, booking)]


@blueprint.get("/bookings/<row:booking_id>/<any(approve, reject, cancel):verb>")
def consider(booking_id: int, verb: Verb) -> ResponseReturnValue:
    """The page that asks once more before something is done to a booking."""
    asking = known_actor()
    act = _ACTS[verb]
    with edge.read() as session:
        booking = _may_or_refuse(booking_in_sight(session, booking_id, asking), act, asking)
    return _act_page(booking, verb, act.form(data={"version": booking.version}), 200, asking)


@blueprint.post("/bookings/<row:booking_id>/<any(approve, reject, cancel):verb>")
def do(booking_id: int, verb: Verb) -> ResponseReturnValue:
    """Approve, reject or cancel, on the version that was seen; what changed meanwhile is shown instead."""
    asking = known_actor()
    act = _ACTS[verb]
    with edge.read() as session:
        booking = _may_or_refuse(booking_in_sight(session, booking_id, asking), act, asking)
    form = act.form(request.form)
    if not form.validate():
        return _act_page(booking, verb, form, 422, asking)
    try:
        _do(verb, booking_id, _number(form.version), form.reason.data, asking)
    except (Stale, WrongState) as error:
        return _changed_page(booking_id, asking, error)
    except (PolicyRefusal, RoomTaken) as error:
        return _act_page(booking, verb, form, status_of(error), asking, _reasons(error))
    flash(str(act.done))
    target = (
        url_for("staff.requests")
        if verb != "cancel" and request.args.get("from") == "queue"
        else None
    )
    return redirect(target or url_for("bookings.show", booking_id=booking_id), 303)


def _do(verb: Verb, booking_id: int, version: int, reason: str | None, asking: Actor) -> None:
    def work(session: Any) -> None:
        if verb == "cancel":
            cancel_booking(session, booking_id, version, reason, actor=asking, now=edge.now())
        else:
            decide_booking(session, booking_id, verb, version, reason, actor=asking, now=edge.now())

    edge.write(work)


def _may_or_refuse(booking: Booking, act: _Act, asking: Actor) -> Booking:
    if not act.may(asking, booking):
        raise Forbidden("not_your_decision" if act.may is _decides else "not_your_booking")
    return booking


def _number(field: Any) -> int:
    """A version carried by a hidden field."""
    typed = field.data or ""
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise InvalidInput("invalid", field=field.name)
    return int(typed)


def _reasons(error: BookingError) -> list[str]:
    if isinstance(error, PolicyRefusal):
        return [
            # Who decides can't tick the box: the association must.
            text_of("terms_not_accepted_yet") if refusal.code == "terms_not_accepted" else text
            for refusal, text in refusals_of(error)
        ]
    return [text_of_error(error)]


def _act_page(
    booking: Booking,
    verb: Verb,
    form: Form,
    status: int,
    asking: Actor,
    reasons: Sequence[str] = (),
) -> Response:
    must_tell = verb == "cancel" and _acts_for_others(asking, booking)
    if must_tell:
        edge.note(lambda rows: record_look(rows, booking, actor=asking, now=edge.now()))
    page = render_template(
        "bookings/act.html",
        booking=booking,
        act=_ACTS[verb],
        form=form,
        reasons=reasons,
        must_tell=must_tell,
        failed=status >= 400,
    )
    return make_response(page, status)


def _acts_for_others(asking: Actor, booking: Booking) -> bool:
    """Whether the people of the booking learn of it only when they are told: no mail is sent of a cancelling."""
    sees_contact = asking.sees_contact_of(booking.room.unit_id, booking.organisation_id)
    return sees_contact and not _is_own(asking, booking)


def _changed_page(booking_id: int, asking: Actor, error: BookingError) -> Response:
    """What the booking has become since the reader saw it."""
    with edge.read() as session:
        booking = booking_in_sight(session, booking_id, asking)
    page = render_template(
        "bookings/changed.html", booking=booking, reason=text_of_error(error), failed=True
    )
    return make_response(page, status_of(error))
