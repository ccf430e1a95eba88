"""Rooms and their free time, readable without a token. Says when a room may be asked for; never who has it."""

from __future__ import annotations

from flask import Response

from booking.domain.bookings import Wish
from booking.domain.local_time import local
from booking.domain.rooms import has_all
from booking.errors import NotFound
from booking.queries.availability import Wanted, allowed_rooms, in_scope
from booking.queries.catalogue import catalogue
from booking.queries.rooms import room_in_full as room_row
from booking.web import edge
from booking.web.api import asked, paging
from booking.web.api.answers import (
    Answer,
    is_known,
    json_answer,
    not_modified,
    room_in_full,
    room_in_list,
)
from booking.web.api.operations import Takes, operation
from booking.web.api.schemas import AvailabilityQuery, RoomsQuery
from calendars.period import Period


@operation("GET", "/rooms", Takes("none", query=RoomsQuery), {200: "Rooms"})
def rooms() -> Response:
    """Rooms, by municipality, unit and name.

    Only what is known counts: a room whose wanted feature is unknown is left out.
    """
    wanted = asked.query(RoomsQuery)
    with edge.read() as session:
        known = catalogue(session)
    found = [
        room
        for room in known.rooms.values()
        if room.published
        and wanted.get("municipality") in (None, room.municipality)
        and wanted.get("unit") in (None, room.unit_id)
        and wanted.get("people", 0) <= room.capacity
        and ("activity" not in wanted or wanted["activity"] in room.activities)
        and has_all(room, wanted.get("features", ())) == "yes"
    ]
    rest = paging.behind(found, [room.id for room in found], paging.row_of(wanted.get("cursor")))
    shown, has_more = paging.first_page(rest, wanted["limit"])
    return json_answer(
        paging.page(
            [room_in_list(room) for room in shown],
            paging.row_cursor(shown[-1].id) if has_more else None,
        )
    )


@operation(
    "GET", "/rooms/<row:room_id>", Takes("none", version=True), {200: "RoomInFull", 304: None}
)
def room(room_id: int) -> Response:
    """One room: facts, accessibility, opening hours and rules."""
    today = local(edge.now()).date()
    with edge.read() as session:
        known = catalogue(session)
        rules = known.room(room_id)
        if not rules.published:
            raise NotFound("room")
        # Exceptions of the past are left out, so the day is part of the version.
        etag = f"{known.version}-{today:%Y%m%d}"
        if is_known(etag):
            return not_modified(etag)
        return Answer(200, room_in_full(rules, room_row(session, room_id), today), etag).response()


@operation("GET", "/availability", Takes("none", query=AvailabilityQuery), {200: "Rooms"})
def availability() -> Response:
    """Rooms that may be asked for at this time: free, open, and allowed by all of their rules."""
    wanted = asked.query(AvailabilityQuery)
    wish = Wish(
        Period(wanted["starts_at"], wanted["ends_at"]), wanted["activity"], wanted["people"]
    )
    search = Wanted(
        wish, wanted.get("municipality"), wanted.get("unit"), wanted.get("features", frozenset())
    )
    after = paging.row_of(wanted.get("cursor"))
    with edge.read() as session:
        if after is not None:
            paging.require_row(after, [room.id for room in in_scope(catalogue(session), search)])
        allowed = allowed_rooms(session, search, edge.now(), after)
        shown, has_more = paging.first_page(allowed, wanted["limit"])
    return json_answer(
        paging.page(
            [room_in_list(room) for room in shown],
            paging.row_cursor(shown[-1].id) if has_more else None,
        )
    )
