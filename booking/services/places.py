"""Regions, municipalities and divisions of the county: data that an administrator keeps. Each function is one whole change."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.room_values import LONGEST_NAME
from booking.domain.texts import LocalText
from booking.domain.unit_values import text_faults
from booking.errors import InvalidValues, NotFound, Refusal
from booking.models import Division, Municipality, Region
from booking.services.audit import record
from booking.services.upkeep import as_json, require_admin, require_valid

# A key stands in addresses for good: small letters of ASCII, digits and hyphens.
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def add_region(
    session: Session, key: str, name: LocalText, *, actor: Actor, now: datetime
) -> Region:
    """Add a region of partnership. Raises Forbidden, InvalidValues."""
    require_admin(actor)
    found = list(text_faults("name", name, LONGEST_NAME, "name_required"))
    if len(key) > 40 or _KEY.fullmatch(key) is None:
        found.append(Refusal("bad_key_text", "key"))
    elif session.scalars(select(Region.id).where(Region.key == key)).first() is not None:
        found.append(Refusal("key_taken", "key"))
    require_valid(found)
    region = Region(key=key, name=name)
    session.add(region)
    session.flush()
    after = {"key": key, "name": as_json(name)}
    record(session, "add_region", ("region", region.id), after=after, actor=actor, now=now)
    return region


def edit_region(
    session: Session, region_id: int, name: LocalText, *, actor: Actor, now: datetime
) -> Region:
    """Rename a region. Raises NotFound, Forbidden, InvalidValues."""
    require_admin(actor)
    region = session.get(Region, region_id)
    if region is None:
        raise NotFound("region")
    _rename(session, region, "region", name, actor=actor, now=now)
    return region


def place_municipality(
    session: Session,
    municipality_id: int,
    region_id: int | None,
    is_checked: bool,
    *,
    actor: Actor,
    now: datetime,
) -> Municipality:
    """Say in which region a municipality lies, and whether that has been made sure of. Raises NotFound, Forbidden,
    InvalidValues.
    """
    require_admin(actor)
    municipality = session.get(Municipality, municipality_id)
    if municipality is None:
        raise NotFound("municipality")
    if region_id is not None and session.get(Region, region_id) is None:
        raise InvalidValues([Refusal("bad_choice", "region_id")])
    before = {
        "region_id": municipality.region_id,
        "is_checked": municipality.region_is_checked,
    }
    municipality.region_id = region_id
    municipality.region_is_checked = is_checked and region_id is not None
    after = {"region_id": region_id, "is_checked": municipality.region_is_checked}
    if after != before:
        thing = ("municipality", municipality_id)
        record(
            session, "place_municipality", thing, before=before, after=after, actor=actor, now=now
        )
    return municipality


def add_division(session: Session, name: LocalText, *, actor: Actor, now: datetime) -> Division:
    """Add a division of the county's organisation. Raises Forbidden, InvalidValues."""
    require_admin(actor)
    require_valid(list(text_faults("name", name, LONGEST_NAME, "name_required")))
    division = Division(name=name)
    session.add(division)
    session.flush()
    after = {"name": as_json(name)}
    record(session, "add_division", ("division", division.id), after=after, actor=actor, now=now)
    return division


def edit_division(
    session: Session, division_id: int, name: LocalText, *, actor: Actor, now: datetime
) -> Division:
    """Rename a division. Raises NotFound, Forbidden, InvalidValues."""
    require_admin(actor)
    division = session.get(Division, division_id)
    if division is None:
        raise NotFound("division")
    _rename(session, division, "division", name, actor=actor, now=now)
    return division


def _rename(
    session: Session,
    row: Region | Division,
    kind: str,
    name: LocalText,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    require_valid(list(text_faults("name", name, LONGEST_NAME, "name_required")))
    if row.name == name:
        return
    before, after = {"name": as_json(row.name)}, {"name": as_json(name)}
    row.name = name
    thing = (kind, row.id)
    record(session, f"edit_{kind}", thing, before=before, after=after, actor=actor, now=now)
