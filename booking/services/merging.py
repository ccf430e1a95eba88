"""Two rows that are one association become one. Knows what belongs to an organisation; no page.

Locks: both rows, in the order of their ids, against everybody, so that a booking that is being asked for in the name of the one
that goes is either there already and moves along, or finds it gone (`booking.services.standing.keep_from_merging`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.errors import InvalidInput, NotFound
from booking.models import (
    Agreement,
    Booking,
    Invitation,
    Membership,
    Organisation,
    Series,
    WaitingEntry,
)
from booking.services.audit import record
from booking.services.organisations import require_coordinator

# What the one that stays takes over where it says nothing itself.
_TAKEN_OVER = (
    "y_tunnus",
    "register_number",
    "field",
    "municipality_id",
    "contact_email",
    "responsible_name",
)


def merge_organisations(
    session: Session, gone_id: int, kept_id: int, *, actor: Actor, now: datetime
) -> Organisation:
    """Make one of two that are the same association: all that belongs to `gone_id` goes to `kept_id`.

    The other stays as a row that points there. If either was verified, the one that stays is. Raises NotFound, Forbidden,
    InvalidInput(`same_organisation`, `already_merged`).
    """
    if not actor.is_staff:
        raise NotFound("organisation")
    require_coordinator(actor)
    if gone_id == kept_id:
        raise InvalidInput("same_organisation", field="kept_id")
    gone, kept = _both(session, gone_id, kept_id)
    if gone.merged_into_id is not None or kept.merged_into_id is not None:
        raise InvalidInput("already_merged", field="kept_id")
    moved = session.scalars(select(func.count()).where(Booking.organisation_id == gone_id)).one()
    for model in (Booking, Series, WaitingEntry, Agreement, Invitation):
        session.execute(
            update(model).where(model.organisation_id == gone_id).values(organisation_id=kept_id)
        )
    # Those that were merged into it before point on to where it goes, so a pointer never leads to another pointer.
    session.execute(
        update(Organisation)
        .where(Organisation.merged_into_id == gone_id)
        .values(merged_into_id=kept_id)
    )
    _merge_members(session, gone_id, kept_id)
    gone.merged_into_id, gone.is_active = kept_id, False
    gone.version += 1
    _take_over(session, gone, kept)
    kept.version += 1
    for row_id, after in (
        (gone_id, {"merged_into": kept_id}),
        (kept_id, {"merged_from": gone_id, "bookings": moved}),
    ):
        thing = ("organisation", row_id)
        record(session, "merge_organisations", thing, after=after, actor=actor, now=now)
    return kept


def _both(session: Session, gone_id: int, kept_id: int) -> tuple[Organisation, Organisation]:
    rows = {
        row_id: session.get(Organisation, row_id, with_for_update=True, populate_existing=True)
        for row_id in sorted((gone_id, kept_id))
    }
    gone, kept = rows[gone_id], rows[kept_id]
    if gone is None or kept is None:
        raise NotFound("organisation")
    return gone, kept


def _take_over(session: Session, gone: Organisation, kept: Organisation) -> None:
    for name in _TAKEN_OVER:
        value = getattr(gone, name)
        if getattr(kept, name) is None and value is not None:
            if name == "y_tunnus":
                # Only one row may bear it.
                gone.y_tunnus = None
                session.flush()
            setattr(kept, name, value)
    if kept.verified_at is None and gone.verified_at is not None:
        kept.verified_at, kept.verified_by_id = gone.verified_at, gone.verified_by_id


def _merge_members(session: Session, gone_id: int, kept_id: int) -> None:
    there = {
        row.person_id: row
        for row in session.scalars(select(Membership).where(Membership.organisation_id == kept_id))
    }
    for row in session.scalars(
        select(Membership).where(Membership.organisation_id == gone_id)
    ).all():
        other = there.get(row.person_id)
        if other is None:
            row.organisation_id = kept_id
        else:
            other.role = "owner" if "owner" in (other.role, row.role) else "booker"
            session.delete(row)
    session.flush()
