"""Brings one closure, or other hours for some days, to what a row of a table says of it. Knows the services; no file."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session
from sqlalchemy.orm.collections import collection_adapter

from booking.domain.access import Actor
from booking.domain.columns import BadCell, Flat, text_parts
from booking.domain.texts import LocalText
from booking.domain.unit_values import DayHours
from booking.models import OpeningException
from booking.services.units import put_exception
from booking.services.wanted import Saved, Wanted


def flat_new_closure() -> Flat:
    """What a new closure is before a row says anything."""
    return {}


def completed_closure(flat: Flat) -> Flat:
    """A closure without a last day is of one day."""
    return {**flat, ("last_day",): flat.get(("last_day",)) or flat.get(("first_day",))}


def save_closure(
    session: Session, wanted: Wanted[OpeningException], *, actor: Actor, now: datetime
) -> Saved:
    """Add the closure or change it. Call within `upkeep`. Raises InvalidValues, BadCell."""
    flat, row = wanted.flat, wanted.thing
    first = flat.get(("first_day",))
    if first is None:
        raise BadCell("table_day", field="first_day")
    reason = text_parts(flat, ("reason",))
    hours = DayHours(
        first_day=first,
        last_day=flat[("last_day",)],
        opens_minute=flat.get(("opens_minute",)),
        closes_minute=flat.get(("closes_minute",)),
        reason=None if reason is None else LocalText(**reason),
        external_id=wanted.external_id if row is None else row.external_id,
    )
    written = put_exception(session, wanted.unit, row, hours, actor=actor, now=now)
    if row is None:
        # It counts among the unit's days from the next row on. It is written already: no event, or it would be flushed again.
        collection_adapter(wanted.unit.opening_exceptions).append_without_event(written)
    return Saved(written.id, wanted.changed)
