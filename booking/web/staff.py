"""Pages of those who decide: the queue of requests, the units' rooms, the blocks of each. Knows forms; no rule."""

from __future__ import annotations

from collections.abc import Sequence

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
from booking.domain.rooms import RoomRules
from booking.errors import Forbidden, InvalidInput, RoomTaken
from booking.i18n import gettext as _
from booking.queries.bookings import blocks, queue
from booking.queries.catalogue import catalogue
from booking.services.blocks import block_room, lift_block
from booking.web import edge
from booking.web.errors import status_of
from booking.web.forms import BlockForm
from booking.web.paging import page_number, page_of
from booking.web.reader import known_actor
from booking.web.texts import text_of_error

blueprint = Blueprint("staff", __name__)


@blueprint.get("/staff")
def requests() -> str:
    """Requests the reader decides, or as coordinator follows; those asked first come first."""
    asking = known_actor()
    if not (asking.is_coordinator or _decides_somewhere(asking)):
        raise Forbidden("forbidden")
    number = page_number()
    with edge.read() as session:
        page = page_of(number, lambda limit, offset: queue(session, asking, limit, offset))
    return render_template("staff/queue.html", page=page, now=edge.now())


@blueprint.get("/staff/rooms")
def rooms() -> str:
    """The rooms of the reader's units, published or not."""
    asking = _decider()
    with edge.read() as session:
        found = catalogue(session)
    own = [room for room in found.rooms.values() if asking.decides_for(room.unit_id)]
    return render_template("staff/rooms.html", rooms=own, municipalities=found.municipalities)


@blueprint.get("/staff/rooms/<row:room_id>/blocks")
def room_blocks(room_id: int) -> ResponseReturnValue:
    """The room's blocks that are not over, and the form for another."""
    return _blocks_page(_own_room(room_id, _decider()), BlockForm(), 200)


@blueprint.post("/staff/rooms/<row:room_id>/blocks")
def block(room_id: int) -> ResponseReturnValue:
    """Keep the room's time for the unit itself; over held bookings it is refused, and their times are told."""
    asking = _decider()
    rules = _own_room(room_id, asking)
    form = BlockForm(request.form)
    period = form.period if form.validate() else None
    if period is None:
        return _blocks_page(rules, form, 422)
    reason = form.reason.data or ""
    try:
        edge.write(
            lambda session: block_room(
                session, room_id, period, reason, actor=asking, now=edge.now()
            )
        )
    except (InvalidInput, RoomTaken) as error:
        return _blocks_page(rules, form, status_of(error), [text_of_error(error)])
    flash(_("The room cannot be booked at this time any more."))
    return redirect(url_for("staff.room_blocks", room_id=room_id), 303)


@blueprint.post("/staff/blocks/<row:block_id>/lift")
def lift(block_id: int) -> ResponseReturnValue:
    """Give a block's time back."""
    asking = known_actor()
    room_id = edge.write(
        lambda session: lift_block(session, block_id, actor=asking, now=edge.now()).room_id
    )
    flash(_("The block has been lifted. The time can be booked again."))
    return redirect(url_for("staff.room_blocks", room_id=room_id), 303)


def _decider() -> Actor:
    asking = known_actor()
    if not _decides_somewhere(asking):
        raise Forbidden("forbidden")
    return asking


def _decides_somewhere(asking: Actor) -> bool:
    return asking.is_admin or bool(asking.approver_units)


def _own_room(room_id: int, asking: Actor) -> RoomRules:
    with edge.read() as session:
        rules = catalogue(session).room(room_id)
    if not asking.decides_for(rules.unit_id):
        raise Forbidden("not_your_unit")
    return rules


def _blocks_page(
    rules: RoomRules, form: BlockForm, status: int, reasons: Sequence[str] = ()
) -> Response:
    with edge.read() as session:
        living = blocks(session, rules.id, edge.now())
    page = render_template(
        "staff/blocks.html",
        room=rules,
        form=form,
        blocks=living,
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)
