"""The catalogue and a room's own page with its week. Readable by everybody; says when a room is taken, never by whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

from flask import Blueprint, abort, render_template, request, url_for

from booking.domain.local_time import local
from booking.domain.rooms import FEATURES, RoomRules
from booking.domain.texts import LocalText
from booking.i18n import day_in_words, short_day
from booking.models import Room, RoomFeature
from booking.queries.availability import holds
from booking.queries.catalogue import catalogue
from booking.queries.rooms import room_in_full
from booking.web import edge, words
from booking.web import week as weeks
from booking.web.reader import actor
from booking.web.search import USUAL_FEATURES
from booking.web.texts import stretches_in_words

blueprint = Blueprint("rooms", __name__)

_WEEK = timedelta(days=7)
_BACK = timedelta(days=371)
_EXCEPTIONS_SHOWN = timedelta(days=60)


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
    first = _first_day(request.args.get("week"), today)
    with edge.read() as session:
        rules = catalogue(session).room(room_id)
        if not rules.published and not actor().decides_for(rules.unit_id):
            abort(404)
        room = room_in_full(session, room_id)
        held = holds(session, rules.space_ids, weeks.bounds(first))
    days = weeks.days(rules, held, first, now)
    return render_template(
        "rooms/show.html",
        room=room,
        rules=rules,
        features=_features(room),
        opening=[
            (words.weekday(n), stretches_in_words(rules.hours.weekly.get(n, ()))) for n in range(7)
        ],
        exceptions=list(_exceptions(rules, today)),
        days=days,
        rows=weeks.table(days, rules),
        today=today,
        feed=url_for("feeds.room", room_id=room_id),
        unit_is_open=rules.unit_is_open,
        is_askable=rules.unit_is_open and rules.published,
        **_neighbouring_weeks(rules, first, today),
    )


def _first_day(asked: str | None, today: date) -> date:
    """The Monday of the week asked for; 404 for what is no day, or too far away to hold anything."""
    day = today
    if asked is not None:
        try:
            day = date.fromisoformat(asked)
        except ValueError:
            abort(404)
        if not today - _BACK <= day <= today + 2 * _BACK:
            abort(404)
    return day - timedelta(days=day.weekday())


def _neighbouring_weeks(rules: RoomRules, first: date, today: date) -> dict[str, object]:
    this_week = today - timedelta(days=today.weekday())
    before, after = first - _WEEK, first + _WEEK
    return {
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


def _exceptions(rules: RoomRules, today: date) -> Iterable[tuple[str, str, LocalText | None]]:
    for day, stretches in sorted(rules.hours.exceptions.items()):
        if today <= day <= today + _EXCEPTIONS_SHOWN:
            yield (
                day_in_words(day),
                stretches_in_words(stretches),
                rules.hours.closed_because.get(day),
            )
