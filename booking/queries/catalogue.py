"""The catalogue: every room with its rules, kept in memory as long as it is true. Knows rooms and units; no bookings.

A search over a thousand rooms can't read a thousand rooms' rules each time. One number in the database says whether
what this process keeps is still what the rows say (`booking.models.catalogue`); it is read before the rows, so a
change in between makes the copy look old, never new.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from booking.domain.rooms import OpeningHours, Photo, Quota, RoomRules, Season, Stretch
from booking.domain.texts import LocalText
from booking.errors import NotFound
from booking.models import (
    Installation,
    Municipality,
    Region,
    Room,
    RoomFeature,
    RoomImage,
    Terms,
    Unit,
    room_space,
)
from booking.models import OpeningException as ExceptionRow
from booking.models import OpeningHours as HoursRow
from booking.models import Quota as QuotaRow
from booking.queries.holidays import ClosedHolidays


@dataclass(frozen=True)
class Catalogue:
    """Rooms by id, in the order they are shown: municipality, unit, room (Finnish names).

    `longest_buffer` is in minutes, 0 where no room has any; `buffered`: ids of rooms whose bookings, or whose neighbours'
    bookings, keep a distance.
    """

    version: int
    rooms: dict[int, RoomRules]
    municipalities: dict[str, LocalText]  # by key, in Finnish order
    regions: dict[str, LocalText] = field(default_factory=dict)  # by key, in Finnish order
    region_of: dict[str, str] = field(default_factory=dict)  # municipality → region, where known
    buffered: frozenset[int] = frozenset()
    longest_buffer: int = 0
    hours: dict[int, OpeningHours] = field(default_factory=dict)  # by unit, also one without rooms

    def room(self, room_id: int) -> RoomRules:
        """The room's rules; raises NotFound."""
        try:
            return self.rooms[room_id]
        except KeyError:
            raise NotFound("room") from None


# By connection pool: one process may serve several databases (the tests do).
_kept: WeakKeyDictionary[Any, Catalogue] = WeakKeyDictionary()


def catalogue(session: Session) -> Catalogue:
    """The catalogue as the database has it now."""
    version = session.scalars(select(Installation.catalogue_version)).one()
    pool = session.connection().engine.pool
    kept = _kept.get(pool)
    if kept is None or kept.version != version:
        kept = _kept[pool] = _load(session, version)
    return kept


def _load(session: Session, version: int) -> Catalogue:
    spaces: dict[int, list[int]] = defaultdict(list)
    rooms_of: dict[int, set[int]] = defaultdict(set)
    for room_id, space_id in session.execute(select(room_space.c.room_id, room_space.c.space_id)):
        spaces[room_id].append(space_id)
        rooms_of[space_id].add(room_id)
    features: dict[int, dict[str, Any]] = defaultdict(dict)
    for room_id, code, value in session.execute(
        select(RoomFeature.room_id, RoomFeature.code, RoomFeature.value)
    ):
        features[room_id][code] = value
    rows = session.execute(
        select(
            Room.__table__,
            Unit.name.label("unit_name"),
            Unit.address,
            Unit.open_for_booking,
            Municipality.key.label("municipality"),
            Municipality.name.label("municipality_name"),
        )
        .join(Unit, Room.unit_id == Unit.id)
        .join(Municipality)
    ).all()
    units = _Units(_hours(session), _terms(session), _quotas(session))
    photos = _photos(session)
    rooms = {
        row.id: _rules(
            row,
            tuple(sorted(spaces[row.id])),
            rooms_of,
            features[row.id],
            units,
            photos.get(row.id),
        )
        for row in sorted(rows, key=_shown_order)
    }
    return Catalogue(version, rooms, **_places(session), **_buffers(rooms), hours=units.hours)


def _places(session: Session) -> dict[str, Any]:
    towns = session.execute(
        select(Municipality.key, Municipality.name, Region.key.label("region")).outerjoin(Region)
    ).all()
    regions = session.execute(select(Region.key, Region.name)).all()
    return {
        "municipalities": {row.key: row.name for row in sorted(towns, key=lambda r: r.name.fi)},
        "regions": {row.key: row.name for row in sorted(regions, key=lambda r: r.name.fi)},
        "region_of": {row.key: row.region for row in towns if row.region is not None},
    }


def _buffers(rooms: dict[int, RoomRules]) -> dict[str, Any]:
    longest = {
        room.id: max(room.buffer_before_minutes, room.buffer_after_minutes)
        for room in rooms.values()
    }
    return {
        "buffered": frozenset(
            room.id for room in rooms.values() if any(longest[near] for near in room.neighbours)
        ),
        "longest_buffer": max(longest.values(), default=0),
    }


@dataclass(frozen=True)
class _Units:
    """What rooms have of their units, by the unit's id."""

    hours: dict[int, OpeningHours]
    terms: dict[int, int]
    quotas: dict[int, tuple[Quota, ...]]


_NEVER = OpeningHours({})
# What a row says as the rules take it.
_AS_THEY_ARE = (
    "id",
    "unit_id",
    "municipality",
    "name",
    "unit_name",
    "address",
    "published",
    "capacity",
    "step_minutes",
    "min_minutes",
    "max_minutes",
    "notice_minutes",
    "horizon_days",
    "buffer_before_minutes",
    "buffer_after_minutes",
    "available_until",
    "latest_end_minute",
    "elsewhere_url",
    "outside_use",
)


def _shown_order(row: Row[Any]) -> tuple[str, str, str, int]:
    return row.municipality_name.fi, row.unit_name.fi, row.name.fi, row.id


def _rules(
    row: Row[Any],
    spaces: tuple[int, ...],
    rooms_of: dict[int, set[int]],
    features: dict[str, Any],
    units: _Units,
    photo: Photo | None,
) -> RoomRules:
    return RoomRules(
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
        unit_is_open=row.open_for_booking,
        activities=frozenset(row.activities),
        hours=units.hours.get(row.unit_id, _NEVER),
        space_ids=spaces,
        neighbours=tuple(sorted({room for space in spaces for room in rooms_of[space]})),
        features=features,
        terms_version=units.terms.get(row.unit_id),
        quotas=units.quotas.get(row.unit_id, ()),
        equipment=frozenset(row.equipment),
        activity_reasons={
            code: LocalText(**reason) for code, reason in row.activity_reasons.items()
        },
        photo=photo,
    )


def _hours(session: Session) -> dict[int, OpeningHours]:
    weeks: dict[int, dict[Any, dict[int, list[Stretch]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for row in session.scalars(select(HoursRow).order_by(HoursRow.opens_minute)):
        dates = None if row.valid_from is None else (row.valid_from, row.valid_until)
        weeks[row.unit_id][dates][row.weekday].append((row.opens_minute, row.closes_minute))
    exceptions, because = _exceptions(session)
    kept = session.execute(
        select(
            Unit.id,
            Unit.closed_on_holidays,
            Unit.closed_on_midsummer_eve,
            Unit.closed_on_christmas_eve,
        )
    )
    found: dict[int, OpeningHours] = {}
    # Units that are open alike share their hours: a search asks each object once.
    shared: dict[str, OpeningHours] = {}
    for unit, *switches in kept:
        usual = _week(weeks[unit].pop(None, {}))
        seasons = tuple(
            Season(first, last, _week(week)) for (first, last), week in weeks[unit].items()
        )
        parts = (usual, exceptions[unit], because[unit], seasons)
        hours = OpeningHours(*parts, ClosedHolidays(*switches))
        found[unit] = shared.setdefault(repr((parts, switches)), hours)
    return found


def _week(week: dict[int, list[Stretch]]) -> dict[int, tuple[Stretch, ...]]:
    return {weekday: tuple(stretches) for weekday, stretches in week.items()}


def _exceptions(
    session: Session,
) -> tuple[dict[int, dict[date, tuple[Stretch, ...]]], dict[int, dict[date, LocalText]]]:
    """Each unit's days with hours of their own, and why. A day named by itself comes before a longer stretch of days.

    Rows of the same days add up: open before and after noon. Of two stretches as long as each other a closure counts.
    """
    exceptions: dict[int, dict[date, tuple[Stretch, ...]]] = defaultdict(dict)
    because: dict[int, dict[date, LocalText]] = defaultdict(dict)
    spans: dict[tuple[int, date], tuple[date, int]] = {}
    rows = session.scalars(select(ExceptionRow)).all()
    for row in sorted(rows, key=lambda one: (-_days(one), one.opens_minute is None, one.id)):
        is_open = row.opens_minute is not None and row.closes_minute is not None
        stretch: tuple[Stretch, ...] = (
            ((row.opens_minute, row.closes_minute),)  # type: ignore[assignment]
            if is_open
            else ()
        )
        span = (row.day, _days(row))
        for n in range(_days(row)):
            day = row.day + timedelta(days=n)
            if spans.get((row.unit_id, day)) == span:
                stretch_of_day = tuple(sorted({*exceptions[row.unit_id][day], *stretch}))
            else:
                stretch_of_day = stretch
                because[row.unit_id].pop(day, None)
            exceptions[row.unit_id][day] = stretch_of_day
            spans[row.unit_id, day] = span
            if row.reason is not None:
                because[row.unit_id][day] = row.reason
    return exceptions, because


def _days(row: ExceptionRow) -> int:
    return ((row.last_day or row.day) - row.day).days + 1


def _terms(session: Session) -> dict[int, int]:
    """The version of each unit's rules of use that is in force; a unit that took them away has none."""
    newest: dict[int, tuple[int, bool]] = {}
    # Terms are few and long: only whether there is a text is read.
    query = select(Terms.unit_id, Terms.version, Terms.text.is_not(None)).order_by(Terms.version)
    for unit, version, has_text in session.execute(query):
        newest[unit] = (version, has_text)
    return {unit: version for unit, (version, has_text) in newest.items() if has_text}


def _quotas(session: Session) -> dict[int, tuple[Quota, ...]]:
    found: dict[int, list[Quota]] = defaultdict(list)
    for row in session.scalars(select(QuotaRow).order_by(QuotaRow.limit_minutes)):
        found[row.unit_id].append(Quota(row.per, row.limit_minutes))  # type: ignore[arg-type]
    return {unit: tuple(quotas) for unit, quotas in found.items()}


def _photos(session: Session) -> dict[int, Photo]:
    """Each room's first photo."""
    query = (
        select(
            RoomImage.room_id, RoomImage.digest, RoomImage.alt, RoomImage.width, RoomImage.height
        )
        .where(RoomImage.kind == "photo")
        .order_by(RoomImage.position.desc(), RoomImage.id.desc())
    )
    return {
        row.room_id: Photo(row.digest, row.alt, row.width, row.height)
        for row in session.execute(query)
    }
