"""Staff keep a room's time for the unit itself, once or every week, and give it back. Knows forms; no rule."""

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

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.errors import InvalidInput, KeyReused, RoomTaken
from booking.i18n import gettext as _
from booking.i18n import ngettext, period_in_words, short_day
from booking.models import Block, Room
from booking.queries.bookings import blocks
from booking.queries.upkeep import own_room
from booking.services.blocks import block_room, block_weekly, lift_block, lift_series
from booking.web import edge
from booking.web.block_forms import WeeklyBlockForm
from booking.web.errors import status_of
from booking.web.once import once
from booking.web.reader import known_actor
from booking.web.texts import text_of, text_of_error
from calendars.period import Period

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("staff_blocks", __name__)


@dataclass(frozen=True, slots=True)
class Together:
    """Blocks made in one act, by start; one that was made alone is alone."""

    blocks: Sequence[Block]

    @property
    def first(self) -> Block:
        """The one that comes next."""
        return self.blocks[0]

    @property
    def until(self) -> str:
        """The day of the last one, in short."""
        return short_day(local(self.blocks[-1].starts_at).date())


@blueprint.get("/staff/rooms/<row:room_id>/blocks")
def show(room_id: int) -> ResponseReturnValue:
    """The room's blocks that are not over, and the form for another."""
    return _page(_own(room_id, known_actor()), WeeklyBlockForm(), 200)


@blueprint.post("/staff/rooms/<row:room_id>/blocks")
def block(room_id: int) -> ResponseReturnValue:
    """Keep the room's time for the unit itself, all dates or none; over held bookings it is refused, and their times are told."""
    asking = known_actor()
    room = _own(room_id, asking)
    form = WeeklyBlockForm(request.form)
    if not form.validate():
        return _page(room, form, 422)
    try:
        once(form, asking, lambda session: _block(session, room_id, form, asking))
    except (InvalidInput, RoomTaken, KeyReused) as error:
        return _page(room, form, status_of(error), _reasons(error))
    number = len(form.periods)
    flash(
        ngettext(
            "The room cannot be booked at this time any more.",
            "The room cannot be booked at these %(num)s times any more.",
            number,
        )
    )
    return redirect(url_for("staff_blocks.show", room_id=room_id), 303)


def _block(session: Session, room_id: int, form: WeeklyBlockForm, asking: Actor) -> int:
    reason, now = form.reason.data or "", edge.now()
    if len(form.periods) == 1:
        block_room(session, room_id, form.periods[0], reason, actor=asking, now=now)
    else:
        block_weekly(session, room_id, form.periods, reason, actor=asking, now=now)
    return len(form.periods)


@blueprint.post("/staff/blocks/<row:block_id>/lift")
def lift(block_id: int) -> ResponseReturnValue:
    """Give a block's time back."""
    asking = known_actor()
    room_id = edge.write(
        lambda session: lift_block(session, block_id, actor=asking, now=edge.now()).room_id
    )
    flash(_("The block has been lifted. The time can be booked again."))
    return redirect(url_for("staff_blocks.show", room_id=room_id), 303)


@blueprint.post("/staff/blocks/<row:block_id>/lift-all")
def lift_all(block_id: int) -> ResponseReturnValue:
    """Give back what is still to come of all blocks made together with this one."""
    asking = known_actor()
    room_id = edge.write(
        lambda session: lift_series(session, block_id, actor=asking, now=edge.now()).room_id
    )
    flash(_("The weekly block has been lifted from here on. The times can be booked again."))
    return redirect(url_for("staff_blocks.show", room_id=room_id), 303)


def _reasons(error: InvalidInput | RoomTaken | KeyReused) -> list[str]:
    if isinstance(error, KeyReused):
        return [text_of("sent_with_other_contents")]
    if isinstance(error, RoomTaken) and error.conflicts:
        # A line each: of a weekly block there may be dozens.
        times = [period_in_words(Period(met.starts_at, met.ends_at)) for met in error.conflicts]
        return [text_of("booked_where_blocked"), *times]
    return [text_of_error(error)]


def _own(room_id: int, asking: Actor) -> Room:
    with edge.read() as session:
        return own_room(session, room_id, asking)


def _page(room: Room, form: WeeklyBlockForm, status: int, reasons: Sequence[str] = ()) -> Response:
    with edge.read() as session:
        living = blocks(session, room.id, edge.now())
    page = render_template(
        "staff/blocks.html",
        room=room,
        form=form,
        together=_together(living),
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)


def _together(living: Sequence[Block]) -> list[Together]:
    """The blocks in groups that were made in one act, in the order of the first of each."""
    groups: dict[str, list[Block]] = {}
    for one in living:
        groups.setdefault(one.series or f"alone {one.id}", []).append(one)
    return [Together(group) for group in groups.values()]
