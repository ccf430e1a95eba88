"""Staff say which floor a unit's rooms are made of: divide a space, join spaces, make a room of others.

Knows forms and their answers, and tells it with the names of rooms; which bookings would meet is the services' question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

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

from booking.db import rehearsed
from booking.domain.access import Actor
from booking.errors import (
    BookingError,
    BreaksBookings,
    InvalidValues,
    KeyReused,
    Stale,
    WrongState,
)
from booking.i18n import current_locale, ngettext
from booking.i18n import gettext as _
from booking.models import Room, Space, Unit
from booking.queries.catalogue import catalogue
from booking.queries.upkeep import own_room, own_space, own_unit, spaces_of_unit
from booking.services.spaces import divide_space, join_spaces, set_room_spaces
from booking.web import edge
from booking.web.errors import status_of
from booking.web.faults import broken_shown, place_faults, text_of_stale
from booking.web.fields import options
from booking.web.once import once
from booking.web.reader import known_actor
from booking.web.room_history import missed
from booking.web.space_forms import DivideForm, JoinForm, MadeOfForm
from booking.web.texts import text_of, text_of_error

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("staff_spaces", __name__)

_REFUSALS = (InvalidValues, BreaksBookings, Stale, WrongState)
# One act on the floor, with the bookings to cancel in it and why.
Act = Callable[["Session", frozenset[int], str | None], object]
AnyForm = TypeVar("AnyForm", JoinForm, MadeOfForm)


class _Renamed(Exception):
    """A space has another name than whoever divides it has seen: it may be divided already."""


@blueprint.get("/staff/units/<row:unit_id>/spaces")
def show(unit_id: int) -> str:
    """The unit's spaces with the rooms made of each, and its rooms with those that can't be had at the same time."""
    asking = known_actor()
    with edge.read() as session:
        unit = own_unit(session, unit_id, asking)
        spaces = spaces_of_unit(session, unit_id)
        rooms = catalogue(session).rooms
    return render_template(
        "staff/spaces.html",
        unit=unit,
        spaces=spaces,
        rooms=rooms,
        own=[room for room in rooms.values() if room.unit_id == unit_id],
        names={space.id: space.name for space in spaces},
    )


@blueprint.get("/staff/spaces/<row:space_id>/divide")
def consider_dividing(space_id: int) -> ResponseReturnValue:
    """The form to divide a space."""
    space = _own_space(space_id, known_actor())
    return _divide_page(space, DivideForm(data={"seen": space.name}), 200)


@blueprint.post("/staff/spaces/<row:space_id>/divide")
def divide(space_id: int) -> ResponseReturnValue:
    """Divide a space; every room that is made of it is made of all its parts."""
    asking = known_actor()
    space = _own_space(space_id, asking)
    form = DivideForm(request.form)
    if not form.validate():
        return _divide_page(space, form, 422)
    seen, parts = form.seen.data, form.parts

    def act(session: Session) -> int:
        if own_space(session, space_id, asking).name != seen:
            raise _Renamed
        return len(divide_space(session, space_id, parts, actor=asking, now=edge.now()))

    try:
        once(form, asking, act)
    except InvalidValues as error:
        return _divide_page(space, form, 422, place_faults(form, error))
    except KeyReused:
        return _divide_page(space, form, 422, [text_of("sent_with_other_contents")])
    except _Renamed:
        current = _own_space(space_id, asking)
        # Whoever divides it now has seen what it is.
        form.seen.data = current.name
        return _divide_page(current, form, 409, [text_of("stale_form")])
    flash(_("The space has been divided. Now each part can be a room of its own: add the rooms."))
    return redirect(url_for("staff_spaces.show", unit_id=space.unit_id), 303)


def _divide_page(
    space: Space, form: DivideForm, status: int, reasons: Sequence[str] = ()
) -> Response:
    with edge.read() as session:
        found = catalogue(session).rooms.values()
    page = render_template(
        "staff/space_divide.html",
        space=space,
        rooms=[room for room in found if space.id in room.space_ids],
        form=form,
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)


@blueprint.get("/staff/units/<row:unit_id>/spaces/join")
def consider_joining(unit_id: int) -> ResponseReturnValue:
    """The form to join spaces."""
    unit, spaces = _own_floor(unit_id, known_actor())
    return _join_page(unit, _offered(JoinForm(), spaces), 200, {})


@blueprint.post("/staff/units/<row:unit_id>/spaces/join")
def join(unit_id: int) -> ResponseReturnValue:
    """Make several spaces one; bookings that would meet are listed, and cancelled in the same act where that is ticked."""
    asking = known_actor()
    unit, spaces = _own_floor(unit_id, asking)
    form = _offered(JoinForm(request.form), spaces)
    form.choose(request.form.getlist("cancel"))
    if not form.validate():
        return _join_page(unit, form, 422, {})
    ids, name = form.space_ids, form.names.data or ""

    def act(session: Session, cancel: frozenset[int], reason: str | None) -> object:
        return join_spaces(session, ids, name, cancel, reason, actor=asking, now=edge.now())

    error = _refusal(act, form)
    if error is not None:
        return _join_page(unit, form, status_of(error), _explained(form, error, act))
    flash(_("The spaces have been joined.") + _cancelled(form))
    return redirect(url_for("staff_spaces.show", unit_id=unit_id), 303)


def _join_page(unit: Unit, form: JoinForm, status: int, context: dict[str, Any]) -> Response:
    page = render_template(
        "staff/space_join.html", unit=unit, form=form, failed=status >= 400, **context
    )
    return make_response(page, status)


@blueprint.get("/staff/rooms/<row:room_id>/spaces")
def consider_floor(room_id: int) -> ResponseReturnValue:
    """The form that says what a room is made of."""
    room, spaces = _own_room_and_floor(room_id, known_actor())
    ticked = [str(space.id) for space in room.spaces]
    form = _offered(MadeOfForm(data={"version": room.version, "spaces": ticked}), spaces)
    return _floor_page(room, form, 200, {})


@blueprint.post("/staff/rooms/<row:room_id>/spaces")
def make_of(room_id: int) -> ResponseReturnValue:
    """Make a room of other spaces; bookings that would meet are listed, and cancelled in the same act where that is ticked."""
    asking = known_actor()
    room, spaces = _own_room_and_floor(room_id, asking)
    form = _offered(MadeOfForm(request.form), spaces)
    form.choose(request.form.getlist("cancel"))
    if not form.validate():
        return _floor_page(room, form, 422, {})
    ids, seen = form.space_ids, form.seen

    def act(session: Session, cancel: frozenset[int], reason: str | None) -> object:
        now = edge.now()
        return set_room_spaces(session, room_id, seen, ids, cancel, reason, actor=asking, now=now)

    error = _refusal(act, form)
    if isinstance(error, Stale):
        current, entries = missed(room_id, seen, asking)
        # Whoever saves again has seen what the others saved.
        form.version.data = str(current)
        return _floor_page(room, form, 409, {"reasons": [text_of_stale(error)], "missed": entries})
    if error is not None:
        return _floor_page(room, form, status_of(error), _explained(form, error, act))
    flash(_("The room is now made of these spaces.") + _cancelled(form))
    return redirect(url_for("staff_rooms.show", room_id=room_id), 303)


def _floor_page(room: Room, form: MadeOfForm, status: int, context: dict[str, Any]) -> Response:
    page = render_template(
        "staff/room_spaces.html", room=room, form=form, failed=status >= 400, **context
    )
    return make_response(page, status)


def _refusal(act: Act, form: AnyForm) -> BookingError | None:
    """Do the act; why it was refused, if it was."""
    try:
        edge.write(lambda session: act(session, form.chosen, form.reason.data))
    except _REFUSALS as error:
        return error
    return None


def _explained(form: AnyForm, error: BookingError, act: Act) -> dict[str, Any]:
    """Put a refusal where it belongs on the form; what the template needs besides, the bookings in the way above all."""
    if isinstance(error, BreaksBookings):
        return broken_shown(error)
    reasons = (
        place_faults(form, error) if isinstance(error, InvalidValues) else [text_of_error(error)]
    )
    # What was ticked was refused (no reason, or begun meanwhile): show the bookings again.
    broken = _in_the_way(act) if form.chosen else None
    return {"reasons": reasons, **broken_shown(broken)}


def _in_the_way(act: Act) -> BreaksBookings | None:
    """Which bookings the act would break if none were cancelled. Nothing is done."""
    try:
        rehearsed(edge.edge().database, lambda session: act(session, frozenset(), None))
    except BreaksBookings as error:
        return error
    except _REFUSALS:
        pass
    return None


def _cancelled(form: AnyForm) -> str:
    number = len(form.chosen)
    if not number:
        return ""
    return " " + ngettext(
        "%(num)s booking has been cancelled. Tell its people.",
        "%(num)s bookings have been cancelled. Tell their people.",
        number,
    )


def _own_space(space_id: int, asking: Actor) -> Space:
    with edge.read() as session:
        return own_space(session, space_id, asking)


def _own_floor(unit_id: int, asking: Actor) -> tuple[Unit, list[tuple[str, str]]]:
    """A unit of the reader's, and its spaces as choices."""
    with edge.read() as session:
        return own_unit(session, unit_id, asking), space_choices(session, unit_id)


def _own_room_and_floor(room_id: int, asking: Actor) -> tuple[Room, list[tuple[str, str]]]:
    """A room of the reader's, and its unit's spaces as choices."""
    with edge.read() as session:
        room = own_room(session, room_id, asking)
        return room, space_choices(session, room.unit_id)


def space_choices(session: Session, unit_id: int) -> list[tuple[str, str]]:
    """A unit's spaces as choices of a form, each with the rooms that people know it by."""
    rooms = catalogue(session).rooms
    locale = current_locale()
    return [
        (
            str(space.id),
            f"{space.name} ({_used_by([rooms[one].name.choose(locale)[0] for one in space.room_ids])})",
        )
        for space in spaces_of_unit(session, unit_id)
    ]


def _used_by(names: Sequence[str]) -> str:
    return ", ".join(names) or _("no room")


def _offered(form: AnyForm, spaces: Sequence[tuple[str, str]]) -> AnyForm:
    form.spaces.choices = options(spaces)
    return form
