"""Changing what is written of a booking, and cancelling it. Knows forms and what is said before; the rules are the service's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
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

from booking.domain.access import Actor
from booking.domain.bookings import CHANGEABLE
from booking.domain.requests import BookingEdit
from booking.errors import (
    Forbidden,
    InvalidInput,
    KeyReused,
    PolicyRefusal,
    Stale,
    WrongState,
)
from booking.i18n import gettext as _
from booking.models import Booking
from booking.queries.bookings import booking_in_sight
from booking.queries.catalogue import catalogue
from booking.services.audit import record_look
from booking.services.bookings import cancel_booking, counts_as_late, edit_booking
from booking.services.changes import is_staff_of
from booking.services.edits import asks_anew, needs_no_decision
from booking.web import edge, words
from booking.web.booking_forms import CancelForm, EditForm, StaffCancelForm
from booking.web.changed import changed_page, missed_changes
from booking.web.errors import status_of
from booking.web.explained import explained
from booking.web.once import once
from booking.web.reader import known_actor
from booking.web.texts import text_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("changing", __name__)


@blueprint.get("/bookings/<row:booking_id>/edit")
def consider_edit(booking_id: int) -> ResponseReturnValue:
    """The form, filled with what the booking says."""
    asking = known_actor()
    booking = _own(booking_id, asking)
    if not _can_change(booking):
        return redirect(url_for("bookings.show", booking_id=booking_id), 303)
    return _edit_page(booking, EditForm(obj=booking), 200, asking)


@blueprint.post("/bookings/<row:booking_id>/edit")
def edit(booking_id: int) -> ResponseReturnValue:
    """Change it, on the version that was seen."""
    asking = known_actor()
    booking = _own(booking_id, asking)
    form = EditForm(request.form)
    if not form.validate():
        return _edit_page(booking, form, 422, asking)
    try:
        once(form, asking, lambda session: _edit(session, booking_id, form, asking))
    except WrongState as error:
        return changed_page(booking_id, asking, error, form.seen)
    except Stale as error:
        now_it_is, missed = missed_changes(booking_id, asking, form.seen)
        form.version.data = str(now_it_is.version)
        status, reasons = status_of(error), [text_of("stale_form")]
        return _edit_page(now_it_is, form, status, asking, reasons, missed)
    except KeyReused:
        return _edit_page(booking, form, 422, asking, [text_of("sent_with_other_contents")])
    except (PolicyRefusal, InvalidInput) as error:
        return _edit_page(booking, form, status_of(error), asking, explained(form, error))
    flash(_("The changes have been saved."))
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


@blueprint.get("/bookings/<row:booking_id>/cancel")
def consider_cancel(booking_id: int) -> ResponseReturnValue:
    """The page that asks once more before a booking is cancelled."""
    asking = known_actor()
    booking = _own(booking_id, asking)
    if not _can_change(booking):
        return redirect(url_for("bookings.show", booking_id=booking_id), 303)
    form = _cancel_form(booking, asking)(data={"version": booking.version})
    return _cancel_page(booking, form, 200, asking)


@blueprint.post("/bookings/<row:booking_id>/cancel")
def cancel(booking_id: int) -> ResponseReturnValue:
    """Cancel it, on the version that was seen; what changed meanwhile is shown instead."""
    asking = known_actor()
    booking = _own(booking_id, asking)
    form = _cancel_form(booking, asking)(request.form)
    if not form.validate():
        return _cancel_page(booking, form, 422, asking)
    try:
        once(form, asking, lambda session: _cancel(session, booking_id, form, asking))
    except (Stale, WrongState) as error:
        return changed_page(booking_id, asking, error, form.seen)
    except KeyReused:
        return _cancel_page(booking, form, 422, asking, [text_of("sent_with_other_contents")])
    except InvalidInput as error:
        return _cancel_page(booking, form, status_of(error), asking, explained(form, error))
    flash(_("The booking has been cancelled. The time is free for others."))
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def _own(booking_id: int, asking: Actor) -> Booking:
    with edge.read() as session:
        booking = booking_in_sight(session, booking_id, asking)
    if not asking.changes(booking.room.unit_id, booking.organisation_id):
        raise Forbidden("not_your_booking")
    return booking


def _can_change(booking: Booking) -> bool:
    return booking.state in CHANGEABLE and booking.starts_at > edge.now()


def _edit(session: Session, booking_id: int, form: EditForm, asking: Actor) -> int:
    change = BookingEdit(
        title=form.title.data,
        activity=form.activity.data,
        people=form.people.data,
        # An empty text takes the needs away.
        needs=form.needs.data or "",
        needed_features=frozenset(form.needed_features.data or ()),
        is_public=form.is_public.data,
        contact_name=form.contact_name.data,
        contact_email=form.contact_email.data,
    )
    now = edge.now()
    return edit_booking(session, booking_id, form.seen, change, actor=asking, now=now).version


def _edit_page(
    booking: Booking,
    form: EditForm,
    status: int,
    asking: Actor,
    reasons: Sequence[str] = (),
    missed: Sequence[object] = (),
) -> Response:
    # The form holds needs and contact: whoever opens it has read them.
    edge.note(lambda rows: record_look(rows, booking, actor=asking, now=edge.now()))
    with edge.read() as session:
        chosen = catalogue(session).room(booking.room_id)
    asks = asks_anew(booking, booking.room.unit_id, asking) and not needs_no_decision(booking)
    page = render_template(
        "bookings/edit.html",
        booking=booking,
        form=form,
        chosen=chosen,
        asks_anew=asks,
        by_staff=is_staff_of(booking, booking.room.unit_id, asking),
        missed=missed,
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)


def _cancel_form(booking: Booking, asking: Actor) -> type[CancelForm]:
    by_staff = is_staff_of(booking, booking.room.unit_id, asking)
    return StaffCancelForm if by_staff else CancelForm


def _cancel(session: Session, booking_id: int, form: CancelForm, asking: Actor) -> str:
    reason, now = form.reason.data, edge.now()
    return cancel_booking(session, booking_id, form.seen, reason, actor=asking, now=now).state


def _cancel_page(
    booking: Booking,
    form: CancelForm,
    status: int,
    asking: Actor,
    reasons: Sequence[str] = (),
) -> Response:
    page = render_template(
        "bookings/cancel.html",
        booking=booking,
        form=form,
        before=_before_cancelling(booking, asking),
        is_late=_is_late(booking, asking),
        by_staff=is_staff_of(booking, booking.room.unit_id, asking),
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)


def _is_late(booking: Booking, asking: Actor) -> bool:
    by_staff = is_staff_of(booking, booking.room.unit_id, asking)
    return not by_staff and counts_as_late(booking, edge.now())


def _before_cancelling(booking: Booking, asking: Actor) -> list[str]:
    """What cancelling does, said before anybody presses."""
    said = [_("The time becomes free for others. This cannot be undone.")]
    if is_staff_of(booking, booking.room.unit_id, asking):
        return [*said, _("Its people are told by e-mail, with your reason.")]
    hours = booking.room.unit.late_cancel_hours
    if not hours:
        return said
    length = words.duration(hours * 60)
    until = booking.starts_at - timedelta(hours=hours)
    if until <= edge.now():
        late = _(
            "It begins in less than %(length)s, so this is marked as a late cancellation.",
            length=length,
        )
    else:
        late = _(
            "It is in good time: only what is cancelled less than %(length)s before it begins is marked as late.",
            length=length,
        )
    return [*said, late]
