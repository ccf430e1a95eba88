"""Associations: named by their people, kept true by them, verified and put to rest by staff.

Each function is one whole change. Who names an association becomes its owner; it books at once, and staff verify it together
with its first request. Who acts for it: `booking.services.memberships`; two that are one: `booking.services.merging`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.organisations import (
    AGREEMENT_KINDS,
    ASKABLE_KINDS,
    organisation_faults,
    register_number,
    y_tunnus,
)
from booking.domain.texts import one_line
from booking.errors import Forbidden, InvalidInput, InvalidValues, NotFound, Refusal, Stale
from booking.models import Agreement, Membership, Municipality, Organisation
from booking.services.audit import record
from booking.services.limits import NEW_ORGANISATIONS, reserve

EDITABLE_ORGANISATION = (
    "name",
    "kind",
    "y_tunnus",
    "register_number",
    "field",
    "municipality_id",
    "contact_email",
    "responsible_name",
)
# Of these the audit keeps only that they changed.
_PERSONAL = ("contact_email", "responsible_name")
# Another one of these, and it is no longer certain that it is the association that was verified.
_IDENTIFYING = frozenset({"name", "y_tunnus", "register_number", "kind"})
_LONGEST_FILE_NUMBER = 60


def add_own_organisation(
    session: Session, values: Mapping[str, Any], *, actor: Actor, now: datetime
) -> Organisation:
    """Name one's own association, not yet verified; the actor becomes its owner.

    Raises Forbidden, InvalidValues (`organisation_known`: another one bears the business ID), TooMany.
    """
    if actor.person_id is None:
        raise Forbidden("forbidden")
    if values.get("kind") not in ASKABLE_KINDS:
        choices = {"choices": ", ".join(ASKABLE_KINDS)}
        raise InvalidValues([Refusal("bad_choice", "kind", choices)])
    reserve(session, NEW_ORGANISATIONS, str(actor.person_id), now)
    organisation = _add(session, values, None, actor=actor, now=now)
    session.add(
        Membership(person_id=actor.person_id, organisation_id=organisation.id, role="owner")
    )
    session.flush()
    return organisation


def add_organisation(
    session: Session, values: Mapping[str, Any], *, actor: Actor, now: datetime
) -> Organisation:
    """Add an organisation as staff, verified at once. Raises Forbidden, InvalidValues."""
    require_coordinator(actor)
    return _add(session, values, now, actor=actor, now=now)


def _add(
    session: Session,
    values: Mapping[str, Any],
    verified_at: datetime | None,
    *,
    actor: Actor,
    now: datetime,
) -> Organisation:
    complete = _checked(session, {**dict.fromkeys(EDITABLE_ORGANISATION), **values}, None)
    organisation = Organisation(
        **complete,
        created_at=now,
        version=1,
        is_active=True,
        verified_at=verified_at,
        verified_by_id=None if verified_at is None else actor.person_id,
    )
    with _number_is_own(session):
        session.add(organisation)
    thing = ("organisation", organisation.id)
    record(session, "add_organisation", thing, after=_said(complete), actor=actor, now=now)
    return organisation


def edit_organisation(
    session: Session,
    organisation_id: int,
    version: int,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> Organisation:
    """Change what an organisation says of itself, by its owner or the coordinator.

    A new name or number of a verified one is verified anew, unless the coordinator wrote it. Raises NotFound, Forbidden, Stale,
    InvalidValues, InvalidInput(`already_merged`).
    """
    organisation = locked_organisation(session, organisation_id, actor)
    if not keeps(actor, organisation_id):
        raise Forbidden("owners_only")
    if organisation.version != version:
        raise Stale(organisation.version)
    change_organisation(session, organisation, values, actor=actor, now=now)
    return organisation


def change_organisation(
    session: Session,
    organisation: Organisation,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> set[str]:
    """Write what differs into a locked organisation; the names of what has changed. Raises InvalidValues."""
    had = {name: getattr(organisation, name) for name in EDITABLE_ORGANISATION}
    complete = _checked(session, {**had, **values}, organisation.id)
    changed = {name for name in had if had[name] != complete[name]}
    if not changed:
        return changed
    with _number_is_own(session):
        for name in changed:
            setattr(organisation, name, complete[name])
    if changed & _IDENTIFYING and not coordinates(actor):
        organisation.verified_at = organisation.verified_by_id = None
    organisation.version += 1
    thing, personal = ("organisation", organisation.id), changed.intersection(_PERSONAL)
    after = {**_said(complete), **dict.fromkeys(personal, "changed")}
    before = _said(had)
    record(session, "edit_organisation", thing, before=before, after=after, actor=actor, now=now)
    return changed


@contextmanager
def _number_is_own(session: Session) -> Iterator[None]:
    """Write what is changed within. Raises InvalidValues(`organisation_known`) when somebody has taken the business ID in the
    same moment: `_checked` could not see it yet.
    """
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        # PostgreSQL names the constraint, SQLite the column.
        if "organisation_y_tunnus" not in str(error.orig).replace(".", "_"):
            raise
        raise InvalidValues([Refusal("organisation_known", "y_tunnus")]) from error


def verify_organisation(
    session: Session,
    organisation_id: int,
    version: int | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> Organisation:
    """Say that staff have made sure who this is; once is enough.

    `version`: the one that was looked at; one that has changed since is another to make sure of. Raises NotFound, Forbidden,
    Stale, InvalidInput(`already_merged`).
    """
    organisation = locked_organisation(session, organisation_id, actor)
    if not verifies(actor):
        raise Forbidden("forbidden")
    if organisation.verified_at is None:
        if version not in (None, organisation.version):
            raise Stale(organisation.version)
        organisation.verified_at, organisation.verified_by_id = now, actor.person_id
        organisation.version += 1
        thing = ("organisation", organisation_id)
        after = {"verified": True}
        record(session, "verify_organisation", thing, after=after, actor=actor, now=now)
    return organisation


def set_active(
    session: Session,
    organisation_id: int,
    is_active: bool,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> Organisation:
    """Put an organisation to rest, or wake it: one at rest asks for no rooms, what it has stays; its people read the reason.

    Raises NotFound, Forbidden, InvalidInput(`reason_required`, `already_merged`).
    """
    organisation = locked_organisation(session, organisation_id, actor)
    require_coordinator(actor)
    if not reason.strip():
        raise InvalidInput("reason_required", field="reason")
    if organisation.is_active != is_active:
        organisation.is_active = is_active
        organisation.version += 1
        thing = ("organisation", organisation_id)
        before, after = {"is_active": not is_active}, {"is_active": is_active}
        record(
            session,
            "set_active",
            thing,
            before=before,
            after=after,
            reason=reason.strip(),
            actor=actor,
            now=now,
        )
    return organisation


def set_agreement(
    session: Session,
    organisation_id: int,
    agreement_id: int | None,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
) -> Agreement:
    """Write a new agreement, or one anew; `values`: kind, valid_from, valid_until, file_number.

    Raises NotFound, Forbidden, InvalidValues, InvalidInput(`already_merged`).
    """
    organisation = locked_organisation(session, organisation_id, actor)
    require_coordinator(actor)
    row = Agreement(organisation_id=organisation_id)
    if agreement_id is not None:
        found = session.get(Agreement, agreement_id)
        if found is None or found.organisation_id != organisation_id:
            raise NotFound("agreement")
        row = found
    faults = _agreement_faults(values)
    if faults:
        raise InvalidValues(faults)
    before = _agreed(row) if agreement_id is not None else None
    for name in ("kind", "valid_from", "valid_until", "file_number"):
        setattr(row, name, values[name])
    session.add(row)
    session.flush()
    after = _agreed(row)
    if before != after:
        organisation.version += 1
        thing = ("organisation", organisation_id)
        record(session, "set_agreement", thing, before=before, after=after, actor=actor, now=now)
    return row


def _agreement_faults(values: Mapping[str, Any]) -> list[Refusal]:
    faults = []
    first, last = values["valid_from"], values["valid_until"]
    if values["kind"] not in AGREEMENT_KINDS:
        faults.append(Refusal("bad_choice", "kind"))
    if not isinstance(first, date):
        faults.append(Refusal("bad_date", "valid_from"))
    elif last is not None and last < first:
        faults.append(Refusal("end_before_start", "valid_until"))
    if len(values["file_number"] or "") > _LONGEST_FILE_NUMBER:
        limit = {"limit": _LONGEST_FILE_NUMBER}
        faults.append(Refusal("too_long_text", "file_number", limit))
    return faults


def _agreed(row: Agreement) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "valid_from": row.valid_from.isoformat(),
        "valid_until": None if row.valid_until is None else row.valid_until.isoformat(),
        "file_number": row.file_number,
    }


def locked_organisation(session: Session, organisation_id: int, actor: Actor) -> Organisation:
    """An organisation in the actor's sight, as it is now, kept from being changed by others. Raises NotFound; and
    InvalidInput(`already_merged`) for one that is another by now.
    """
    if not (actor.is_staff or organisation_id in actor.organisations):
        raise NotFound("organisation")
    row = session.get(
        Organisation, organisation_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if row is None:
        raise NotFound("organisation")
    if row.merged_into_id is not None:
        raise InvalidInput("already_merged", field="organisation_id")
    return row


def coordinates(actor: Actor) -> bool:
    """Whether the actor keeps all associations: the coordinator, an administrator."""
    return actor.is_admin or actor.is_coordinator


def keeps(actor: Actor, organisation_id: int) -> bool:
    """Whether the actor says what an organisation is like and who acts for it: its owner, and the coordinator."""
    return coordinates(actor) or actor.organisations.get(organisation_id) == "owner"


def verifies(actor: Actor) -> bool:
    """Whether the actor makes sure who an organisation is: those who decide on bookings, whatever their unit."""
    return coordinates(actor) or bool(actor.approver_units)


def require_coordinator(actor: Actor) -> None:
    """Raise Forbidden unless the actor keeps all associations."""
    if not coordinates(actor):
        raise Forbidden("coordinator_only")


def _checked(session: Session, values: Mapping[str, Any], but: int | None) -> dict[str, Any]:
    complete = dict(values)
    for name in ("name", "responsible_name"):
        complete[name] = one_line(complete[name] or "") or None
    faults = organisation_faults(complete)
    for name, read in (("y_tunnus", y_tunnus), ("register_number", register_number)):
        typed = (complete[name] or "").strip()
        try:
            complete[name] = read(typed) if typed else None
        except InvalidInput as error:
            faults.append(Refusal(error.code, name))
    municipality = complete["municipality_id"]
    if municipality is not None and session.get(Municipality, municipality) is None:
        faults.append(Refusal("bad_choice", "municipality_id"))
    if not faults and complete["y_tunnus"] is not None:
        bearer = session.scalars(
            select(Organisation.id).where(Organisation.y_tunnus == complete["y_tunnus"])
        ).one_or_none()
        if bearer not in (None, but):
            faults.append(Refusal("organisation_known", "y_tunnus"))
    if faults:
        raise InvalidValues(faults)
    return complete


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit may hold: all but contact and responsible person."""
    return {name: value for name, value in values.items() if name not in _PERSONAL}
