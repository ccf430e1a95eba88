"""Writes the demo's organisations and persons. Knows the only password of the demo; no room and no booking.

Five persons sign in; the others are there because a queue needs somebody who has asked, and a decision somebody who has decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.models import Membership, Organisation, Person, StaffRole
from booking.queries.people import actor_of
from booking.seed.facts import facts
from booking.seed.places import Places
from booking.services.people import hash_password

DEMO_PASSWORD = "esteeton-yhteistila"


@dataclass(frozen=True)
class People:
    """Who acts in the demo: `organisations` ids by key; `askers` by organisation's key; `approvers` by unit's key."""

    organisations: dict[str, int]
    askers: dict[str, Actor]
    approvers: dict[str, Actor]


def add_people(session: Session, places: Places, since: datetime) -> People:
    """Write organisations, persons, memberships and roles, all known `since` then."""
    organisations = {
        told["key"]: _organisation(told, places, since) for told in facts("organisations")
    }
    session.add_all(organisations.values())
    session.flush()
    askers: dict[str, Actor] = {}
    approvers: dict[str, Actor] = {}
    # Argon2 takes its time on purpose; the five may share a hash, their password is no secret.
    shared_hash = hash_password(DEMO_PASSWORD)
    for told in facts("people"):
        person = _person(told, shared_hash, since)
        session.add(person)
        session.flush()
        session.add_all(_roles(told, person, places))
        session.add_all(
            Membership(person_id=person.id, organisation_id=organisations[key].id, role=role)
            for key, role in told.get("memberships", {}).items()
        )
        session.flush()
        actor = actor_of(session, person, local(since).date())
        for key in told.get("memberships", {}):
            askers.setdefault(key, actor)
        for role in told.get("roles", []):
            if role["role"] == "approver":
                approvers[role["unit"]] = actor
    return People({key: row.id for key, row in organisations.items()}, askers, approvers)


def _organisation(told: dict[str, Any], places: Places, since: datetime) -> Organisation:
    return Organisation(
        name=told["name"],
        kind=told["kind"],
        y_tunnus=told.get("y_tunnus"),
        register_number=told.get("register_number"),
        field=told.get("field"),
        municipality_id=places.municipalities[told["municipality"]],
        verified_at=since if told.get("verified", True) else None,
    )


def _person(told: dict[str, Any], shared_hash: str, since: datetime) -> Person:
    return Person(
        email=told["email"],
        name=told["name"],
        title=told.get("title"),
        locale=told.get("locale", "fi"),
        password_hash=shared_hash if told.get("signs_in") else None,
        is_active=True,
        created_at=since,
    )


def _roles(told: dict[str, Any], person: Person, places: Places) -> list[StaffRole]:
    return [
        StaffRole(
            person_id=person.id,
            role=role["role"],
            unit_id=places.units[role["unit"]] if "unit" in role else None,
            municipality_id=places.municipalities[role["municipality"]]
            if "municipality" in role
            else None,
        )
        for role in told.get("roles", [])
    ]
