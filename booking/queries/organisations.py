"""Organisations: in whose name an actor may ask, which an actor may know of, and what belongs to one. By name.

Names are looked for in small letters, on both databases alike: SQLite's `lower` knows ASCII only, PostgreSQL's what its locale
knows, so the letters beyond ASCII are replaced first. The four thousand rows of a county need no index for that (25 ms). Refused:
a column with the folded name; it would have to be kept true by every way in which a name is written.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, joinedload

from booking.domain.access import Actor
from booking.domain.organisations import CAPITALS, digits_of_number, folded_name, spellings
from booking.errors import NotFound
from booking.models import (
    Agreement,
    AuditEntry,
    Booking,
    Invitation,
    Membership,
    Organisation,
    Person,
)

_MOST_ALIKE = 5
_MOST_MISSED = 50
# The acts that raise an organisation's version, each by one.
VERSIONED = (
    "edit_organisation",
    "verify_organisation",
    "set_active",
    "merge_organisations",
    "set_agreement",
)


@dataclass(frozen=True, slots=True)
class OrganisationFilter:
    """What a list is narrowed to; what is None, empty or False narrows nothing."""

    text: str = ""
    unverified: bool = False
    at_rest: bool = False
    active: bool = False
    field: str | None = None
    municipality_id: int | None = None


@dataclass(frozen=True, slots=True)
class Belongings:
    """How much belongs to an organisation, by kind."""

    bookings: int
    members: int
    agreements: int
    invitations: int


def bookable_organisations(session: Session, actor: Actor) -> list[Organisation]:
    """In whose name the actor may ask for a room: their own organisations; for staff who ask on behalf, all. None at rest."""
    asks_on_behalf = actor.is_admin or actor.is_coordinator or bool(actor.approver_units)
    query = _living(actor, sees_all=asks_on_behalf).where(Organisation.is_active)
    return list(session.scalars(query.order_by(Organisation.name, Organisation.id)))


def own_bookable(session: Session, actor: Actor) -> list[Organisation]:
    """The actor's own organisations that may be booked for, by name."""
    query = _living(actor, sees_all=False).where(Organisation.is_active)
    return list(session.scalars(query.order_by(Organisation.name, Organisation.id)))


def chosen_organisation(session: Session, typed: str | None) -> Organisation | None:
    """The organisation that a form of staff names by its id, if it may be booked for."""
    if not (
        typed and typed.isascii() and typed.isdigit() and len(typed) <= 10 and int(typed) < 2**31
    ):
        return None
    row = session.get(Organisation, int(typed))
    return row if row is not None and row.is_active and row.merged_into_id is None else None


def search_organisations(session: Session, text: str, limit: int) -> list[Organisation]:
    """Organisations that may be booked for and whose name or number matches, by name; for staff who ask on behalf.

    Those whose name begins with the text come first.
    """
    begins = _folded().startswith(folded_name(text), autoescape=True)
    query = (
        select(Organisation)
        .where(Organisation.merged_into_id.is_(None), Organisation.is_active, _matches(text))
        .options(joinedload(Organisation.municipality))
        .order_by(case((begins, 0), else_=1), _folded(), Organisation.id)
    )
    return list(session.scalars(query.limit(limit)))


def organisations(
    session: Session,
    actor: Actor,
    wanted: OrganisationFilter,
    limit: int,
    offset: int = 0,
    after: int | None = None,
) -> list[Organisation]:
    """A page of the organisations in sight, by name; merged ones are none any more. `after`: the id of the last one had.

    Raises NotFound when `after` isn't in sight.
    """
    in_sight = _living(actor, sees_all=actor.is_staff)
    query = _narrowed(in_sight, wanted)
    if after is not None:
        of_it = in_sight.where(Organisation.id == after).with_only_columns(_folded())
        last = session.scalars(of_it).one_or_none()
        if last is None:
            raise NotFound("organisation")
        query = query.where(tuple_(_folded(), Organisation.id) > tuple_(last, after))
    query = query.options(joinedload(Organisation.municipality))
    return list(
        session.scalars(query.order_by(_folded(), Organisation.id).limit(limit).offset(offset))
    )


def own_organisations(session: Session, actor: Actor) -> list[Organisation]:
    """The organisations the actor acts for, at rest or not, by name."""
    query = _living(actor, sees_all=False).options(joinedload(Organisation.municipality))
    return list(session.scalars(query.order_by(_folded(), Organisation.id)))


def count_of(session: Session, actor: Actor, wanted: OrganisationFilter) -> int:
    """How many organisations in sight the filter leaves."""
    found = _narrowed(_living(actor, sees_all=actor.is_staff), wanted).subquery()
    return session.scalars(select(func.count()).select_from(found)).one()


def unverified(session: Session) -> int:
    """How many organisations wait for staff to make sure who they are."""
    query = select(func.count(Organisation.id)).where(
        Organisation.verified_at.is_(None),
        Organisation.is_active,
        Organisation.merged_into_id.is_(None),
    )
    return session.scalars(query).one()


def organisation_in_sight(session: Session, organisation_id: int, actor: Actor) -> Organisation:
    """One organisation; raises NotFound also when the actor may not know of it.

    One that was merged is seen by the people of the one it was merged into.
    """
    found = session.get(
        Organisation, organisation_id, options=[joinedload(Organisation.municipality)]
    )
    own = actor.organisations
    if found is None or not (actor.is_staff or found.id in own or found.merged_into_id in own):
        raise NotFound("organisation")
    return found


def members_of(session: Session, organisation_id: int) -> list[Membership]:
    """Who acts for an organisation: owners first, then by name."""
    query = (
        select(Membership)
        .join(Membership.person)
        .options(joinedload(Membership.person))
        .where(Membership.organisation_id == organisation_id)
        .order_by(case((Membership.role == "owner", 0), else_=1), Person.name, Person.id)
    )
    return list(session.scalars(query))


def open_invitations(session: Session, organisation_id: int) -> list[Invitation]:
    """Invitations that were neither accepted nor taken back, the newest first; some may have run out."""
    query = (
        select(Invitation)
        .options(joinedload(Invitation.invited_by))
        .where(
            Invitation.organisation_id == organisation_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .order_by(Invitation.id.desc())
    )
    return list(session.scalars(query))


def agreements_of(session: Session, organisation_id: int) -> list[Agreement]:
    """What was agreed on with an organisation, the latest first."""
    query = (
        select(Agreement)
        .where(Agreement.organisation_id == organisation_id)
        .order_by(Agreement.valid_from.desc(), Agreement.id.desc())
    )
    return list(session.scalars(query))


def agreement_of(session: Session, organisation_id: int, agreement_id: int) -> Agreement:
    """One agreement of an organisation. Raises NotFound."""
    row = session.get(Agreement, agreement_id)
    if row is None or row.organisation_id != organisation_id:
        raise NotFound("agreement")
    return row


def alike(session: Session, row: Organisation) -> tuple[list[Organisation], bool]:
    """Others that may be the same association: the same register number, or the same name but for its legal form.

    A few of them, by name, and whether there are more.
    """
    same_number = Organisation.register_number == row.register_number
    query = (
        select(Organisation)
        .where(
            Organisation.id != row.id,
            Organisation.merged_into_id.is_(None),
            or_(
                _folded().in_(spellings(row.name)),
                and_(same_number, Organisation.register_number.is_not(None)),
            ),
        )
        .options(joinedload(Organisation.municipality))
        .order_by(_folded(), Organisation.id)
    )
    found = list(session.scalars(query.limit(_MOST_ALIKE + 1)))
    return found[:_MOST_ALIKE], len(found) > _MOST_ALIKE


def belongings(session: Session, organisation_id: int) -> Belongings:
    """How much belongs to an organisation, invitations as long as they are open."""

    def count(model: type[Booking | Membership | Agreement]) -> int:
        query = select(func.count(model.id)).where(model.organisation_id == organisation_id)
        return session.scalars(query).one()

    invitations = len(open_invitations(session, organisation_id))
    return Belongings(count(Booking), count(Membership), count(Agreement), invitations)


def put_to_rest(session: Session, organisation_id: int) -> AuditEntry | None:
    """The entry that tells when and why an organisation was put to rest; None where nothing tells it."""
    query = (
        select(AuditEntry)
        .where(
            AuditEntry.object_kind == "organisation",
            AuditEntry.object_id == organisation_id,
            AuditEntry.action == "set_active",
        )
        .order_by(AuditEntry.id.desc())
    )
    return session.scalars(query.limit(1)).first()


def saved_since(session: Session, row: Organisation, version: int) -> list[AuditEntry]:
    """What was saved of an organisation after `version`, newest first: each change is one version and one entry."""
    missed = min(max(0, row.version - version), _MOST_MISSED)
    query = (
        select(AuditEntry)
        .where(
            AuditEntry.object_kind == "organisation",
            AuditEntry.object_id == row.id,
            AuditEntry.action.in_(VERSIONED),
        )
        .order_by(AuditEntry.id.desc())
    )
    return list(session.scalars(query.limit(missed))) if missed else []


def coming_bookings(
    session: Session, organisation_ids: Collection[int], now: datetime
) -> dict[int, int]:
    """How many bookings to come, requested or approved, each of the organisations has; 0 is left out."""
    query = (
        select(Booking.organisation_id, func.count())
        .where(
            Booking.organisation_id.in_(organisation_ids),
            Booking.ends_at > now,
            Booking.state.in_(("requested", "approved")),
        )
        .group_by(Booking.organisation_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _living(actor: Actor, sees_all: bool) -> Select[Organisation]:
    query = select(Organisation).where(Organisation.merged_into_id.is_(None))
    return query if sees_all else query.where(Organisation.id.in_(actor.organisations))


def _narrowed(query: Select[Organisation], wanted: OrganisationFilter) -> Select[Organisation]:
    query = query.where(_matches(wanted.text))
    if wanted.unverified:
        query = query.where(Organisation.verified_at.is_(None))
    if wanted.at_rest:
        query = query.where(Organisation.is_active.is_(False))
    if wanted.active:
        query = query.where(Organisation.is_active)
    if wanted.field is not None:
        query = query.where(Organisation.field == wanted.field)
    if wanted.municipality_id is not None:
        query = query.where(Organisation.municipality_id == wanted.municipality_id)
    return query


def _matches(text: str) -> ColumnElement[bool]:
    """Every word typed stands in the name, or the digits typed begin one of its numbers."""
    words = folded_name(text).split()
    if not words:
        return true()
    in_name = and_(*(_folded().contains(word, autoescape=True) for word in words))
    digits = digits_of_number(text)
    if not digits:
        return in_name
    numbers = (
        func.replace(Organisation.y_tunnus, "-", ""),
        func.replace(Organisation.register_number, ".", ""),
    )
    return or_(in_name, *(number.startswith(digits) for number in numbers))


def _folded() -> ColumnElement[str]:
    name: ColumnElement[str] = Organisation.name.expression
    for capital in CAPITALS:
        name = func.replace(name, capital, capital.lower())
    return func.lower(name)
