"""The catalogue and a room's own page with its week. Readable by everybody; says when a room is taken, never by whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, render_template, url_for

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.domain.rooms import FEATURES, RoomRules
from booking.errors import NotFound
from booking.i18n import short_day
from booking.models import Room, RoomFeature
from booking.queries.catalogue import catalogue
from booking.queries.held import held_in_rooms
from booking.queries.rooms import has_approved_booking, room_in_full, terms_in_force
from booking.web import edge, room_facts
from booking.web import week as weeks
from booking.web.dates import week_asked
from booking.web.reader import actor
from booking.web.search import USUAL_FEATURES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("rooms", __name__)

_WEEK = timedelta(days=7)
_EXCEPTIONS_SHOWN = 60  # days


@blueprint.get("/rooms")
def catalogue_list() -> str:
    """All published rooms, by municipality."""
    with edge.read() as session:
        rooms = catalogue(session)
    published = [room for room in rooms.rooms.values() if room.published]
    groups = [
        (key, list(members))
        for key, members in groupby(published, key=lambda room: room.municipality)
    ]
    return render_template(
        "rooms/catalogue.html",
        groups=groups,
        count=len(published),
        municipalities=rooms.municipalities,
        shown_features=USUAL_FEATURES,
    )


@blueprint.get("/rooms/<row:room_id>")
def show(room_id: int) -> str:
    """One room: facts, accessibility, and the week that `week` lies in (a day as 2027-06-07; without it, this one)."""
    now = edge.now()
    today = local(now).date()
    first = week_asked("week", today)
    with edge.read() as session:
        known = catalogue(session)
        rules = known.room(room_id)
        if not rules.published and not actor().decides_for(rules.unit_id):
            abort(404)
        room = room_in_full(session, room_id)
        sees_keys = _sees_keys(session, actor(), rules, now)
        buffer = known.longest_buffer if room_id in known.buffered else 0
        held = held_in_rooms(session, [rules], weeks.bounds(first), buffer)[room_id]
    days = weeks.days(rules, held, first, now)
    return render_template(
        "rooms/show.html",
        room=room,
        rules=rules,
        **_facts(room, rules, first, today),
        sees_keys=sees_keys,
        days=days,
        rows=weeks.table(days, rules),
        today=today,
        feed=url_for("feeds.room", room_id=room_id),
        unit_is_open=rules.unit_is_open,
        is_askable=rules.is_lent,
        **_neighbouring_weeks(rules, first, today),
    )


@blueprint.get("/units/<row:unit_id>/terms")
def terms(unit_id: int) -> str:
    """A unit's rules of use, in the version in force; readable by whoever may see one of its rooms."""
    with edge.read() as session:
        rooms = [
            room
            for room in catalogue(session).rooms.values()
            if room.unit_id == unit_id and (room.published or actor().decides_for(unit_id))
        ]
        found = terms_in_force(session, unit_id) if rooms else None
    if found is None:
        raise NotFound("terms")
    return render_template("rooms/terms.html", terms=found, rooms=rooms)


def _sees_keys(session: Session, asking: Actor, rules: RoomRules, now: datetime) -> bool:
    """Whether the reader may know how one gets in.

    Where the key lies and how the alarm is switched off is for the unit's staff, for those who follow every booking, and for an
    association whose booking has been approved and is not over. What the public must know in an emergency, the emergency number
    and the most people the room may hold, is told to everybody.
    """
    unit = rules.unit_id
    if asking.decides_for(unit) or asking.sees_all_bookings or unit in asking.viewer_units:
        return True
    own = asking.organisations.keys()
    return bool(own) and has_approved_booking(session, rules.id, own, now)


def _facts(room: Room, rules: RoomRules, first: date, today: date) -> dict[str, Any]:
    """What the page says of the room, in words."""
    features = _features(room)
    return {
        "features": [
            (feature, room_facts.measure(feature), room_facts.is_old(feature, today))
            for feature in features
        ],
        "wayfinding": next(one.note for one in features if one.code == "wayfinding"),
        "photos": [image for image in room.images if image.kind == "photo"],
        "plans": [image for image in room.images if image.kind == "floor_plan"],
        "not_allowed": room_facts.not_allowed(rules),
        "rules_said": room_facts.rules_in_words(rules),
        "opening": room_facts.hours_of_week(rules.hours, first),
        "weeks_of_year": room_facts.weeks_of_year(rules.hours, today),
        "exceptions": room_facts.exceptions_soon(rules.hours, today, _EXCEPTIONS_SHOWN),
    }


def _neighbouring_weeks(rules: RoomRules, first: date, today: date) -> dict[str, object]:
    this_week = today - timedelta(days=today.weekday())
    before, after = first - _WEEK, first + _WEEK
    return {
        "first": max(first, today),
        "week_number": first.isocalendar().week,
        "is_this_week": first == this_week,
        "before": before if before >= this_week else None,
        "after": after if after <= today + timedelta(days=rules.horizon_days) else None,
        "span": f"{short_day(first)} – {short_day(first + timedelta(days=6))}",
    }


def _features(room: Room) -> list[RoomFeature]:
    """Every feature of the county's list in its order; one nobody has looked at is unknown."""
    known = {feature.code: feature for feature in room.features}
    return [known.get(code) or RoomFeature(code=code, value="unknown") for code in FEATURES]
