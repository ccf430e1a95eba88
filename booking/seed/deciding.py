"""What the demo's staff have agreed, prepared and been told: agreements, ready texts, an absence, reports.

Through the services; it happens after the demo's bookings, which some of it is about.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.local_time import local
from booking.domain.texts import LocalText
from booking.models import Booking, Person, Unit
from booking.queries.people import actor_of
from booking.seed.facts import facts
from booking.seed.people import People
from booking.seed.places import Places
from booking.services.absences import add_absence
from booking.services.decision_templates import add_template
from booking.services.organisations import set_agreement
from booking.services.reports import add_report, answer_report
from booking.services.units import edit_unit

_PREPARED_SINCE = timedelta(days=100)


def add_deciding(session: Session, places: Places, people: People, now: datetime) -> None:
    """Let all of it happen."""
    told = facts("deciding")
    since = now - _PREPARED_SINCE
    for key, rows in told["templates"].items():
        for row in rows:
            add_template(
                session,
                places.units[key],
                row["kind"],
                _text(row),
                actor=people.approvers[key],
                now=since,
            )
    settings = {**told["units"]}
    settings |= {key: {"appeal": _text(appeal)} for key, appeal in told["appeal"].items()}
    for key, values in settings.items():
        version = session.get_one(Unit, places.units[key]).version
        edit_unit(
            session, places.units[key], version, values, actor=people.approvers[key], now=since
        )
    _agree(session, people, told["agreements"], now)
    for row in told["absences"]:
        add_absence(
            session,
            _person(people, row["person"]),
            places.units[row["unit"]],
            _person(people, row["stand_in"]),
            local(now).date() + timedelta(days=row["from"]),
            local(now).date() + timedelta(days=row["to"]),
            actor=people.approvers[row["person"]],
            now=since,
        )
    _report(session, people, told["reports"], now)


def _text(told: dict[str, str]) -> LocalText:
    return LocalText(told["fi"], told["sv"], told["en"])


def _person(people: People, unit: str) -> int:
    person_id = people.approvers[unit].person_id
    assert person_id is not None  # approvers are known
    return person_id


def _agree(session: Session, people: People, rows: list[dict[str, object]], now: datetime) -> None:
    kaisa = session.scalars(select(Person).where(Person.email == "kaisa@demo.example")).one()
    coordinator = actor_of(session, kaisa, local(now).date())
    today = local(now).date()
    for row in rows:
        since, lasts = int(str(row["days_ago"])), row.get("days_on")
        values = {
            "kind": row["kind"],
            "valid_from": today - timedelta(days=since),
            "valid_until": today + timedelta(days=int(str(lasts))) if lasts else None,
            "file_number": row["file_number"],
        }
        organisation = people.organisations[str(row["organisation"])]
        at = now - timedelta(days=since)
        set_agreement(session, organisation, None, values, actor=coordinator, now=at)


def _report(session: Session, people: People, rows: list[dict[str, object]], now: datetime) -> None:
    for row in rows:
        asker = people.askers[str(row["booked_by"])]
        booking = session.scalars(
            select(Booking)
            .where(Booking.asker_id == asker.person_id, Booking.state == "approved")
            .where(Booking.starts_at < now)
            .order_by(Booking.starts_at.desc())
            .limit(1)
        ).one()
        at = now - timedelta(hours=int(str(row["hours_ago"])))
        report = add_report(
            session,
            str(row["kind"]),
            str(row["text"]),
            booking_id=booking.id,
            actor=asker,
            now=at,
        )
        if "answer" in row:
            decider = session.get_one(Person, booking.decided_by_id)
            answerer = actor_of(session, decider, local(now).date())
            later = at + timedelta(days=1)
            answer_report(session, report.id, str(row["answer"]), actor=answerer, now=later)
