"""Rooms that are open and free at this moment: until when, and how to get in. Knows the clock and phone numbers; no rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain.free_time import free_until, kept_clear
from booking.domain.local_time import day_period, local
from booking.domain.rooms import RoomRules
from booking.i18n import clock, clock_range, short_day
from booking.queries.catalogue import Catalogue, catalogue
from booking.queries.contacts import phones
from booking.queries.held import held_in_rooms
from booking.web import edge
from booking.web.forms import names_of
from booking.web.offers import offered
from booking.web.search import SHOWN, USUAL_FEATURES, asked_for, shown_limit
from booking.web.search_forms import PlaceFields
from calendars.period import Period

blueprint = Blueprint("now", __name__)

_DAY = timedelta(days=1)
_ASKED = names_of(PlaceFields)


@dataclass(frozen=True, slots=True)
class FreeNow:
    """A room that is free from now on; `offer` is what can still be asked for of that here."""

    room: RoomRules
    until: str  # in words; empty: until the end of the next day at least
    offer: Period | None


@blueprint.get("/now")
def show() -> ResponseReturnValue:
    """The rooms free now, of the whole county or of a municipality or region."""
    form = PlaceFields(request.args)
    now = edge.now()
    found: list[FreeNow] = []
    numbers: dict[int, str] = {}
    with edge.read() as session:
        rooms = catalogue(session)
        form.offer_places(rooms)
        is_valid = form.validate()
        if is_valid:
            open_rooms = list(_open(rooms, form, now))
            window = Period(now, day_period(local(now).date() + _DAY).end)
            held = held_in_rooms(session, open_rooms, window, rooms.longest_buffer)
            for room in open_rooms:
                until = free_until(room, kept_clear(room, held[room.id]), now)
                if until is not None:
                    found.append(_free_now(room, until, now, window))
            numbers = phones(session, {one.room.unit_id for one in found if one.offer is None})
    page = render_template(
        "search/now.html",
        form=form,
        found=found,
        phones=numbers,
        clock_now=clock(now),
        limit=shown_limit(),
        is_cut=shown_limit() == SHOWN,
        all_href=url_for("now.show", **asked_for(_ASKED), all=1, _anchor="results"),
        failed=not is_valid,
        municipalities=rooms.municipalities,
        has_regions=bool(rooms.regions),
        shown_features=USUAL_FEATURES,
    )
    return page, 200 if is_valid else 422


def _open(rooms: Catalogue, form: PlaceFields, now: datetime) -> Iterator[RoomRules]:
    """Rooms of the place that are lent here and open now, as far as rules tell."""
    region, town = form.region.data or None, form.municipality.data or None
    for room in rooms.rooms.values():
        if (
            room.is_lent
            and (town is None or room.municipality == town)
            and (region is None or rooms.region_of.get(room.municipality) == region)
            and free_until(room, (), now) is not None
        ):
            yield room


def _free_now(room: RoomRules, until: datetime, now: datetime, window: Period) -> FreeNow:
    # A step later than the notice: a page is read for a while.
    earliest = now + timedelta(minutes=room.notice_minutes + room.step_minutes)
    offer = offered(Period(earliest, until), room) if earliest < until else None
    return FreeNow(room, "" if until >= window.end else _in_words(now, until), offer)


def _in_words(now: datetime, until: datetime) -> str:
    """When it ends: the time of day, 24.00 at the end of today; on the next day with the day."""
    today, day = local(now).date(), local(until).date()
    if until <= day_period(today).end:
        return clock_range(Period(now, until)).partition("–")[2]
    return f"{short_day(day)} {clock(until)}"
