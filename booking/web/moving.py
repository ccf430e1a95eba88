"""Moving a booking to another day, time or room: one page, on which nothing that was typed is lost.

Knows the form, what is said before, and free times instead of a taken one; whether it may be moved is the service's question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
from booking.domain.bookings import CHANGEABLE
from booking.domain.rooms import RoomRules
from booking.errors import (
    BookingError,
    Forbidden,
    InvalidInput,
    KeyReused,
    NotFound,
    PolicyRefusal,
    RoomTaken,
    Stale,
    WrongState,
)
from booking.i18n import day_in_words
from booking.i18n import gettext as _
from booking.models import Booking, Terms
from booking.queries.bookings import booking_in_sight
from booking.queries.catalogue import catalogue
from booking.queries.next_free import next_free_times
from booking.queries.rooms import terms_in_force
from booking.services.bookings import move_booking
from booking.services.changes import is_staff_of
from booking.services.edits import asks_anew, needs_no_decision
from booking.web import edge
from booking.web.booking_forms import MoveForm, StaffMoveForm
from booking.web.changed import changed_page, missed_changes
from booking.web.errors import status_of
from booking.web.explained import explained
from booking.web.once import once
from booking.web.reader import known_actor
from booking.web.rooms_offered import chosen_room, must_accept, room_choices
from booking.web.slots import slot_values
from booking.web.texts import text_of
from calendars.period import Period

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("moving", __name__)

_FREE_SHOWN = 3
# Refusals that another time of the same room would lift.
_OF_TIME = frozenset({"closed", "not_available_then", "too_late", "wrong_step", "buffer"})
# What this form doesn't ask: here another room would help.
_BY_ANOTHER_ROOM = {"people": "room", "activity": "room"}
# The button of a free time fills the form with it; this is its name.
_USE = "use"


@dataclass(frozen=True)
class _Asked:
    """The form as it is filled in, the booking as it is, the room named, and its rules of use if they must be accepted."""

    form: MoveForm
    booking: Booking
    chosen: RoomRules | None
    terms: Terms | None

    @property
    def accepted(self) -> int | None:
        """The version of the rules of use that are accepted with this form."""
        return self.terms.version if self.terms and self.form.terms.checked else None


@blueprint.get("/bookings/<row:booking_id>/move")
def consider(booking_id: int) -> ResponseReturnValue:
    """The form, filled with what the booking has."""
    asking = known_actor()
    booking = _own(booking_id, asking)
    if booking.state not in CHANGEABLE or booking.starts_at <= edge.now():
        return redirect(url_for("bookings.show", booking_id=booking_id), 303)
    filled = MultiDict(slot_values(Period(booking.starts_at, booking.ends_at)))
    filled["room"] = str(booking.room_id)
    filled["version"] = str(booking.version)
    return _page(_asked(booking, filled, asking), 200, asking)


@blueprint.post("/bookings/<row:booking_id>/move")
def move(booking_id: int) -> ResponseReturnValue:
    """Move it, on the version that was seen; what is refused comes back with its reasons, and free times where there are."""
    asking = known_actor()
    booking = _own(booking_id, asking)
    filled = MultiDict(request.form)
    if _USE in filled:
        for name, value in _slot_in(filled[_USE]).items():
            filled[name] = value
        return _page(_asked(booking, filled, asking), 200, asking)
    asked = _asked(booking, filled, asking)
    if not asked.form.validate():
        if asked.terms is not None and not asked.form.terms.checked:
            # The policy would say so only once all else is right.
            asked.form.terms.errors = [text_of("terms_not_accepted")]
        return _page(asked, 422, asking)
    try:
        once(asked.form, asking, lambda session: _move(session, asked, asking))
    except WrongState as error:
        return changed_page(booking_id, asking, error, asked.form.seen)
    except Stale as error:
        return _stale_page(asked, error, asking)
    except KeyReused:
        return _page(asked, 422, asking, [text_of("sent_with_other_contents")])
    except (PolicyRefusal, RoomTaken, InvalidInput, NotFound, Forbidden) as error:
        return _refused(asked, error, asking)
    flash(_("The booking has been moved. The old time is free for others."))
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def _own(booking_id: int, asking: Actor) -> Booking:
    with edge.read() as session:
        booking = booking_in_sight(session, booking_id, asking)
    if not asking.changes(booking.room.unit_id, booking.organisation_id):
        raise Forbidden("not_your_booking")
    return booking


def _move(session: Session, asked: _Asked, asking: Actor) -> int:
    form = asked.form
    assert form.period is not None  # validated
    moved = move_booking(
        session,
        asked.booking.id,
        form.seen,
        int(form.room.data),
        form.period,
        form.reason.data,
        asked.accepted,
        actor=asking,
        now=edge.now(),
    )
    return moved.version


def _asked(booking: Booking, filled: MultiDict[str, str], asking: Actor) -> _Asked:
    is_staff = is_staff_of(booking, booking.room.unit_id, asking)
    form = (StaffMoveForm if is_staff else MoveForm)(filled)
    with edge.read() as session:
        rooms = catalogue(session)
        form.room.choices = room_choices(rooms)
        chosen = chosen_room(rooms, form.room.data, asking)
        terms = None
        if chosen is not None and not is_staff and must_accept(chosen, booking):
            terms = terms_in_force(session, chosen.unit_id)
    if chosen is not None and terms is not None:
        form.terms.wanted = f"{chosen.unit_id}-{terms.version}"
    return _Asked(form, booking, chosen, terms)


def _slot_in(typed: str) -> dict[str, str]:
    """The values of the fields for a time as the button of a free one carries it; none for anything else."""
    first, _sep, last = typed.partition("/")
    try:
        return slot_values(Period(datetime.fromisoformat(first), datetime.fromisoformat(last)))
    except ValueError:
        return {}


def _refused(asked: _Asked, error: BookingError, asking: Actor) -> Response:
    if isinstance(error, NotFound):
        asked.form.room.errors = [text_of("bad_choice")]
        return _page(asked, status_of(error), asking)
    codes = {one.code for one in error.refusals} if isinstance(error, PolicyRefusal) else set()
    another_time = isinstance(error, RoomTaken) or bool(codes & _OF_TIME)
    free = _free_instead(asked) if another_time else []
    reasons = explained(asked.form, error, _BY_ANOTHER_ROOM)
    return _page(asked, status_of(error), asking, reasons, free)


def _free_instead(asked: _Asked) -> list[Period]:
    """The next free times of the room from the wished one on, as long as that."""
    wished, chosen = asked.form.period, asked.chosen
    if wished is None or chosen is None:
        return []
    minutes = int((wished.end - wished.start).total_seconds() // 60)
    found: list[Period] = []
    start = now = edge.now()
    start = max(now, wished.start)
    with edge.read() as session:
        while len(found) < _FREE_SHOWN:
            following = next_free_times(session, [chosen], minutes, start, now).get(chosen.id)
            if following is None:
                break
            found.append(following)
            start = following.end
    return found


def _stale_page(asked: _Asked, error: Stale, asking: Actor) -> Response:
    """What was typed is kept; who sends it again has seen what others changed."""
    form = asked.form
    booking, missed = missed_changes(asked.booking.id, asking, form.seen)
    form.version.data = str(booking.version)
    again = _Asked(form, booking, asked.chosen, asked.terms)
    return _page(again, status_of(error), asking, [text_of("stale_form")], missed=missed)


def _before(booking: Booking, asking: Actor) -> str:
    """What moving does to the booking, said before anybody presses."""
    if is_staff_of(booking, booking.room.unit_id, asking):
        return _(
            "The booking keeps its state. Its people are told by e-mail, with your reason. "
            "The old time is given back at once."
        )
    if booking.state == "requested":
        return _(
            "The new time is held for you until the site decides, and the old one is given back at once."
        )
    if asks_anew(booking, booking.room.unit_id, asking) and not needs_no_decision(booking):
        return _(
            "The booking is approved. If you move it, the site decides anew: the new time is held for you until then, "
            "and the old one is given back at once."
        )
    return _("The booking stays approved, and the old time is given back at once.")


def _page(
    asked: _Asked,
    status: int,
    asking: Actor,
    reasons: Sequence[str] = (),
    free: Sequence[Period] = (),
    missed: Sequence[object] = (),
) -> Response:
    day = asked.form.day.data
    page = render_template(
        "bookings/move.html",
        booking=asked.booking,
        form=asked.form,
        chosen=asked.chosen,
        terms=asked.terms,
        before=_before(asked.booking, asking),
        by_staff=is_staff_of(asked.booking, asked.booking.room.unit_id, asking),
        free=free,
        missed=missed,
        reasons=reasons,
        understood=day_in_words(day) if day else "",
        failed=status >= 400,
    )
    return make_response(page, status)
