"""How units are reached, as every page may show it. Reads only; knows no persons."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.errors import NotFound
from booking.models import Unit


def phones(session: Session, unit_ids: Collection[int]) -> dict[int, str]:
    """The telephone numbers of some units; units without one are left out."""
    query = select(Unit.id, Unit.contact_phone).where(
        Unit.id.in_(unit_ids), Unit.contact_phone.is_not(None)
    )
    return {unit: phone for unit, phone in session.execute(query) if phone}


def unit_in_full(session: Session, unit_id: int) -> Unit:
    """A unit with its municipality; raises NotFound."""
    unit = session.scalars(
        select(Unit).where(Unit.id == unit_id).options(joinedload(Unit.municipality))
    ).one_or_none()
    if unit is None:
        raise NotFound("unit")
    return unit
