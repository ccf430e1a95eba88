"""Brings one room to what a row of a table says of it. Knows the services that change a room; no file.

A table has one day and one checker for all facts of a room's accessibility: on that day they were as the row says. What was
checked later keeps its later day, so the same file twice is the same as once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from booking.domain.access import Actor
from booking.domain.columns import CHECKED_BY, CHECKED_ON, BadCell, Column, Flat, text_parts
from booking.domain.local_time import local
from booking.domain.room_values import EDITABLE, TEXTS
from booking.domain.rooms import ACTIVITIES, FEATURES
from booking.domain.texts import LocalText
from booking.models import Room
from booking.services.rooms import NEW_ROOM, FeatureFact, add_room, change_features, change_room
from booking.services.tables import flat_values, known_features
from booking.services.wanted import Saved, Wanted

# Facts that are all unknown bear no day and no checker; the service asks for one, and keeps none.
_NOBODY = "–"
_LOCAL_TEXTS = ("name", *TEXTS)


def flat_new_room() -> Flat:
    """What a new room is before a row says anything."""
    return flat_values(NEW_ROOM)


def save_room(session: Session, wanted: Wanted[Room], *, actor: Actor, now: datetime) -> Saved:
    """Add the room or change it. Call within `upkeep`. Raises InvalidValues, BadCell."""
    room = wanted.thing
    facts, on, by = _facts(wanted, now)
    plain = [column for column in wanted.changed if column.path[0] in EDITABLE]
    values = _values(wanted.flat, {column.path[0] for column in plain})
    if room is None:
        room = add_room(
            session,
            wanted.unit.id,
            {**values, "external_id": wanted.external_id},
            actor=actor,
            now=now,
        )
        # There are none yet; that needs no question to the database.
        set_committed_value(room, "features", [])
    elif values:
        change_room(session, room, values, actor=actor, now=now)
    if facts:
        change_features(session, room, facts, by, on, actor=actor, now=now)
    return Saved(room.id, plain + [one for one in wanted.changed if _tells(one, facts)])


def _tells(column: Column, facts: Mapping[str, FeatureFact]) -> bool:
    """Whether a column of the room's accessibility tells of facts that are being written."""
    is_day_or_checker = column.path in (CHECKED_ON, CHECKED_BY)
    return bool(facts) and (is_day_or_checker or column.path[:1] == ("features",))


def _values(flat: Flat, names: set[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in names:
        if name in _LOCAL_TEXTS:
            parts = text_parts(flat, (name,))
            values[name] = None if parts is None else LocalText(**parts)
        elif name == "activity_reasons":
            reasons = {code: text_parts(flat, (name, code)) for code in ACTIVITIES}
            values[name] = {code: parts for code, parts in reasons.items() if parts is not None}
        else:
            values[name] = flat.get((name,))
    return values


def _facts(wanted: Wanted[Room], now: datetime) -> tuple[dict[str, FeatureFact], date, str]:
    """The facts to write, with the day and the checker that they bear."""
    said_on = wanted.said(CHECKED_ON)
    said_by = wanted.said(CHECKED_BY)
    today = local(now).date()
    if said_on is not None and said_on > today:
        raise BadCell("table_day_to_come", field="checked_on")
    changed = {column.path[1] for column in wanted.changed if column.path[0] == "features"}
    again = _checked_again(wanted.thing, said_on, said_by)
    facts = {code: _fact(wanted.flat, code) for code in FEATURES if code in changed | again}
    if any(fact.value != "unknown" for fact in facts.values()):
        if said_on is None:
            raise BadCell("table_checked_on_needed", field="checked_on")
        if said_by is None:
            raise BadCell("table_checked_by_needed", field="checked_by")
    return facts, said_on or today, said_by or _NOBODY


def _checked_again(room: Room | None, on: date | None, by: str | None) -> set[str]:
    """Codes of facts that stay as they are, and were looked at on a later day or by somebody else on the same."""
    if room is None or on is None:
        return set()
    return {
        row.code
        for row in known_features(room)
        if row.checked_on is None
        or row.checked_on < on
        or (row.checked_on == on and by is not None and row.checked_by != by)
    }


def _fact(flat: Flat, code: str) -> FeatureFact:
    def part(name: str) -> Any:
        return flat.get(("features", code, name))

    note = text_parts(flat, ("features", code, "note"))
    return FeatureFact(
        part("value"),
        None if note is None else LocalText(**note),
        part("measure_cm"),
        part("count"),
        part("side"),
    )
