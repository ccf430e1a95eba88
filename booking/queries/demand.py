"""Demand that could not be met, within an actor's sight: counted misses, and bookings that staff rejected. No person is read.

Sight: coordinator, admin and who sees every unit see all. Others see what was looked for in the municipalities of their units
as a whole, and what concerns their own units; searches over the whole county are nobody's in particular.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import Wish
from booking.domain.demand import Miss, Place, Unmet, coarse, months_period
from booking.domain.texts import LocalText
from booking.models import Booking, Municipality, Room, SearchMiss, Unit
from calendars.period import Period


@dataclass(frozen=True, slots=True)
class Site:
    """A unit by name, and the municipality it is in (key and name)."""

    id: int
    name: LocalText
    municipality: str
    municipality_name: LocalText


@dataclass(frozen=True, slots=True)
class Sight:
    """What an actor may know: all of it, or these `sites` and their municipalities. Sites by municipality and name."""

    sees_all: bool
    sites: tuple[Site, ...]

    @property
    def municipalities(self) -> dict[str, LocalText]:
        """Names by key, in the order of the sites."""
        return {site.municipality: site.municipality_name for site in self.sites}


def sight(session: Session, actor: Actor) -> Sight:
    """Which sites' demand the actor may know of."""
    rows = session.execute(
        select(Unit.id, Unit.name, Municipality.key, Municipality.name.label("town")).join(
            Municipality
        )
    ).all()
    sites = [Site(row.id, row.name, row.key, row.town) for row in rows]
    sites.sort(key=lambda one: (one.municipality_name.fi, one.name.fi, one.id))
    own = actor.approver_units | actor.viewer_units
    if actor.sees_all_bookings or all(site.id in own for site in sites):
        return Sight(True, tuple(sites))
    return Sight(False, tuple(site for site in sites if site.id in own))


def unmet(
    session: Session, seen: Sight, first: date, last: date, place: Place | None = None
) -> list[Unmet]:
    """What could not be had from the month `first` to `last` (both included) as far as it is `seen`, rejections included.

    `place` narrows it to a municipality with its sites, or to one site.
    """
    return [
        *_misses(session, seen, first, last, place),
        *_rejections(session, seen, first, last, place),
    ]


def _misses(
    session: Session, seen: Sight, first: date, last: date, place: Place | None
) -> list[Unmet]:
    asked = (
        SearchMiss.kind,
        SearchMiss.code,
        SearchMiss.municipality,
        SearchMiss.unit_id,
        SearchMiss.weekday,
        SearchMiss.hour,
        SearchMiss.people,
        SearchMiss.activity,
        SearchMiss.features,
    )
    query = (
        select(*asked, func.sum(SearchMiss.count).label("times"))
        .where(SearchMiss.month.between(first, last), _misses_seen(seen))
        .group_by(*asked)
        .order_by(*asked)
    )
    if place is not None and place.unit_id:
        query = query.where(SearchMiss.unit_id == place.unit_id)
    elif place is not None:
        query = query.where(SearchMiss.municipality == place.municipality)
    return [
        Unmet(
            Miss(
                row.kind,
                row.code,
                Place(row.municipality, row.unit_id),
                row.weekday,
                row.hour,
                row.people,
                row.activity,
                tuple(row.features.split(",")) if row.features else (),
            ),
            int(row.times),
        )
        for row in session.execute(query)
    ]


def _misses_seen(seen: Sight) -> ColumnElement[bool]:
    if seen.sees_all:
        return true()
    return or_(
        and_(SearchMiss.municipality.in_(seen.municipalities), SearchMiss.unit_id == 0),
        SearchMiss.unit_id.in_([site.id for site in seen.sites]),
    )


def _rejections(
    session: Session, seen: Sight, first: date, last: date, place: Place | None
) -> list[Unmet]:
    span = months_period(first, last)
    query = (
        select(
            Room.unit_id,
            Booking.starts_at,
            Booking.ends_at,
            Booking.people,
            Booking.activity,
            Booking.needed_features,
        )
        .join(Booking.room)
        .where(
            Booking.state == "rejected",
            Booking.decided_at >= span.start,
            Booking.decided_at < span.end,
        )
        .order_by(Booking.id)
    )
    towns = {site.id: site.municipality for site in seen.sites}
    if not seen.sees_all:
        query = query.where(Room.unit_id.in_(towns))
    if place is not None:
        units = [place.unit_id] if place.unit_id else _units_in(seen, place.municipality)
        query = query.where(Room.unit_id.in_(units))
    return [
        Unmet(
            coarse(
                "rejection",
                "rejected",
                Wish(Period(row.starts_at, row.ends_at), row.activity, row.people),
                Place(towns[row.unit_id], row.unit_id),
                row.needed_features,
            ),
            1,
        )
        for row in session.execute(query)
    ]


def _units_in(seen: Sight, municipality: str) -> list[int]:
    return [site.id for site in seen.sites if site.municipality == municipality]
