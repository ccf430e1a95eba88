"""What an approver must know to decide: the association's record, who else has the room that day, what can still be undone.

Reads only; whether the actor may decide is the caller's question.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from booking.domain.access import Actor
from booking.domain.bookings import HOLDING, quota_span
from booking.domain.deciding import UNDO_WITHIN, may_decide, season_span
from booking.domain.local_time import day_period, local
from booking.domain.rooms import RoomRules
from booking.domain.texts import LocalText
from booking.models import (
    Absence,
    Agreement,
    Block,
    Booking,
    DecisionTemplate,
    OutboxMessage,
    Room,
    Unit,
    room_space,
)
from booking.queries.held import foreign_near
from calendars.period import Period

# Of late cancellations and of how well an association is known: what lies further back says little.
_LOOKS_BACK = timedelta(days=365)
# No room is lent for longer at a time (`booking.domain.room_values`).
_LONGEST_BOOKING = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Record:
    """An association at one unit: minutes it holds beside the request in its month and season; in the year before, how many
    bookings took place and how many were cancelled late.
    """

    month_minutes: int = 0
    season_minutes: int = 0
    held: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What holds the room, or a part of it, on the day. `booking` is None for a block or what another calendar says."""

    period: Period
    source: str
    booking: Booking | None = None
    reason: str | None = None  # of a block


def record_of(session: Session, booking: Booking, now: datetime) -> Record:
    """What the association of a request has at the request's unit. One statement."""
    season = season_span(local(booking.starts_at).date())
    month = quota_span("month", booking.starts_at)
    since = now - _LOOKS_BACK
    # Never before all of these, whatever the day.
    first = min(season.start, since)
    rows = session.execute(
        select(
            Booking.id, Booking.starts_at, Booking.ends_at, Booking.state, Booking.is_late_cancel
        )
        .join(Room, Room.id == Booking.room_id)
        .where(
            Booking.organisation_id == booking.organisation_id,
            Room.unit_id == booking.room.unit_id,
            Booking.starts_at >= first,
            Booking.starts_at < max(season.end, now),
        )
    ).all()
    others = [row for row in rows if row.id != booking.id]
    holding = [row for row in others if row.state in HOLDING]

    def minutes(span: Period) -> int:
        return sum(
            int((row.ends_at - row.starts_at).total_seconds() // 60)
            for row in holding
            if span.start <= row.starts_at < span.end
        )

    return Record(
        minutes(month),
        minutes(season),
        sum(
            row.state == "approved" and since <= row.starts_at and row.ends_at <= now
            for row in others
        ),
        sum(row.is_late_cancel and row.starts_at >= since for row in others),
    )


def agreements_on(
    session: Session, organisation_ids: Collection[int], first: date, last: date
) -> dict[int, list[Agreement]]:
    """The agreements of some organisations that hold for a part of these days, both included; by organisation."""
    found: dict[int, list[Agreement]] = {}
    rows = session.scalars(
        select(Agreement)
        .where(
            Agreement.organisation_id.in_(organisation_ids),
            Agreement.valid_from <= last,
            or_(Agreement.valid_until.is_(None), Agreement.valid_until >= first),
        )
        .order_by(Agreement.valid_from, Agreement.id)
    )
    for row in rows:
        found.setdefault(row.organisation_id, []).append(row)
    return found


def day_of(session: Session, rules: RoomRules, day: date) -> list[Neighbour]:
    """What holds any of the room's spaces on a local day, by start; what holds several of them once."""
    window = day_period(day)
    bookings = session.scalars(
        select(Booking)
        .where(
            Booking.room_id.in_(rules.neighbours),
            Booking.state.in_(HOLDING),
            Booking.starts_at < window.end,
            Booking.starts_at > window.start - _LONGEST_BOOKING,
            Booking.ends_at > window.start,
        )
        .options(joinedload(Booking.organisation), joinedload(Booking.room))
    )
    foreign = foreign_near(session, rules.space_ids, window)
    blocks = session.scalars(
        select(Block)
        .join(room_space, room_space.c.room_id == Block.room_id)
        .where(
            room_space.c.space_id.in_(rules.space_ids),
            Block.lifted_at.is_(None),
            Block.starts_at < window.end,
            Block.ends_at > window.start,
        )
        .distinct()
    )
    found = [
        *(Neighbour(Period(row.starts_at, row.ends_at), "booking", row) for row in bookings),
        *(Neighbour(period, "foreign") for period in set().union(*foreign.values())),
        *(
            Neighbour(Period(row.starts_at, row.ends_at), "block", None, row.reason)
            for row in blocks
        ),
    ]
    return sorted(found, key=lambda one: (one.period.start, one.period.end, one.source))


def templates_of(session: Session, unit_id: int) -> list[DecisionTemplate]:
    """A unit's conditions and reasons, each kind in the order they were written."""
    query = select(DecisionTemplate).where(DecisionTemplate.unit_id == unit_id)
    return list(session.scalars(query.order_by(DecisionTemplate.kind, DecisionTemplate.id)))


def standing_in(session: Session, actor: Actor, today: date) -> list[tuple[Absence, LocalText]]:
    """For whom the actor stands in on this local day, with the one who is away and the unit's name, by last day."""
    query = (
        select(Absence, Unit.name)
        .join(Unit, Unit.id == Absence.unit_id)
        .where(
            Absence.stand_in_id == actor.person_id,
            Absence.first_day <= today,
            Absence.last_day >= today,
            Absence.unit_id.in_(actor.approver_units),
        )
        .options(joinedload(Absence.person))
        .order_by(Absence.last_day, Absence.id)
    )
    return [(absence, name) for absence, name in session.execute(query)]


def decision_mail(booking: Booking) -> str:
    """The cause of the mail that tells of a booking's decision, as `booking.services.mails` names it."""
    kind = "approved" if booking.state == "approved" else "rejected"
    return f"booking:{booking.id}:{booking.version}:{kind}"


def can_be_undone(session: Session, booking: Booking, actor: Actor, now: datetime) -> bool:
    """Whether the actor can take this decision back now: it is theirs, young, and its mail still waits."""
    if (
        booking.state not in {"approved", "rejected"}
        or booking.decided_at is None
        or booking.decided_by_id is None
        or booking.decided_by_id != actor.person_id
        or now - booking.decided_at >= UNDO_WITHIN
        or not may_decide(booking, booking.room.unit_id, actor)
    ):
        return False
    return _waits(session, [decision_mail(booking)], now) != []


def undoable(session: Session, actor: Actor, now: datetime) -> list[Booking]:
    """The decisions that the actor can still take back, the latest first.

    Found by the mails that wait: those are few, and have an index; a person's decisions of years have none.
    """
    causes = _waits(session, None, now)
    ids = [int(cause.split(":")[1]) for cause in causes]
    if not ids:
        return []
    rows = session.scalars(
        select(Booking)
        .where(Booking.id.in_(ids), Booking.decided_by_id == actor.person_id)
        .options(joinedload(Booking.room).joinedload(Room.unit), joinedload(Booking.organisation))
        .order_by(Booking.decided_at.desc(), Booking.id.desc())
    )
    return [
        row
        for row in rows
        if row.decided_at is not None
        and now - row.decided_at < UNDO_WITHIN
        and decision_mail(row) in causes
        and may_decide(row, row.room.unit_id, actor)
    ]


def may_come_back(
    session: Session, room_ids: Collection[int], around: Period, now: datetime
) -> list[Period]:
    """Times of these rooms that were rejected so lately that the decision may still be taken back: nobody is offered them yet."""
    rows = session.execute(
        select(Booking.starts_at, Booking.ends_at).where(
            Booking.room_id.in_(room_ids),
            Booking.state == "rejected",
            Booking.decided_at > now - UNDO_WITHIN,
            Booking.starts_at < around.end,
            Booking.starts_at > around.start - _LONGEST_BOOKING,
            Booking.ends_at > around.start,
        )
    )
    return [Period(starts_at, ends_at) for starts_at, ends_at in rows]


def _waits(session: Session, causes: Sequence[str] | None, now: datetime) -> list[str]:
    query = select(OutboxMessage.cause).where(
        OutboxMessage.state == "waiting",
        OutboxMessage.attempts == 0,
        OutboxMessage.kind.in_(("approved", "rejected")),
        OutboxMessage.next_try_at > now,
        OutboxMessage.next_try_at <= now + UNDO_WITHIN,
    )
    return list(
        session.scalars(query if causes is None else query.where(OutboxMessage.cause.in_(causes)))
    )
