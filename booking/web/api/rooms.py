"""Rooms and their free time, readable without a token. Says when a room may be asked for; never who has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import Response

from booking.domain.access import Actor
from booking.domain.bookings import Wish
from booking.domain.free_time import weekly_slots
from booking.domain.local_time import local
from booking.domain.rooms import RoomRules, has_all
from booking.errors import NotFound
from booking.queries.availability import Wanted, allowed_rooms, in_scope
from booking.queries.catalogue import Catalogue, catalogue
from booking.queries.next_free import SeasonFound, next_free_times, season_found
from booking.queries.rooms import room_in_full as room_row
from booking.queries.rooms import terms_in_force
from booking.web import edge
from booking.web.api import asked, caller, paging
from booking.web.api.answers import Answer, is_known, json_answer, not_modified, version_etag
from booking.web.api.facts import RoomFacts, room_in_full, room_in_list
from booking.web.api.operations import Takes, operation
from booking.web.api.problems import BadValues, Fault
from booking.web.api.schemas import AvailabilityQuery, NextFreeQuery, RoomsQuery
from booking.web.vain import count_vain_search, count_vain_season
from calendars.period import Period

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_WEEK = timedelta(days=7)


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
        and wanted.get("region") in (None, known.region_of.get(room.municipality))
        and wanted.get("unit") in (None, room.unit_id)
        and wanted.get("people", 0) <= room.capacity
        and ("activity" not in wanted or wanted["activity"] in room.activities)
        and (room.is_hybrid_ready or not wanted["hybrid"])
        and has_all(room, wanted.get("features", ())) == "yes"
    ]
    rest = paging.behind(found, [room.id for room in found], paging.row_of(wanted.get("cursor")))
    return _page_of_rooms(known, *paging.first_page(rest, wanted["limit"]))


def _page_of_rooms(known: Catalogue, shown: Sequence[RoomRules], has_more: bool) -> Response:
    cursor = paging.row_cursor(shown[-1].id) if has_more else None
    return json_answer(paging.page([room_in_list(known, room) for room in shown], cursor))


@operation(
    "GET", "/rooms/<row:room_id>", Takes("none", version=True), {200: "RoomInFull", 304: None}
)
def room(room_id: int) -> Response:
    """One room: facts, accessibility, pictures, opening hours and rules.

    Staff of its unit see it before it is published, and keys and alarm. Its ETag begins with `version`, which rises when the
    room is edited; what else is shown (opening hours, the day) makes another ETag, but does not stand in the way of a change.
    """
    actor = caller.anybody()
    with edge.read() as session:
        known = catalogue(session)
        rules = room_in_sight(known, room_id, actor)
        return shown_room(session, known, rules, actor, edge.now())


def room_in_sight(known: Catalogue, room_id: int, actor: Actor) -> RoomRules:
    """A room that everybody may see, or staff of its unit; raises NotFound."""
    rules = known.room(room_id)
    if not (rules.published or actor.decides_for(rules.unit_id)):
        raise NotFound("room")
    return rules


def shown_room(
    session: Session, known: Catalogue, rules: RoomRules, actor: Actor, now: datetime
) -> Response:
    """The answer that shows a room as it is now, or says that it is known already."""
    today = local(now).date()
    row, for_staff = room_row(session, rules.id), actor.decides_for(rules.unit_id)
    # What is over is left out, so the day is part of it; and staff see more.
    etag = version_etag(row.version, f"{known.version}-{today:%Y%m%d}{'-s' * for_staff}")
    if is_known(etag):
        return not_modified(etag)
    facts = RoomFacts(row, terms_in_force(session, rules.unit_id), today, for_staff)
    return Answer(200, room_in_full(known, rules, facts), etag).response()


@operation(
    "GET",
    "/rooms/<row:room_id>/next-free",
    Takes("none", query=NextFreeQuery),
    {200: "NextFree"},
)
def next_free(room_id: int) -> Response:
    """The first time from now, or from `from` on, at which the room may be asked for so long.

    null: there is none as far ahead as the room is lent, or it is not lent here.
    """
    wanted, now = asked.query(NextFreeQuery), edge.now()
    with edge.read() as session:
        rules = room_in_sight(catalogue(session), room_id, caller.anybody())
        _require_length(rules, wanted["minutes"])
        start = max(now, wanted.get("start", now))
        found = next_free_times(session, [rules], wanted["minutes"], start, now).get(room_id)
    return json_answer(
        None
        if found is None
        else {"starts_at": found.start.isoformat(), "ends_at": found.end.isoformat()}
    )


def _require_length(rules: RoomRules, minutes: int) -> None:
    if not rules.min_minutes <= minutes <= rules.max_minutes:
        limits = {"lowest": rules.min_minutes, "highest": rules.max_minutes}
        raise BadValues({"minutes": [Fault("out_of_range", limits)]})
    if minutes % rules.step_minutes:
        step = {"step_minutes": rules.step_minutes}
        raise BadValues({"minutes": [Fault("not_whole_steps", step)]})


@operation("GET", "/availability", Takes("none", query=AvailabilityQuery), {200: "Availability"})
def availability() -> Response:
    """Rooms that may be asked for at this time: free, open, and allowed by all of their rules.

    With `weekly` the answer holds, most free first, how many of the dates each fitting room may be asked for on, and of the
    others why not: a rule's code, `room_taken`, or `missing_hour` where the clocks skip the time.
    """
    wanted = asked.query(AvailabilityQuery)
    wish = Wish(
        Period(wanted["starts_at"], wanted["ends_at"]), wanted["activity"], wanted["people"]
    )
    search = Wanted(
        wish,
        wanted.get("municipality"),
        wanted.get("unit"),
        wanted.get("features", frozenset()),
        wanted.get("region"),
        wanted["hybrid"],
    )
    if "weekly" in wanted:
        return _season(wanted, search)
    after = paging.row_of(wanted.get("cursor"))
    with edge.read() as session:
        known = catalogue(session)
        if after is not None:
            paging.require_row(after, [room.id for room in in_scope(known, search)])
        allowed = allowed_rooms(session, search, edge.now(), after)
        shown, has_more = paging.first_page(allowed, wanted["limit"])
    if not shown:
        count_vain_search(search)
    return _page_of_rooms(known, shown, has_more)


def _season(wanted: Mapping[str, Any], search: Wanted) -> Response:
    asked_for = search.wish.period
    starts, ends = local(asked_for.start), local(asked_for.end)
    weeks = wanted["weekly"]
    # The first date is as it was asked, also in the second showing of a doubled hour.
    slots = [asked_for, *weekly_slots(starts.date(), starts.time(), ends.time(), weeks)[1:]]
    with edge.read() as session:
        found, unsure = season_found(session, search, slots, edge.now())
    count_vain_season(search, found, unsure)
    after = paging.row_of(wanted.get("cursor"))
    rest = paging.behind(found, [one.room.id for one in found], after)
    shown, has_more = paging.first_page(rest, wanted["limit"])
    dates = [(starts.date() + n * _WEEK).isoformat() for n in range(weeks)]
    cursor = paging.row_cursor(shown[-1].room.id) if has_more else None
    return json_answer(paging.page([_of_season(one, dates) for one in shown], cursor))


def _of_season(found: SeasonFound, dates: Sequence[str]) -> dict[str, Any]:
    reasons = {dates[number]: code for number, code in found.taken.items()}
    return {
        "room_id": found.room.id,
        "free": found.free,
        "taken": list(reasons),
        "reasons": reasons,
    }
