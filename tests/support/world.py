"""The fixed world of the tests: two units, a hall that divides, and the persons everybody knows. Nothing random, nothing clever.

anna books for Virta ry; pekka owns Virta ry; toini books for another; veli approves for Rantakylä; aino approves for
another unit; kaisa coordinates; outi has an account and nothing else; viivi views Rantakylä's municipality; yllapito may
do all. The same first names as in the demo data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.access import Actor
from booking.domain.local_time import HELSINKI, local
from booking.domain.requests import BookingRequest
from booking.domain.texts import LocalText
from booking.models import (
    Booking,
    Membership,
    Municipality,
    OpeningHours,
    Organisation,
    Person,
    Room,
    RoomFeature,
    Space,
    StaffRole,
    Unit,
)
from booking.queries.people import actor_of
from booking.services.bookings import request_booking
from booking.services.people import hash_password
from calendars.period import Period

NOW = datetime(2027, 3, 1, 7, 0, tzinfo=UTC)  # a Monday, 9.00 in Joensuu
PASSWORD = "esteeton-yhteistila"
# Argon2 takes its time on purpose; once a process is enough.
_HASH = hash_password(PASSWORD)


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    """An instant of 2027, given as wall time."""
    return datetime(2027, month, day, hour, minute, tzinfo=HELSINKI).astimezone(UTC)


def slot(day: int, hour: int, hours: float = 2, month: int = 3) -> Period:
    """A stretch of 2027 from a whole wall hour."""
    start = at(day, hour, month=month)
    return Period(start, start + timedelta(hours=hours))


@dataclass(frozen=True)
class World:
    """Ids of what is there; `actors` by first name."""

    hall: int  # two spaces, 60 people
    half_a: int  # one space of the hall, 30 people
    half_b: int
    cabinet: int  # its own space, another unit, 12 people
    rantakyla: int  # unit of the hall
    kitee: int  # unit of the cabinet
    virta: int  # anna's organisation
    toinen: int  # another organisation
    actors: dict[str, Actor]

    def __getattr__(self, name: str) -> Actor:
        """`world.anna` is Anna as an actor."""
        try:
            return self.actors[name]
        except KeyError:
            raise AttributeError(name) from None


def make_world(database: Database) -> World:
    """Fill a migrated database with the fixed world."""
    return transaction(database, _fill)


def make_room(session: Session, unit: Unit, spaces: list[Space], name: str, **changes: Any) -> Room:
    """A published room that takes any activity, 8–20 on weekdays with its unit, in quarters of an hour."""
    fields: dict[str, Any] = {
        "unit": unit,
        "spaces": spaces,
        "name": LocalText(name),
        "published": True,
        "capacity": 30,
        "activities": ["event", "meeting", "group"],
        "step_minutes": 15,
        "min_minutes": 30,
        "max_minutes": 720,
        "notice_minutes": 1440,
        "horizon_days": 400,
        "feed_version": 1,
    }
    room = Room(**{**fields, **changes})
    session.add(room)
    session.flush()
    return room


def make_booking(database: Database, world: World, **changes: Any) -> Booking:
    """Anna's requested meeting of ten in half A, Wednesday 10.3.2027 10–12."""
    request = booking_request(world, **changes)
    return transaction(database, lambda session: request_booking(session, request, world.anna, NOW))


def booking_request(world: World, **changes: Any) -> BookingRequest:
    """What Anna fills in for `make_booking`, with `changes`."""
    fields: dict[str, Any] = {
        "room_id": world.half_a,
        "organisation_id": world.virta,
        "title": "Hallituksen kokous",
        "activity": "meeting",
        "period": slot(10, 10),
        "people": 10,
        "needs": "Pyörätuolilla kulkeva osallistuja",
    }
    return BookingRequest(**{**fields, **changes})


def _fill(session: Session) -> World:
    joensuu = Municipality(key="joensuu", name=LocalText("Joensuu", "Joensuu", "Joensuu"))
    kitee_town = Municipality(key="kitee", name=LocalText("Kitee", "Kides", "Kitee"))
    rantakyla = _unit(session, "Rantakylän hyvinvointitalo", joensuu, "Esimerkkitie 1, Joensuu")
    kitee = _unit(session, "Kiteen sosiaali- ja terveysasema", kitee_town, "Esimerkkitie 2, Kitee")
    rooms = _rooms(session, rantakyla, kitee)
    virta, toinen = _organisations(session, joensuu, kitee_town)
    persons = {name: _person(name) for name in _PERSONS}
    # Together: the world is made anew for thousands of tests.
    session.add_all(persons.values())
    session.flush()
    for name, organisation, role in (
        ("anna", virta, "booker"),
        ("pekka", virta, "owner"),
        ("toini", toinen, "booker"),
    ):
        session.add(
            Membership(person_id=persons[name].id, organisation_id=organisation.id, role=role)
        )
    roles: list[tuple[str, str, dict[str, int]]] = [
        ("veli", "approver", {"unit_id": rantakyla.id}),
        ("aino", "approver", {"unit_id": kitee.id}),
        ("viivi", "viewer", {"municipality_id": joensuu.id}),
        ("kaisa", "coordinator", {}),
        ("yllapito", "admin", {}),
    ]
    session.add_all(
        StaffRole(person_id=persons[name].id, role=role, **scope) for name, role, scope in roles
    )
    session.flush()
    return World(
        **rooms,
        rantakyla=rantakyla.id,
        kitee=kitee.id,
        virta=virta.id,
        toinen=toinen.id,
        actors={
            name: actor_of(session, person, local(NOW).date()) for name, person in persons.items()
        },
    )


def _organisations(
    session: Session, joensuu: Municipality, kitee_town: Municipality
) -> tuple[Organisation, Organisation]:
    virta = Organisation(
        name="Virta ry",
        kind="association",
        y_tunnus="0927140-5",
        municipality=joensuu,
        verified_at=NOW,
    )
    toinen = Organisation(name="Toinen yhdistys", kind="unregistered", municipality=kitee_town)
    session.add_all([virta, toinen])
    session.flush()
    return virta, toinen


def _rooms(session: Session, rantakyla: Unit, kitee: Unit) -> dict[str, int]:
    north, south = (
        Space(unit_id=rantakyla.id, name=name) for name in ("Sali, pohjoispää", "Sali, eteläpää")
    )
    small = Space(unit_id=kitee.id, name="Kabinetti")
    rooms = {
        "hall": make_room(session, rantakyla, [north, south], "Sali", capacity=60),
        "half_a": make_room(session, rantakyla, [north], "Sali A"),
        "half_b": make_room(session, rantakyla, [south], "Sali B"),
        "cabinet": make_room(
            session, kitee, [small], "Kabinetti", capacity=12, activities=["meeting", "group"]
        ),
    }
    features = {
        "hall": {"step_free": "yes", "induction_loop": "yes"},
        "half_a": {"step_free": "yes", "induction_loop": "no"},
        "half_b": {"step_free": "yes"},
    }
    for name, values in features.items():
        session.add_all(
            RoomFeature(room_id=rooms[name].id, code=code, value=value)
            for code, value in values.items()
        )
    return {name: room.id for name, room in rooms.items()}


_PERSONS = {
    "anna": "Anna Virtanen",
    "pekka": "Pekka Virtanen",
    "toini": "Toini Toinen",
    "veli": "Veli Vastaava",
    "aino": "Aino Arvioija",
    "viivi": "Viivi Viranhaltija",
    "kaisa": "Kaisa Koordinoija",
    "outi": "Outi Outo",
    "yllapito": "Yrjö Ylläpito",
}


def _person(first_name: str) -> Person:
    return Person(
        email=f"{first_name}@demo.example",
        name=_PERSONS[first_name],
        title="palveluesihenkilö" if first_name == "veli" else None,
        locale="fi",
        password_hash=_HASH,
        is_active=True,
        created_at=NOW,
    )


def _unit(session: Session, name: str, municipality: Municipality, address: str) -> Unit:
    unit = Unit(
        name=LocalText(name),
        municipality=municipality,
        address=address,
        open_for_booking=True,
        opening_hours=[
            OpeningHours(weekday=day, opens_minute=8 * 60, closes_minute=20 * 60)
            for day in range(5)
        ],
    )
    session.add(unit)
    session.flush()
    return unit
