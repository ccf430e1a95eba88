"""Who is told of what happened to a series: its people once, and each who decides of any of its dates once. Knows no words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import HOLDING
from booking.domain.local_time import local
from booking.models import Booking, Person, Series
from booking.queries.catalogue import catalogue
from booking.queries.people import deciders_of
from booking.services.changes import is_staff_of
from booking.services.series_mails import (
    AskerKind,
    DeciderKind,
    tell_asker_of_series,
    tell_deciders_of_series,
)

# What a letter opens with, if it has to tell of several.
_MOST_URGENT: Sequence[DeciderKind] = ("changed_request", "to_decide", "withdrawn")


def tell_units_of_series(
    session: Session,
    series: Series,
    told: Sequence[tuple[DeciderKind, Booking]],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Tell those who decide what happened to which date: each person once, of the dates that are theirs; not who acts."""
    theirs: dict[int, tuple[Person, list[tuple[DeciderKind, Booking]]]] = {}
    for unit_id in sorted({booking.room.unit_id for _kind, booking in told}):
        own = [one for one in told if one[1].room.unit_id == unit_id]
        for person in deciders_of(session, unit_id, local(now).date()):
            theirs.setdefault(person.id, (person, []))[1].extend(own)
    for person, dates in theirs.values():
        if person.id != actor.person_id:
            kinds = {kind for kind, _booking in dates}
            kind = next(kind for kind in _MOST_URGENT if kind in kinds)
            of_them = sorted((booking for _kind, booking in dates), key=_start)
            tell_deciders_of_series(session, kind, series, of_them, [person], now=now)


def _start(booking: Booking) -> datetime:
    return booking.starts_at


def tell_of_change(
    session: Session,
    series: Series,
    told: Sequence[Booking],
    before: Mapping[int, dict[str, Any]],
    reason: str | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Tell of dates that were changed, called off or added; `before`: what the audit holds of those there were, by booking."""
    if not told:
        return
    is_over = all(one.state not in HOLDING for one in told)
    kind: AskerKind = "cancelled" if is_over else "changed"
    tell_asker_of_series(session, kind, series, told, reason=reason, now=now)
    to_units = [(what, one) for one in told if (what := _for_unit(session, one, before, actor))]
    tell_units_of_series(session, series, to_units, actor=actor, now=now)


def _for_unit(
    session: Session, booking: Booking, before: Mapping[int, dict[str, Any]], actor: Actor
) -> DeciderKind | None:
    """What those who decide at the unit of a date must know of its change; None: nothing."""
    if booking.state not in HOLDING:
        by_staff = is_staff_of(booking, booking.room.unit_id, actor)
        return None if by_staff else "withdrawn"
    if booking.state != "requested":
        return None
    was = before.get(booking.id)
    if was is None:
        return "to_decide"
    if was["state"] != "requested":
        return "changed_request"
    was_at = catalogue(session).room(was["room_id"]).unit_id
    return "to_decide" if was_at != booking.room.unit_id else None
