"""Persons and what they may do, read from roles and memberships. No passwords are checked here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, contains_eager

from booking.db import UtcDateTime
from booking.domain.access import Actor
from booking.models import ApiToken, Membership, Person, SignIn, StaffRole, Unit

_ROLES = select(StaffRole.role, StaffRole.municipality_id, StaffRole.unit_id).where(
    StaffRole.person_id == bindparam("person")
)
_MEMBERSHIPS = select(Membership.organisation_id, Membership.role).where(
    Membership.person_id == bindparam("person")
)
# Asked by each request of a known person, so they are put together once.
_SIGN_IN = (
    select(SignIn)
    .join(SignIn.person)
    .options(contains_eager(SignIn.person))
    .where(
        SignIn.token_hash == bindparam("token"),
        SignIn.expires_at > bindparam("now", type_=UtcDateTime),
        Person.is_active,
    )
)
_TOKEN = (
    select(ApiToken)
    .join(ApiToken.person)
    .options(contains_eager(ApiToken.person))
    .where(
        ApiToken.token_hash == bindparam("token"), ApiToken.revoked_at.is_(None), Person.is_active
    )
)


def actor_of(session: Session, person: Person, may_write: bool = True) -> Actor:
    """The person as an actor: roles resolved to the units they reach."""
    roles = session.execute(_ROLES, {"person": person.id}).all()
    memberships = session.execute(_MEMBERSHIPS, {"person": person.id}).all()
    return Actor(
        person_id=person.id,
        name=person.name,
        title=person.title,
        email=person.email,
        locale=person.locale,
        is_admin=any(row.role == "admin" for row in roles),
        is_coordinator=any(row.role == "coordinator" for row in roles),
        approver_units=frozenset(row.unit_id for row in roles if row.role == "approver"),
        viewer_units=_viewed_units(
            session, [(row.municipality_id, row.unit_id) for row in roles if row.role == "viewer"]
        ),
        organisations={row.organisation_id: row.role for row in memberships},
        may_write=may_write,
    )


def _viewed_units(session: Session, scopes: list[tuple[int | None, int | None]]) -> frozenset[int]:
    if not scopes:
        return frozenset()
    query = select(Unit.id)
    if (None, None) not in scopes:
        municipalities = [municipality for municipality, _ in scopes if municipality is not None]
        units = [unit for _, unit in scopes if unit is not None]
        query = query.where(Unit.municipality_id.in_(municipalities) | Unit.id.in_(units))
    return frozenset(session.scalars(query))


def sign_in_of(session: Session, token_hash: str, now: datetime) -> SignIn | None:
    """The living sign-in with this token's hash, of an active person; else None."""
    return session.scalars(_SIGN_IN, {"token": token_hash, "now": now}).one_or_none()


def api_token_of(session: Session, token_hash: str) -> ApiToken | None:
    """The unrevoked API token with this hash, of an active person; else None."""
    return session.scalars(_TOKEN, {"token": token_hash}).one_or_none()
