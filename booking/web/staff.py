"""Pages of those who decide: the queue of requests, and the rooms of their units with what each still needs. Knows no rule.

Deciding on one request: `booking.web.deciding`.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from booking.domain.access import Actor
from booking.domain.accessibility import completeness
from booking.domain.local_time import local
from booking.domain.rooms import RoomRules
from booking.errors import Forbidden
from booking.models import Unit
from booking.queries.catalogue import catalogue
from booking.queries.deciding import standing_in, undoable
from booking.queries.queue import queue
from booking.queries.upkeep import Described, described, own_units
from booking.web import edge
from booking.web.deciding_forms import QueueForm
from booking.web.decision_shown import undo_until
from booking.web.paging import page_number, page_of
from booking.web.queue_words import queue_card
from booking.web.reader import known_actor

blueprint = Blueprint("staff", __name__)

# As many rooms as fit on a page that is still read; who keeps more chooses a site first.
_MOST_ROOMS = 40


@dataclass(frozen=True, slots=True)
class _Kept:
    """A room on the list: its rules, how many facts of accessibility are known of how many, and what else is known."""

    rules: RoomRules
    known: int
    total: int
    described: Described


@blueprint.get("/staff")
def requests() -> ResponseReturnValue:
    """Requests the reader decides, or as coordinator follows, narrowed as the address says; and what was decided just now."""
    asking, now = known_actor(), edge.now()
    if not (asking.is_coordinator or _decides_somewhere(asking)):
        raise Forbidden("forbidden")
    number, form = page_number(), QueueForm(request.args)
    kept = {name: value for name, value in request.args.items() if name in form and value}
    with edge.read() as session:
        form.offer(catalogue(session), asking)
        is_valid = form.validate()
        wanted = form.wanted(now)
        page = page_of(
            number, lambda limit, offset: queue(session, asking, wanted, limit, offset), kept
        )
        context = {
            "stands_in": standing_in(session, asking, local(now).date()),
            "decided": undoable(session, asking, now),
        }
    shown = render_template(
        "staff/queue.html",
        form=form,
        page=page,
        kept=kept,
        is_narrowed=bool(kept.keys() - {"sort"}),
        cards=[queue_card(row, asking, now) for row in page.rows],
        undo_until=undo_until,
        failed=not is_valid,
        **context,
    )
    return make_response(shown, 200 if is_valid else 422)


@blueprint.get("/staff/rooms")
def rooms() -> str:
    """The rooms of the reader's units, published or not, by unit; of many units, those of the one chosen."""
    asking = known_actor()
    if not _decides_somewhere(asking):
        raise Forbidden("forbidden")
    with edge.read() as session:
        units = own_units(session, asking)
        by_unit: dict[int, list[RoomRules]] = {unit.id: [] for unit in units}
        for room in catalogue(session).rooms.values():
            if room.unit_id in by_unit:
                by_unit[room.unit_id].append(room)
        shown = _shown(units, by_unit)
        ids = [room.id for unit in shown for room in by_unit[unit.id]]
        found = described(session, ids, local(edge.now()).date())
    kept = {
        unit.id: [
            _Kept(room, *completeness(room.features), found[room.id]) for room in by_unit[unit.id]
        ]
        for unit in shown
    }
    return render_template(
        "staff/rooms.html",
        units=units,
        shown=shown,
        rooms=kept,
        numbers={unit_id: len(own) for unit_id, own in by_unit.items()},
    )


def _shown(units: list[Unit], by_unit: dict[int, list[RoomRules]]) -> list[Unit]:
    """The unit that the address names; else all, if their rooms are few enough for one page."""
    asked = request.args.get("unit", "")
    if asked:
        chosen = [unit for unit in units if str(unit.id) == asked]
        return chosen or abort(404)
    is_short = sum(len(own) for own in by_unit.values()) <= _MOST_ROOMS
    return units if is_short or len(units) == 1 else []


def _decides_somewhere(asking: Actor) -> bool:
    return asking.is_admin or bool(asking.approver_units)
