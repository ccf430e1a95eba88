"""What the rows say around a wish: bookings near it, and what its organisation holds already. Read under the locks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.bookings import HOLDING, Near, Standing, quota_span
from booking.domain.rooms import RoomRules
from booking.errors import DatabaseBusy, Forbidden, SignInRequired
from booking.models import Booking, Occupancy, Organisation, Person, Room
from booking.queries.catalogue import catalogue
from booking.queries.county import unregistered_may_book
from calendars.period import Period

_LOCKED = "organisation locked for its quota"


def lock_for_quota(session: Session, organisation_id: int, room_id: int, actor: Actor) -> None:
    """Lock the organisation if the room's unit has quotas: two of its bookings, in two rooms, must not both be the last.

    Without quotas it is only kept from being merged away meanwhile (`booking.services.merging`): a booking must not stay behind.
    Call before the spaces are locked; everybody locks in this order. An organisation that the actor may not ask for stays
    unlocked: what they ask is refused anyway. Raises NotFound for no such room.
    """
    rules = catalogue(session).room(room_id)
    if not actor.asks_for(rules.unit_id, organisation_id):
        return
    if rules.quotas:
        if session.get_bind().dialect.name != "sqlite":
            query = select(Organisation.id).where(Organisation.id == organisation_id)
            session.execute(query.with_for_update(key_share=True))
        session.info[_LOCKED] = organisation_id
    else:
        keep_from_merging(session, organisation_id)


def keep_from_erasing(session: Session, actor: Actor) -> None:
    """Hold off an erasure of who acts until the transaction ends: their name and address must not be left behind.

    Call after the organisation is locked, as an erasure does. Raises SignInRequired for who has been erased since they came.
    """
    query = select(Person.id).where(Person.id == actor.person_id, Person.erased_at.is_(None))
    query = query.with_for_update(read=True, key_share=True)
    if actor.person_id is not None and session.scalars(query).one_or_none() is None:
        raise SignInRequired("sign_in_required")


def keep_from_merging(session: Session, organisation_id: int) -> None:
    """Hold off a merging of the organisation until the transaction ends; many may do so at once. Read its row after this."""
    if session.get_bind().dialect.name != "sqlite":
        query = select(Organisation.id).where(Organisation.id == organisation_id)
        session.execute(query.with_for_update(read=True, key_share=True))


def require_may_book(session: Session, organisation: Organisation) -> None:
    """Raise Forbidden for an organisation that is at rest, or of a kind that the county lends no rooms to."""
    if not organisation.is_active:
        raise Forbidden("organisation_at_rest")
    if organisation.kind == "unregistered" and not unregistered_may_book(session):
        raise Forbidden("unregistered_may_not_book")


def standing(
    session: Session,
    rules: RoomRules,
    period: Period,
    but: int | None = None,
    organisation_id: int | None = None,
) -> Standing:
    """What the policy must know of the rows for `period` in this room. `but`: the booking that is being moved or decided.

    `organisation_id`: whose quotas count; None when they don't (deciding). Raises DatabaseBusy when the unit's first quota was
    set while the spaces were waited for: the organisation is not locked then, and the caller may simply try again.
    """
    near = _near(session, rules, period, but)
    if organisation_id is None or not rules.quotas:
        return Standing(near)
    require_locked_for_quota(session, [rules], organisation_id)
    return Standing(near, _used(session, rules, organisation_id, period.start, but))


def require_locked_for_quota(
    session: Session, rooms: Iterable[RoomRules], organisation_id: int
) -> None:
    """Raise DatabaseBusy where a quota applies and the organisation isn't locked: it was set while the spaces were waited for."""
    if session.info.get(_LOCKED) != organisation_id and any(room.quotas for room in rooms):
        raise DatabaseBusy


def _near(session: Session, rules: RoomRules, period: Period, but: int | None) -> list[Near]:
    known = catalogue(session)
    if rules.id not in known.buffered:
        return []
    margin = timedelta(minutes=known.longest_buffer)
    query = (
        select(
            Booking.id,
            Booking.starts_at,
            Booking.ends_at,
            Room.buffer_before_minutes,
            Room.buffer_after_minutes,
        )
        .join(Room, Room.id == Booking.room_id)
        .join(Occupancy, Occupancy.booking_id == Booking.id)
        .where(
            Occupancy.space_id.in_(rules.space_ids),
            Occupancy.source != "foreign",
            Occupancy.starts_at < period.end + margin,
            Occupancy.ends_at > period.start - margin,
        )
        .distinct()
    )
    return [
        Near(Period(starts_at, ends_at), before, after)
        for booking_id, starts_at, ends_at, before, after in session.execute(query)
        if booking_id != but
    ]


def _used(
    session: Session, rules: RoomRules, organisation_id: int, start: datetime, but: int | None
) -> dict[str, int]:
    spans = {quota.per: quota_span(quota.per, start) for quota in rules.quotas}
    held = session.execute(
        select(Booking.id, Booking.starts_at, Booking.ends_at)
        .join(Room, Room.id == Booking.room_id)
        .where(
            Booking.organisation_id == organisation_id,
            Room.unit_id == rules.unit_id,
            Booking.state.in_(HOLDING),
            Booking.starts_at >= min(span.start for span in spans.values()),
            Booking.starts_at < max(span.end for span in spans.values()),
        )
    ).all()
    # A booking counts in the week, month and year in which it starts.
    return {
        per: sum(
            int((row.ends_at - row.starts_at).total_seconds() // 60)
            for row in held
            if row.id != but and span.start <= row.starts_at < span.end
        )
        for per, span in spans.items()
    }
