"""Units whose rooms are lent, and the days on which they keep other hours than usual. Everybody may read; staff of a unit write.

A unit is known here by its rooms: one that has none yet is made ready on the pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.domain.rooms import RoomRules
from booking.domain.unit_values import DayHours
from booking.errors import Forbidden, NotFound
from booking.models import OpeningException, Unit
from booking.queries.catalogue import Catalogue, catalogue
from booking.queries.rooms import terms_in_force
from booking.queries.units import exceptions_to_come
from booking.services.units import add_exception, remove_exception
from booking.web import edge
from booking.web.api import answers, asked, caller, facts, once, paging
from booking.web.api.operations import Takes, operation
from booking.web.api.schemas import PageQuery, PlacesQuery
from booking.web.api.schemas_of_rooms import ClosureBody, OpenAgainQuery

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def _rooms_by_unit(known: Catalogue, actor: Actor) -> dict[int, list[RoomRules]]:
    """The rooms each unit has in sight, in the catalogue's order; units without such rooms are left out."""
    found: dict[int, list[RoomRules]] = {}
    for room in known.rooms.values():
        if room.published or actor.decides_for(room.unit_id):
            found.setdefault(room.unit_id, []).append(room)
    return found


def _rooms_of(known: Catalogue, unit_id: int, actor: Actor) -> list[RoomRules]:
    try:
        return _rooms_by_unit(known, actor)[unit_id]
    except KeyError:
        raise NotFound("unit") from None


def _require_keeper(known: Catalogue, unit_id: int, actor: Actor) -> None:
    _rooms_of(known, unit_id, actor)
    if not actor.decides_for(unit_id):
        raise Forbidden("not_your_unit")


@operation("GET", "/units", Takes("none", query=PlacesQuery), {200: "Units"})
def units() -> Response:
    """Units that have rooms, by municipality and name."""
    wanted = asked.query(PlacesQuery)
    with edge.read() as session:
        known = catalogue(session)
    found = [
        rooms
        for rooms in _rooms_by_unit(known, caller.anybody()).values()
        if wanted.get("municipality") in (None, rooms[0].municipality)
        and wanted.get("region") in (None, known.region_of.get(rooms[0].municipality))
    ]
    ids = [rooms[0].unit_id for rooms in found]
    rest = paging.behind(found, ids, paging.row_of(wanted.get("cursor")))
    shown, has_more = paging.first_page(rest, wanted["limit"])
    cursor = paging.row_cursor(shown[-1][0].unit_id) if has_more else None
    items = [facts.unit_in_list(known, rooms) for rooms in shown]
    return answers.json_answer(paging.page(items, cursor))


@operation(
    "GET", "/units/<row:unit_id>", Takes("none", version=True), {200: "UnitInFull", 304: None}
)
def unit(unit_id: int) -> Response:
    """One unit: contact, opening hours, rules of use, quotas and its rooms."""
    actor, today = caller.anybody(), local(edge.now()).date()
    with edge.read() as session:
        known = catalogue(session)
        rooms = _rooms_of(known, unit_id, actor)
        row, for_staff = session.get_one(Unit, unit_id), actor.decides_for(unit_id)
        # What is over is left out, so the day is part of it; and staff see more rooms.
        of = f"{known.version}-{today:%Y%m%d}{'-s' * for_staff}"
        etag = answers.version_etag(row.version, of)
        if answers.is_known(etag):
            return answers.not_modified(etag)
        terms = terms_in_force(session, unit_id)
        body = facts.unit_in_full(known, rooms, row, terms, today)
    return answers.Answer(200, body, etag).response()


@operation(
    "GET", "/units/<row:unit_id>/closures", Takes("none", query=PageQuery), {200: "Closures"}
)
def closures(unit_id: int) -> Response:
    """Days that are not over on which a unit keeps other hours than usual, or is closed; by first day.

    Where such days overlap, those that are fewer count. Holidays are not among them: see the unit's `holidays`.
    """
    wanted, today = asked.query(PageQuery), local(edge.now()).date()
    with edge.read() as session:
        _rooms_of(catalogue(session), unit_id, caller.anybody())
        found = exceptions_to_come(session, unit_id, today)
    after = paging.row_of(wanted.get("cursor"))
    rest = paging.behind(found, [row.id for row in found], after)
    shown, has_more = paging.first_page(rest, wanted["limit"])
    cursor = paging.row_cursor(shown[-1].id) if has_more else None
    return answers.json_answer(paging.page([facts.closure(row) for row in shown], cursor))


@operation(
    "POST",
    "/units/<row:unit_id>/closures",
    Takes("write", body=ClosureBody, key=True, may_break=True),
    {201: "Closure"},
)
def close(unit_id: int) -> Response:
    """Close a unit for some days, or let it keep other hours. For its staff.

    Bookings to come that this would break are listed (409 `breaks_bookings`); with their ids in `accepted` it is done.
    """
    actor, now = caller.writer(), edge.now()
    body = asked.body(ClosureBody)

    def act(session: Session) -> answers.Answer:
        _require_keeper(catalogue(session), unit_id, actor)
        values = body.values
        hours = DayHours(
            values["first_day"],
            values.get("last_day") or values["first_day"],
            values.get("opens"),
            values.get("closes"),
            values.get("reason"),
        )
        row = add_exception(session, unit_id, hours, values["accepted"], actor=actor, now=now)
        return answers.Answer(201, facts.closure(row))

    return once.do(act, body.raw, actor=actor, now=now)


@operation(
    "DELETE",
    "/closures/<row:closure_id>",
    Takes("write", query=OpenAgainQuery, may_break=True),
    {204: None},
)
def open_again(closure_id: int) -> Response:
    """Let the usual hours count again on these days. For staff of the unit; a second time it is not there (404)."""
    actor, now = caller.writer(), edge.now()

    def act(session: Session) -> None:
        row = session.get(OpeningException, closure_id)
        if row is None:
            raise NotFound("exception")
        _require_keeper(catalogue(session), row.unit_id, actor)
        accepted = asked.query(OpenAgainQuery)["accepted"]
        remove_exception(session, closure_id, accepted, actor=actor, now=now)

    edge.write(act)
    return Response(status=204)
