"""Lets go of personal data when its time has come: counted beforehand, done in small batches, each batch one entry of the audit.

What is due is one condition for each rule, asked by the preview and by the deed alike. A row that was done is no longer due, so a
second run does nothing, and one that was killed goes on where it stopped. The audit holds counts, never what was there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.domain.retention import (
    BY_KEY,
    ERASED_EMAIL,
    ERASED_NAME,
    ERASED_TEXT,
    RULES,
    Rule,
    days_kept,
    length_faults,
)
from booking.models import (
    AuditEntry,
    Base,
    Booking,
    CalendarText,
    CountySetting,
    Invitation,
    Membership,
    OutboxMessage,
    Person,
    Report,
    SignIn,
    StaffRole,
    WaitingEntry,
)
from booking.queries.feeds import installation
from booking.services.audit import record
from booking.services.erasure import EMPTY_MAIL, erase_person
from booking.services.upkeep import require_admin, require_valid

NIGHT = 3  # the local hour from which the daily run may begin
BEGUN, DONE = "retention_begun_on", "retention_done_on"  # days, as ordinals
_SERVICE = Actor(person_id=None, name="Yhteistila", is_admin=True)
_Told = Callable[[Rule, int], None]


@dataclass(frozen=True, slots=True)
class _Deed:
    """What a rule does: to rows of `model` that `due` finds before a cut-off, `do` by their ids."""

    model: type[Base]
    due: Callable[[datetime], ColumnElement[bool]]
    do: Callable[[Session, Sequence[int], datetime], None]


@dataclass(frozen=True, slots=True)
class LastRuns:
    """The local day the last run began and the last one that was finished, and when each rule last did something, by key."""

    begun_on: date | None
    done_on: date | None
    by_rule: Mapping[str, datetime]


def kept_days(session: Session) -> dict[str, int]:
    """Days by the key of each rule, as the county has chosen."""
    rows = session.execute(select(CountySetting.key, CountySetting.value))
    return days_kept({row.key: row.value for row in rows})


def set_kept_days(
    session: Session, days: Mapping[str, int], *, actor: Actor, now: datetime
) -> None:
    """Choose how long things are kept; `days` has every rule. Raises Forbidden, InvalidValues."""
    require_admin(actor)
    require_valid(length_faults(days))
    before = kept_days(session)
    settings = [rule.setting for rule in RULES]
    session.execute(delete(CountySetting).where(CountySetting.key.in_(settings)))
    session.add_all(
        CountySetting(key=rule.setting, value=days[rule.key])
        for rule in RULES
        if days[rule.key] != rule.days
    )
    if before != days:
        thing = ("retention", 0)
        record(session, "set_retention", thing, before=before, after=days, actor=actor, now=now)


def preview(
    session: Session, now: datetime, days: Mapping[str, int] | None = None
) -> dict[str, int]:
    """How many rows each rule would change now, by key; `days`: as if these had been chosen."""
    chosen = days or kept_days(session)
    found = {}
    for key, deed in _DEEDS.items():
        due = deed.due(now - timedelta(days=chosen[key]))
        found[key] = session.scalars(select(func.count()).select_from(deed.model).where(due)).one()
    return found


def due_ids(session: Session, rule: Rule, now: datetime, after: int = 0) -> Sequence[int]:
    """A batch of rows due by a rule, from the first id above `after` on, in order. Locks nothing: `apply_rule` looks again."""
    deed = _DEEDS[rule.key]
    model: Any = deed.model
    due = deed.due(now - timedelta(days=kept_days(session)[rule.key]))
    found = select(model.id).where(due, model.id > after).order_by(model.id).limit(rule.batch)
    return session.scalars(found).all()


def apply_rule(session: Session, rule: Rule, found: Sequence[int], now: datetime) -> int:
    """Do what of the `found` rows is still due by a rule; how many they were."""
    deed = _DEEDS[rule.key]
    model: Any = deed.model
    due = deed.due(now - timedelta(days=kept_days(session)[rule.key]))
    # What somebody else has in hand is left for the next night: no waiting, so no circle.
    ids = session.scalars(
        select(model.id)
        .where(model.id.in_(found), due)
        .order_by(model.id)
        .with_for_update(skip_locked=True, of=model)
    ).all()
    if ids:
        deed.do(session, ids, now)
        after = {"rule": rule.key, "rows": len(ids)}
        record(session, "purge", ("retention", rule.number), after=after, actor=_SERVICE, now=now)
    return len(ids)


def purge(database: Database, now: datetime, told: _Told | None = None) -> dict[str, int]:
    """Do all that is due, batch by batch in transactions of their own; rows done, by rule. `told` hears of each batch.

    Takes a Database: a night's work in one transaction would hold up everybody. What is due is looked for beside those who
    write, which may take a while; whoever writes waits for the rows of one batch at most.
    """
    done = {}
    for rule in RULES:
        total, found = 0, _find(database, rule, now)
        while found:
            rows = transaction(database, partial(apply_rule, rule=rule, found=found, now=now))
            total += rows
            if told is not None and rows:
                told(rule, rows)
            found = _find(database, rule, now, after=found[-1])
        done[rule.key] = total
    today = local(now).date()
    transaction(database, lambda session: _note_day(session, DONE, today))
    return done


def purge_nightly(database: Database, now: datetime) -> dict[str, int] | None:
    """Purge once a local day, from NIGHT on; None when it isn't time, or another worker has taken this day's run.

    One that dies leaves the rest to the next night.
    """
    today = local(now).date()
    if local(now).hour < NIGHT:
        return None
    with reading(database) as session:
        if _day_of(session, BEGUN) == today:
            return None
    if not transaction(database, lambda session: _note_day(session, BEGUN, today)):
        return None
    return purge(database, now)


def last_runs(session: Session) -> LastRuns:
    """When it ran."""
    rows = session.execute(
        select(AuditEntry.object_id, func.max(AuditEntry.id))
        .where(AuditEntry.object_kind == "retention", AuditEntry.action == "purge")
        .group_by(AuditEntry.object_id)
    ).all()
    keys = {rule.number: rule.key for rule in RULES}
    by_rule = {
        keys[number]: session.get_one(AuditEntry, entry_id).at
        for number, entry_id in rows
        if number in keys
    }
    return LastRuns(_day_of(session, BEGUN), _day_of(session, DONE), by_rule)


def _find(database: Database, rule: Rule, now: datetime, after: int = 0) -> Sequence[int]:
    with reading(database) as session:
        return due_ids(session, rule, now, after)


def _day_of(session: Session, key: str) -> date | None:
    value = session.scalars(
        select(CountySetting.value).where(CountySetting.key == key)
    ).one_or_none()
    return None if value is None else date.fromordinal(value)


def _note_day(session: Session, key: str, day: date) -> bool:
    """Write a day down; whether it is later than the one that stood there. Of two at once, one hears yes."""
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = kind.insert(CountySetting).values(key=key, value=day.toordinal())
    newer = insert.on_conflict_do_update(
        index_elements=["key"],
        set_={"value": insert.excluded.value},
        where=CountySetting.value < insert.excluded.value,
    )
    return session.execute(newer.returning(CountySetting.id)).one_or_none() is not None


def _needs_due(before: datetime) -> ColumnElement[bool]:
    some = or_(Booking.needs.is_not(None), cast(Booking.needed_features, String) != "[]")
    return and_(Booking.ends_at < before, some)


def _empty_needs(session: Session, ids: Sequence[int], _now: datetime) -> None:
    _change(session, Booking, ids, needs=None, needed_features=[])


def _contacts_due(before: datetime) -> ColumnElement[bool]:
    some = or_(
        Booking.contact_name != ERASED_NAME,
        Booking.contact_email != ERASED_EMAIL,
        Booking.release_hash.is_not(None),
    )
    return and_(Booking.ends_at < before, some)


def _empty_contacts(session: Session, ids: Sequence[int], _now: datetime) -> None:
    _change(
        session,
        Booking,
        ids,
        contact_name=ERASED_NAME,
        contact_email=ERASED_EMAIL,
        release_hash=None,
    )


def _old_bookings_due(before: datetime) -> ColumnElement[bool]:
    texts = (
        Booking.decided_by_name,
        Booking.reason,
        Booking.cancel_reason,
        Booking.condition,
    )
    some = or_(Booking.title != ERASED_TEXT, *(text.is_not(None) for text in texts))
    return and_(Booking.ends_at < before, some)


def _empty_old_bookings(session: Session, ids: Sequence[int], _now: datetime) -> None:
    uuids = session.scalars(select(Booking.uuid).where(Booking.id.in_(ids)))
    uids = [f"{uuid}@{installation(session)}" for uuid in uuids]
    session.execute(delete(CalendarText).where(CalendarText.uid.in_(uids)))
    gone = dict.fromkeys(("decided_by_name", "reason", "cancel_reason", "condition"))
    _change(session, Booking, ids, title=ERASED_TEXT, **gone)


def _idle_due(before: datetime) -> ColumnElement[bool]:
    """Persons without association and role whom nobody has seen since: not signed in, not acting, no booking."""
    has_reason = or_(
        exists().where(Membership.person_id == Person.id),
        exists().where(StaffRole.person_id == Person.id),
        exists().where(SignIn.person_id == Person.id, SignIn.last_seen_at >= before),
        exists().where(AuditEntry.actor_id == Person.id, AuditEntry.at >= before),
        exists().where(Booking.asker_id == Person.id, Booking.ends_at >= before),
        exists().where(
            func.lower(Booking.contact_email) == Person.email, Booking.ends_at >= before
        ),
    )
    return and_(Person.erased_at.is_(None), Person.created_at < before, ~has_reason)


def _erase_idle(session: Session, ids: Sequence[int], now: datetime) -> None:
    for person_id in ids:
        erase_person(session, person_id, actor=_SERVICE, now=now)


def _mails_due(before: datetime) -> ColumnElement[bool]:
    # Waiting mails are not over, however long there is no mail server.
    is_over = OutboxMessage.state.in_(("sent", "failed", "withdrawn"))
    return and_(OutboxMessage.created_at < before, is_over, OutboxMessage.recipient != "")


def _empty_mails(session: Session, ids: Sequence[int], _now: datetime) -> None:
    # The row stays, with its cause: that is what keeps a mail from being told twice.
    _change(session, OutboxMessage, ids, **EMPTY_MAIL)


def _invitations_due(before: datetime) -> ColumnElement[bool]:
    return and_(Invitation.expires_at < before, Invitation.email != ERASED_EMAIL)


def _empty_invitations(session: Session, ids: Sequence[int], _now: datetime) -> None:
    # The row stays: its number is in the cause of its mail, and SQLite would give a freed one to the next.
    _change(session, Invitation, ids, email=ERASED_EMAIL)


def _reports_due(before: datetime) -> ColumnElement[bool]:
    some = or_(
        Report.text != ERASED_TEXT,
        Report.email.is_not(None),
        Report.answer.is_not(None),
        Report.person_id.is_not(None),
    )
    # An open one is still a duty.
    return and_(Report.state == "answered", Report.answered_at < before, some)


def _empty_reports(session: Session, ids: Sequence[int], _now: datetime) -> None:
    _change(session, Report, ids, text=ERASED_TEXT, email=None, answer=None, person_id=None)


def _change(session: Session, model: Any, ids: Sequence[int], **values: Any) -> None:
    session.execute(
        update(model).where(model.id.in_(ids)).values(**values),
        execution_options={"synchronize_session": "fetch"},
    )


def _remove(model: Any) -> Callable[[Session, Sequence[int], datetime], None]:
    def remove(session: Session, ids: Sequence[int], _now: datetime) -> None:
        session.execute(
            delete(model).where(model.id.in_(ids)),
            execution_options={"synchronize_session": "fetch"},
        )

    return remove


_DEEDS: Mapping[str, _Deed] = {
    "needs": _Deed(Booking, _needs_due, _empty_needs),
    "booking_contacts": _Deed(Booking, _contacts_due, _empty_contacts),
    "old_bookings": _Deed(Booking, _old_bookings_due, _empty_old_bookings),
    "idle_persons": _Deed(Person, _idle_due, _erase_idle),
    "mails": _Deed(OutboxMessage, _mails_due, _empty_mails),
    "waiting": _Deed(
        WaitingEntry, lambda before: WaitingEntry.ends_at < before, _remove(WaitingEntry)
    ),
    "reports": _Deed(Report, _reports_due, _empty_reports),
    "invitations": _Deed(Invitation, _invitations_due, _empty_invitations),
    "audit": _Deed(AuditEntry, lambda before: AuditEntry.at < before, _remove(AuditEntry)),
}
assert set(_DEEDS) == set(BY_KEY)
