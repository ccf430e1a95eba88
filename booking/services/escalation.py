"""What happens by itself to requests nobody decides, and before a date: reminders, stand-ins, the coordinator, lapsing.

The worker asks for what is due and does each in a transaction of its own, so that one that fails holds up no other. A step is a
number on the row, so doing it twice is doing it once. When each comes: `booking.domain.deciding`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from booking.domain.access import SERVICE
from booking.domain.bookings import next_state
from booking.domain.deciding import REACHED, StepName, due_step
from booking.domain.local_time import HELSINKI, local
from booking.i18n import gettext as _
from booking.i18n import use_locale
from booking.models import Booking, OutboxMessage, Person, Room, Unit
from booking.queries.people import coordinators, deciders_of, mail_reader, stand_ins
from booking.services.audit import record
from booking.services.changes import audited, finish_change
from booking.services.letters import Action
from booking.services.mails import tell_asker, tell_deciders
from booking.services.occupancy import locked_rules
from booking.services.release import make_release_link
from booking.services.series_escalation import escalate_series


def undecided(session: Session, now: datetime) -> list[int]:
    """Requests for which a step is due, the oldest first; of a series one stands for all that are decided at one unit."""
    rows = session.execute(
        select(
            Booking.id,
            Booking.series_id,
            Room.unit_id,
            Booking.escalation,
            Booking.created_at,
            Booking.asked_at,
            Booking.starts_at,
            Unit.remind_after_hours,
            Unit.stand_in_after_hours,
            Unit.coordinator_after_hours,
            Unit.lapse_after_hours,
        )
        .join(Room, Room.id == Booking.room_id)
        .join(Unit, Unit.id == Room.unit_id)
        .where(Booking.state == "requested", Booking.starts_at > now)
        .order_by(Booking.created_at, Booking.id)
    )
    # Each row says both what counts of the request and what counts of its unit.
    first: dict[object, int] = {}
    for row in rows:
        if due_step(row, row, now) is not None:
            group = row.id if row.series_id is None else (row.series_id, row.unit_id)
            first.setdefault(group, row.id)
    return list(first.values())


def escalate(session: Session, booking_id: int, now: datetime) -> StepName | None:
    """Do the step that is due for a request, and for all of its series; its name, or None when none is."""
    found = session.execute(
        select(Booking.room_id, Booking.series_id).where(Booking.id == booking_id)
    ).one_or_none()
    if found is None:
        return None
    if found.series_id is not None:
        return escalate_series(session, found.series_id, booking_id, now)
    room_id = found.room_id
    locked_rules(session, room_id)
    booking = session.get_one(
        Booking, booking_id, with_for_update={"of": Booking}, populate_existing=True
    )
    if booking.state != "requested" or booking.room_id != room_id:
        # Decided, called off or moved since it was found.
        return None
    step = due_step(booking, booking.room.unit, now)
    if step == "lapse":
        _lapse(session, booking, now)
    elif step is not None:
        _pass_on(session, booking, step, now)
    return step


def _pass_on(session: Session, booking: Booking, step: StepName, now: datetime) -> None:
    unit_id, today = booking.room.unit_id, local(now).date()
    booking.escalation = REACHED[step]
    if step == "remind":
        persons: Iterable[Person] = deciders_of(session, unit_id, today)
        tell_deciders(session, "reminder", booking, persons, now)
    else:
        is_with_coordinator = step == "pass_to_coordinator"
        found = coordinators(session) if is_with_coordinator else stand_ins(session, unit_id, today)
        told = _told_already(session, booking, found)
        others = [person for person in found if person.id not in told]
        tell_deciders(session, "escalated", booking, others, now)
    thing, after = ("booking", booking.id), {"escalation": booking.escalation}
    record(session, step, thing, after=after, actor=SERVICE, now=now)


def _told_already(session: Session, booking: Booking, persons: Iterable[Person]) -> set[int]:
    """Of these, who has had it passed to them before: a coordinator who stands in, too, is told once."""
    # Whole causes: PostgreSQL's collation decides what lies between two of them, and LIKE would read all mails there ever were.
    causes = {
        f"booking:{booking.id}:{booking.version}:escalated:{person.id}": person.id
        for person in persons
    }
    told = select(OutboxMessage.cause).where(OutboxMessage.cause.in_(causes))
    return {causes[cause] for cause in session.scalars(told)}


def _lapse(session: Session, booking: Booking, now: datetime) -> None:
    before = audited(booking)
    booking.state = next_state(booking.state, "lapse")
    finish_change(session, booking, "lapse_booking", before, None, actor=SERVICE, now=now)
    tell_asker(session, "lapsed", booking, now)


def soon(session: Session, now: datetime) -> list[int]:
    """Approved bookings whose people are to be reminded of the date: so many local days before it as the unit says."""
    today = local(now).date()
    longest = session.scalars(select(func.max(Unit.remind_days_before))).one() or 0
    rows = session.execute(
        select(Booking.id, Booking.starts_at, Unit.remind_days_before)
        .join(Room, Room.id == Booking.room_id)
        .join(Unit, Unit.id == Room.unit_id)
        .where(
            Booking.state == "approved",
            Booking.reminded_on.is_(None),
            Booking.starts_at > now,
            Booking.starts_at < now + timedelta(days=longest + 1),
        )
        .order_by(Booking.starts_at)
    )
    return [
        row.id
        for row in rows
        if row.remind_days_before > 0
        and (local(row.starts_at).date() - today).days <= row.remind_days_before
    ]


def remind_of_date(session: Session, booking_id: int, now: datetime) -> None:
    """Remind a booking's people of its date, once, with a link that releases the room; who has heard of it since knows."""
    booking = session.scalars(
        select(Booking)
        .where(Booking.id == booking_id)
        .options(joinedload(Booking.room).joinedload(Room.unit))
        .with_for_update(of=Booking)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if booking is None or booking.state != "approved" or booking.reminded_on is not None:
        return
    if booking.starts_at <= now:
        return
    booking.reminded_on = local(now).date()
    days = timedelta(days=booking.room.unit.remind_days_before)
    mails_from = datetime.combine(local(booking.starts_at).date() - days, time(), HELSINKI)
    if booking.changed_at < mails_from:
        with use_locale(mail_reader(session, booking).locale):
            release = Action(_("Release the room: it takes one press"), make_release_link(booking))
        tell_asker(session, "date_reminder", booking, now, actions=(release,))
