"""Keeping units true: contact, opening hours, closures, holidays, rules of use, quotas. Each function is one whole change.

Staff of the unit keep it; where it lies, and whether it lends at all, an administrator says. A change that bookings to come
would break is refused with the list of them, until who makes it has seen and accepted each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.deciding import DECIDING_AT_FIRST
from booking.domain.rooms import MINUTES_OF_DAY, QUOTA_PERIODS
from booking.domain.texts import LocalText
from booking.domain.unit_values import DayHours as DayHours
from booking.domain.unit_values import HoursRow as HoursRow
from booking.domain.unit_values import exception_faults, hours_faults, text_faults, unit_faults
from booking.errors import NotFound, Refusal
from booking.models import (
    Division,
    Municipality,
    OpeningException,
    OpeningHours,
    Quota,
    Terms,
    Unit,
)
from booking.services.audit import record
from booking.services.hours import (
    USUAL,
    SeasonDays,
    exception_said,
    same_days,
    week,
    week_of,
)
from booking.services.upkeep import (
    as_json,
    changed_columns,
    external_id_faults,
    require_admin,
    require_keeper,
    require_valid,
    require_version,
    rooms_of_unit,
    upkeep,
)

_BY_ADMIN = frozenset({"municipality_id", "division_id", "open_for_booking"})
_LONGEST_TERMS = 20_000  # signs
_LONGEST_QUOTA = 366 * MINUTES_OF_DAY
EDITABLE_UNIT = _BY_ADMIN | {
    "name",
    "address",
    "arrival",
    "contact_email",
    "contact_phone",
    "external_id",
    "closed_on_holidays",
    "closed_on_midsummer_eve",
    "closed_on_christmas_eve",
    "appeal",
    *DECIDING_AT_FIRST,
}


def add_unit(session: Session, values: Mapping[str, Any], *, actor: Actor, now: datetime) -> Unit:
    """Add a unit, not yet open for booking unless said so. Raises Forbidden, InvalidValues."""
    require_admin(actor)
    _refuse_unknown(values)
    at_first = {**DECIDING_AT_FIRST, "open_for_booking": False}
    complete = {**dict.fromkeys(EDITABLE_UNIT), **at_first, **values}
    for name in ("closed_on_holidays", "closed_on_midsummer_eve", "closed_on_christmas_eve"):
        complete[name] = values.get(name, True)
    require_valid([*unit_faults(complete), *_faults_of_references(session, complete, None)])
    unit = Unit(version=1, **complete)
    session.add(unit)
    session.flush()
    after = {name: as_json(value) for name, value in values.items() if "contact" not in name}
    record(session, "add_unit", ("unit", unit.id), after=after, actor=actor, now=now)
    return unit


def edit_unit(
    session: Session,
    unit_id: int,
    version: int,
    values: Mapping[str, Any],
    accepted: Collection[int] = (),
    *,
    actor: Actor,
    now: datetime,
) -> Unit:
    """Change what `values` names. Raises NotFound, Forbidden, Stale, InvalidValues, BreaksBookings."""
    _refuse_unknown(values)
    unit = _kept_unit(session, unit_id, actor)
    if any(name in _BY_ADMIN and getattr(unit, name) != values[name] for name in values):
        require_admin(actor)
    with upkeep(session, rooms_of_unit(unit_id), accepted, now):
        _seen(session, unit, version)
        complete = {**{name: getattr(unit, name) for name in EDITABLE_UNIT}, **values}
        require_valid([*unit_faults(complete), *_faults_of_references(session, complete, unit_id)])
        before, after = changed_columns(unit, values)
        if after:
            _note(session, unit, "edit_unit", before, after, actor=actor, now=now)
    return unit


def set_hours(
    session: Session,
    unit_id: int,
    version: int,
    rows: Sequence[HoursRow],
    season: SeasonDays | None,
    accepted: Collection[int] = (),
    instead_of: SeasonDays | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> Unit:
    """Put `rows` in place of the usual week (season None), or of the season of these dates; no rows: no such season any more.

    `instead_of`: the dates the season had until now. Raises NotFound, Forbidden, Stale, InvalidValues, BreaksBookings.
    """
    unit = _kept_unit(session, unit_id, actor)
    require_valid(hours_faults(rows, season))
    old_season = season if instead_of is None else instead_of
    with upkeep(session, rooms_of_unit(unit_id), accepted, now):
        _seen(session, unit, version)
        before, after = week(unit, old_season), week_of(rows, season)
        if before == after:
            return unit
        if season != old_season and week(unit, season):
            # Another season has these days already; it is changed by its own name.
            require_valid([Refusal("days_have_hours", "valid_from")])
        replaced = {season or USUAL, old_season or USUAL}
        unit.opening_hours = [
            row for row in unit.opening_hours if (row.valid_from, row.valid_until) not in replaced
        ] + [
            OpeningHours(
                weekday=row.weekday,
                opens_minute=row.opens_minute,
                closes_minute=row.closes_minute,
                valid_from=season and season[0],
                valid_until=season and season[1],
            )
            for row in rows
        ]
        session.flush()
        _note(session, unit, "set_hours", before, after, actor=actor, now=now)
    return unit


def add_exception(
    session: Session,
    unit_id: int,
    hours: DayHours,
    accepted: Collection[int] = (),
    *,
    actor: Actor,
    now: datetime,
) -> OpeningException:
    """Keep other hours for some days, or close. Raises NotFound, Forbidden, InvalidValues, BreaksBookings."""
    unit = _kept_unit(session, unit_id, actor)
    with upkeep(session, rooms_of_unit(unit_id), accepted, now):
        _lock(session, unit)
        return put_exception(session, unit, None, hours, actor=actor, now=now)


def edit_exception(
    session: Session,
    exception_id: int,
    version: int,
    hours: DayHours,
    accepted: Collection[int] = (),
    *,
    actor: Actor,
    now: datetime,
) -> OpeningException:
    """Say anew which days have other hours, and which; `version` is the unit's. The external id stays.

    Raises NotFound, Forbidden, Stale, InvalidValues, BreaksBookings.
    """
    unit = _unit_of_exception(session, exception_id, actor)
    with upkeep(session, rooms_of_unit(unit.id), accepted, now):
        _seen(session, unit, version)
        row = _exception(session, exception_id)
        same = replace(hours, external_id=row.external_id)
        return put_exception(session, unit, row, same, actor=actor, now=now)


def put_exception(
    session: Session,
    unit: Unit,
    row: OpeningException | None,
    hours: DayHours,
    *,
    actor: Actor,
    now: datetime,
) -> OpeningException:
    """Write a new exception, or `row` anew; what says the same already is left alone. Call within `upkeep`.

    Raises InvalidValues.
    """
    require_valid([*exception_faults(hours), *same_days(session, unit, row, hours)])
    before = {} if row is None else exception_said(row)
    if row is None:
        row = OpeningException(unit_id=unit.id)
        session.add(row)
    row.day = hours.first_day
    row.last_day = None if hours.last_day == hours.first_day else hours.last_day
    row.opens_minute, row.closes_minute = hours.opens_minute, hours.closes_minute
    row.reason, row.external_id = hours.reason, hours.external_id
    session.flush()
    after = exception_said(row)
    if after != before:
        _note(session, unit, "set_exception", before, after, actor=actor, now=now)
    return row


def remove_exception(
    session: Session,
    exception_id: int,
    accepted: Collection[int] = (),
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """Keep the usual hours again; the unit's id. Raises NotFound, Forbidden, BreaksBookings."""
    unit = _unit_of_exception(session, exception_id, actor)
    with upkeep(session, rooms_of_unit(unit.id), accepted, now):
        _lock(session, unit)
        row = _exception(session, exception_id)
        before = exception_said(row)
        session.delete(row)
        session.flush()
        session.expire(unit, ["opening_exceptions"])
        _note(session, unit, "remove_exception", before, {}, actor=actor, now=now)
    return unit.id


def set_terms(
    session: Session,
    unit_id: int,
    version: int,
    text: LocalText | None,
    *,
    actor: Actor,
    now: datetime,
) -> Unit:
    """Put new rules of use in force, or take them away. Whoever asks from now on must accept this version.

    Raises NotFound, Forbidden, Stale, InvalidValues.
    """
    unit = _kept_unit(session, unit_id, actor)
    if text is not None:
        require_valid(list(text_faults("terms", text, _LONGEST_TERMS)))
    with upkeep(session, rooms_of_unit(unit_id), (), now):
        _seen(session, unit, version)
        latest = latest_terms(session, unit_id)
        if (latest.text if latest else None) == text:
            return unit
        number = latest.version + 1 if latest else 1
        session.add(Terms(unit_id=unit_id, version=number, text=text, created_at=now))
        before = {"terms_version": latest.version if latest else None}
        after = {"terms_version": number, "has_text": text is not None}
        _note(session, unit, "set_terms", before, after, actor=actor, now=now)
    return unit


def latest_terms(session: Session, unit_id: int) -> Terms | None:
    """The unit's newest rules of use; one without a text took them away."""
    query = select(Terms).where(Terms.unit_id == unit_id).order_by(Terms.version.desc()).limit(1)
    return session.scalars(query).one_or_none()


def set_quotas(
    session: Session,
    unit_id: int,
    version: int,
    limits: Mapping[str, int],
    *,
    actor: Actor,
    now: datetime,
) -> Unit:
    """Say how many minutes one organisation may hold per week, month, year; what isn't named has no limit.

    Raises NotFound, Forbidden, Stale, InvalidValues.
    """
    unit = _kept_unit(session, unit_id, actor)
    require_valid(
        [
            Refusal("number_out_of_range", per, {"lowest": 1, "highest": _LONGEST_QUOTA})
            for per, minutes in limits.items()
            if per not in QUOTA_PERIODS or not 1 <= minutes <= _LONGEST_QUOTA
        ]
    )
    with upkeep(session, rooms_of_unit(unit_id), (), now):
        _seen(session, unit, version)
        rows = {
            row.per: row for row in session.scalars(select(Quota).where(Quota.unit_id == unit_id))
        }
        before = {per: row.limit_minutes for per, row in rows.items()}
        if before == dict(limits):
            return unit
        for per, row in rows.items():
            if per not in limits:
                session.delete(row)
        for per, minutes in limits.items():
            if per in rows:
                rows[per].limit_minutes = minutes
            else:
                session.add(Quota(unit_id=unit_id, per=per, limit_minutes=minutes))
        _note(session, unit, "set_quotas", before, limits, actor=actor, now=now)
    return unit


def _faults_of_references(
    session: Session, values: Mapping[str, Any], unit_id: int | None
) -> list[Refusal]:
    found = []
    municipality, division = values["municipality_id"], values["division_id"]
    if municipality is None or session.get(Municipality, municipality) is None:
        found.append(Refusal("bad_choice", "municipality_id"))
    if division is not None and session.get(Division, division) is None:
        found.append(Refusal("bad_choice", "division_id"))
    return found + external_id_faults(session, Unit, values["external_id"], unit_id)


def _refuse_unknown(values: Mapping[str, Any]) -> None:
    unknown = values.keys() - EDITABLE_UNIT
    if unknown:
        # A mistake of the caller's, not of a person's.
        raise ValueError(f"not editable: {', '.join(sorted(unknown))}")


def _unit_of_exception(session: Session, exception_id: int, actor: Actor) -> Unit:
    return _kept_unit(session, _exception(session, exception_id).unit_id, actor)


def _exception(session: Session, exception_id: int) -> OpeningException:
    # Read anew: whoever held the locks before us may have changed or removed it.
    row = session.get(OpeningException, exception_id, populate_existing=True)
    if row is None:
        raise NotFound("exception")
    return row


def _kept_unit(session: Session, unit_id: int, actor: Actor) -> Unit:
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound("unit")
    require_keeper(actor, unit_id)
    return unit


def _seen(session: Session, unit: Unit, version: int) -> None:
    _lock(session, unit)
    require_version(unit, version)


def _lock(session: Session, unit: Unit) -> None:
    # Once more, under the locks; a unit without rooms has none, and its row's own lock keeps two editors apart.
    session.refresh(unit, with_for_update=True)


def _note(
    session: Session,
    unit: Unit,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    unit.version += 1
    session.flush()
    thing = ("unit", unit.id)
    record(session, action, thing, before=before, after=after, actor=actor, now=now)
