"""Changes to what rooms allow: under the locks, with the bookings to come held against the new rules. Knows no field and no form.

Whoever keeps the catalogue changes rows inside `upkeep`. It locks the rooms first, as a booking does, so that nothing is asked
for or approved on rules that are being changed, and afterwards asks which bookings to come the new rules would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import HOLDING, Standing, Wish, refusals_at_deciding
from booking.domain.rooms import RoomRules
from booking.domain.texts import LocalText
from booking.errors import BreaksBookings, Broken, Forbidden, InvalidValues, Refusal, Stale
from booking.models import Booking, OpeningException, Organisation, Room, Unit
from booking.queries.catalogue import Catalogue, catalogue
from booking.services.occupancy import locked_rooms
from calendars.period import Period


@dataclass(frozen=True)
class Upkeep:
    """Rooms whose rules are being changed, as they were; `accepted` are ids of bookings that may be left against the rules."""

    before: Mapping[int, RoomRules]
    accepted: frozenset[int]


@contextmanager
def upkeep(
    session: Session,
    pick: Callable[[Catalogue], Sequence[RoomRules]],
    accepted: Collection[int],
    now: datetime,
) -> Iterator[Upkeep]:
    """Lock the rooms that `pick` finds; at the end raise BreaksBookings if bookings to come, not accepted, break by the change.

    Raises what `pick` raises.
    """
    work = Upkeep({room.id: room for room in locked_rooms(session, pick)}, frozenset(accepted))
    yield work
    session.flush()
    after = catalogue(session).rooms
    # Rooms of the same unit may have their time elsewhere now; only rooms that are still there can hold bookings.
    changed = [
        (room, after[room.id])
        for room in work.before.values()
        if room.id in after and after[room.id] != room
    ]
    require_unbroken(_broken(session, changed, now), work.accepted)


def require_unbroken(broken: Sequence[Broken], accepted: Collection[int]) -> None:
    """Raise BreaksBookings with all of `broken` unless each of them is accepted."""
    if any(one.booking_id not in accepted for one in broken):
        raise BreaksBookings(sorted(broken, key=lambda one: (one.starts_at, one.booking_id)))


def _broken(
    session: Session, changed: Sequence[tuple[RoomRules, RoomRules]], now: datetime
) -> list[Broken]:
    """Bookings to come that the rules allowed and no longer allow. What was against them before is no news."""
    rules = {old.id: (old, new) for old, new in changed}
    if not rules:
        return []
    rows = session.execute(
        select(Booking, Organisation.name)
        .join(Organisation)
        .where(Booking.room_id.in_(rules), Booking.state.in_(HOLDING), Booking.ends_at > now)
        .order_by(Booking.starts_at)
    )
    found = []
    for booking, organisation in rows:
        old, new = rules[booking.room_id]
        codes = _codes(new, booking) - _codes(old, booking)
        if codes:
            found.append(broken(booking, organisation, min(codes)[0]))
    return found


def _codes(rules: RoomRules, booking: Booking) -> set[tuple[str, str]]:
    """What refuses a booking: codes with their fields, since two rules share a code."""
    # Buffers keep a distance at asking only for what is asked later; rules of use are accepted anew by their own way.
    wish = Wish(
        Period(booking.starts_at, booking.ends_at),
        booking.activity,
        booking.people,
        rules.terms_version,
    )
    refusals = refusals_at_deciding(rules, wish, Standing())
    return {(refusal.code, refusal.field) for refusal in refusals}


def broken(booking: Booking, organisation: str, code: str) -> Broken:
    """A booking as a broken one, by this rule."""
    return Broken(
        booking.id,
        booking.room_id,
        booking.starts_at,
        booking.ends_at,
        booking.title,
        organisation,
        code,
    )


def rooms_of_unit(unit_id: int) -> Callable[[Catalogue], Sequence[RoomRules]]:
    """Pick all rooms of a unit."""
    return lambda known: [room for room in known.rooms.values() if room.unit_id == unit_id]


def require_keeper(actor: Actor, unit_id: int) -> None:
    """Raise Forbidden unless the actor keeps this unit's rooms, hours and rules."""
    if not actor.decides_for(unit_id):
        raise Forbidden("not_your_unit")


def require_admin(actor: Actor) -> None:
    """Raise Forbidden unless the actor is an administrator."""
    if not actor.is_admin:
        raise Forbidden("admin_only")


def require_version(row: Room | Unit, version: int) -> None:
    """Raise Stale if somebody has changed the row since `version`."""
    if row.version != version:
        raise Stale(row.version)


def require_valid(faults: Sequence[Refusal]) -> None:
    """Raise InvalidValues if there is any fault."""
    if faults:
        raise InvalidValues(faults)


def external_id_faults(
    session: Session,
    model: type[Room | Unit | OpeningException],
    external_id: str | None,
    but: int | None,
) -> list[Refusal]:
    """A fault if another row than `but` bears this external id already."""
    if external_id is None:
        return []
    bearer = session.scalars(select(model.id).where(model.external_id == external_id)).first()
    return [] if bearer in (None, but) else [Refusal("external_id_taken", "external_id")]


def changed_columns(
    row: Room | Unit, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set the columns that differ; what they were and what they are, as the audit may keep it: of contacts, that they changed."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in values.items():
        had = getattr(row, name)
        if had == value:
            continue
        setattr(row, name, value)
        if "personal" in row.__table__.columns[name].info:
            after[name] = "changed"
        else:
            before[name], after[name] = as_json(had), as_json(value)
    return before, after


def as_json(value: Any) -> Any:
    """A column's value as the audit keeps it."""
    if isinstance(value, LocalText):
        return {lang: text for lang in ("fi", "sv", "en") if (text := getattr(value, lang))}
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
