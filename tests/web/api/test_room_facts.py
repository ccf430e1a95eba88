"""One room with all that is known of it: what everybody may read, what staff read besides, and when the unit is open."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.domain.rooms import FEATURES, HYBRID_NEEDS
from booking.domain.texts import LocalText
from booking.models import (
    OpeningException,
    OpeningHours,
    Quota,
    Room,
    RoomFeature,
    RoomImage,
    Terms,
    Unit,
)
from tests.support.world import NOW, World
from tests.web.api.calls import Program
from tests.web.api.conftest import ProgramOf
from tests.web.conftest import set_clock


@pytest.fixture
def furnished(app: Flask, database: Database, world: World) -> None:
    """Every fact of half A is known, and it is 1.3.2027."""
    set_clock(app, NOW)
    transaction(database, lambda session: furnish(session, world))


def furnish(session: Session, world: World) -> None:
    room = session.get_one(Room, world.half_a)
    for name, value in FACTS.items():
        setattr(room, name, value)
    room.features += [
        RoomFeature(
            code="door_width",
            value="yes",
            note=LocalText("Pääovi"),
            measure_cm=95,
            checked_on=date(2026, 5, 4),
            checked_by="Esteettömyyskartoittaja",
        ),
        RoomFeature(code="accessible_toilet", value="yes", side="left"),
        RoomFeature(code="accessible_parking", value="yes", count=2),
    ]
    picture = {"digest": "d" * 64, "width": 800, "height": 600, "created_at": NOW}
    room.images = [
        RoomImage(kind="photo", alt=LocalText("Sali ovelta"), position=1, **picture),
        RoomImage(kind="floor_plan", alt=LocalText("Pohjapiirros"), position=1, **picture),
    ]
    furnish_unit(session, room.unit)


def furnish_unit(session: Session, unit: Unit) -> None:
    unit.arrival = LocalText("Linja 3, pysäkki oven edessä")
    unit.contact_phone = "+358 13 000 0000"
    unit.opening_hours += [
        OpeningHours(weekday=0, opens_minute=600, closes_minute=1440, **season)
        for season in (
            {"valid_from": date(2026, 6, 1), "valid_until": date(2026, 8, 1)},
            {"valid_from": date(2027, 6, 1), "valid_until": date(2027, 8, 1)},
        )
    ]
    because = LocalText("Remontti")
    unit.opening_exceptions = [
        OpeningException(day=date(2027, 2, 20), last_day=date(2027, 2, 26)),
        OpeningException(day=date(2027, 2, 27), last_day=date(2027, 3, 2), reason=because),
        OpeningException(day=date(2027, 3, 3), reason=because),
        OpeningException(day=date(2027, 3, 4)),
        OpeningException(day=date(2027, 12, 6), opens_minute=600, closes_minute=1440),
    ]
    unit.closed_on_holidays = True
    unit.closed_on_midsummer_eve = unit.closed_on_christmas_eve = False
    session.add_all(
        [
            Terms(unit_id=unit.id, version=1, text=LocalText("Vanhat"), created_at=NOW),
            Terms(unit_id=unit.id, version=2, text=LocalText("Siivotkaa"), created_at=NOW),
            Quota(unit_id=unit.id, per="week", limit_minutes=600),
        ]
    )


FACTS: dict[str, Any] = {
    "description": LocalText("Valoisa sali", "En ljus sal"),
    "arrival": LocalText("Toinen ovi vasemmalla"),
    "owner": "Joensuun kaupunki",
    "outside_use": "yes",
    "available_until": date(2028, 1, 31),
    "layouts": {"theatre": 30, "boardroom": 12},
    "equipment": [*sorted(HYBRID_NEEDS), "piano"],
    "activities": ["meeting", "group"],
    "activity_reasons": {"event": {"fi": "Naapurissa on vuodeosasto"}},
    "noise_allowed": "no",
    "food_allowed": "yes",
    "latest_end_minute": 1320,
    "fire_max_people": 40,
    "emergency_number": "112",
    "keys": LocalText("Avain aulasta"),
    "alarm": LocalText("Koodi 4711"),
    "floor_plan_text": LocalText("Ovi on pohjoisessa"),
    "contact_name": "Vahtimestari",
    "contact_email": "aula@demo.example",
    "contact_phone": "+358 13 111 1111",
    "external_id": "R-7",
    "buffer_before_minutes": 15,
    "buffer_after_minutes": 30,
}
UNKNOWN = {
    "value": "unknown",
    **dict.fromkeys(("note", "measure_cm", "count", "side", "checked_on", "checked_by")),
}
DOOR = {
    **UNKNOWN,
    "value": "yes",
    "note": {"fi": "Pääovi"},
    "measure_cm": 95,
    "checked_on": "2026-05-04",
    "checked_by": "Esteettömyyskartoittaja",
}
CONTACT = {
    "name": "Vahtimestari",
    "email": "aula@demo.example",
    "phone": "+358 13 111 1111",
}
SAFETY = {
    "noise_allowed": "no",
    "food_allowed": "yes",
    "latest_end": "22:00",
    "fire_max_people": 40,
    "emergency_number": "112",
}
WEEK = [{"weekday": weekday, "opens": "08:00", "closes": "20:00"} for weekday in range(1, 6)]
HOURS = {
    "opening_hours": WEEK,
    "seasons": [
        {
            "first_day": "2027-06-01",
            "last_day": "2027-08-01",
            "opening_hours": [{"weekday": 1, "opens": "10:00", "closes": "24:00"}],
        }
    ],
    "opening_exceptions": [
        {
            "first_day": "2027-03-01",
            "last_day": "2027-03-03",
            "hours": [],
            "reason": {"fi": "Remontti"},
        },
        {"first_day": "2027-03-04", "last_day": "2027-03-04", "hours": [], "reason": None},
        {
            "first_day": "2027-12-06",
            "last_day": "2027-12-06",
            "hours": [{"opens": "10:00", "closes": "24:00"}],
            "reason": None,
        },
    ],
}
RULES = {
    "step_minutes": 15,
    "min_minutes": 30,
    "max_minutes": 720,
    "notice_minutes": 1440,
    "horizon_days": 400,
    "buffer_before_minutes": 15,
    "buffer_after_minutes": 30,
}


def picture(alt: str) -> dict[str, Any]:
    files = [
        {
            "url": f"http://127.0.0.1:8000/images/{'d' * 64}-{width}.{extension}",
            "type": f"image/{extension}",
            "width": width,
        }
        for extension in ("avif", "webp")
        for width in (480, 800)
    ]
    return {"alt": {"fi": alt}, "width": 800, "height": 600, "files": files}


IN_FULL: dict[str, Any] = {
    "version": 1,
    "hybrid_ready": True,
    "outside_use": "yes",
    "available_until": "2028-01-31",
    "description": {"fi": "Valoisa sali", "sv": "En ljus sal"},
    "arrival": {"fi": "Toinen ovi vasemmalla"},
    "contact": CONTACT,
    "owner": "Joensuun kaupunki",
    "layouts": {"theatre": 30, "boardroom": 12},
    "equipment": ["display", "camera", "microphone", "speakers", "network", "piano"],
    "activities": ["meeting", "group"],
    "activity_reasons": {"event": {"fi": "Naapurissa on vuodeosasto"}},
    "features": {
        **dict.fromkeys(FEATURES, UNKNOWN),
        "step_free": {**UNKNOWN, "value": "yes"},
        "induction_loop": {**UNKNOWN, "value": "no"},
        "door_width": DOOR,
        "accessible_toilet": {**UNKNOWN, "value": "yes", "side": "left"},
        "accessible_parking": {**UNKNOWN, "value": "yes", "count": 2},
    },
    "safety": SAFETY,
    "photos": [picture("Sali ovelta")],
    "floor_plan": picture("Pohjapiirros"),
    "floor_plan_text": {"fi": "Ovi on pohjoisessa"},
    **HOURS,
    "rules": RULES,
    "terms": {"version": 2, "text": {"fi": "Siivotkaa"}},
    "quotas": [{"per": "week", "limit_minutes": 600}],
}


@pytest.mark.usefixtures("furnished")
def test_a_room_is_told_in_full(nobody: Program, world: World) -> None:
    listed = {item["id"]: item for item in nobody.get("/rooms").json["items"]}[world.half_a]
    answer = nobody.get(f"/rooms/{world.half_a}").json
    del answer["holidays"]
    assert answer == {
        **listed,
        **IN_FULL,
        "unit": {
            **listed["unit"],
            "arrival": {"fi": "Linja 3, pysäkki oven edessä"},
            "contact": {"email": None, "phone": "+358 13 000 0000"},
        },
        "shares_space_with": [world.hall],
    }


@pytest.mark.usefixtures("furnished")
def test_a_years_holidays_are_told_on_which_it_is_closed(nobody: Program, world: World) -> None:
    holidays = nobody.get(f"/rooms/{world.half_a}").json["holidays"]
    assert holidays[0] == {
        "day": "2027-03-26",
        "name": {"fi": "Pitkäperjantai", "sv": "Långfredagen", "en": "Good Friday"},
    }
    days = {one["day"] for one in holidays}
    # Independence day has hours of its own, the eves have switches of their own; a year is told, and no more.
    assert {"2027-05-01", "2027-12-25", "2028-01-06"} <= days
    assert days.isdisjoint({"2027-12-06", "2027-12-24", "2027-06-25", "2028-04-14"})


@pytest.mark.usefixtures("furnished")
def test_keys_and_alarm_are_for_staff_of_the_unit(
    nobody: Program, program_of: ProgramOf, world: World
) -> None:
    path = f"/rooms/{world.half_a}"
    public = nobody.get(path)
    for name in ("outi", "anna", "viivi", "aino", "kaisa"):
        assert program_of(name).get(path).json == public.json
    assert "4711" not in public.text
    assert "aulasta" not in public.text
    for name in ("veli", "yllapito"):
        answer = program_of(name).get(path)
        assert answer.json == {
            **public.json,
            "safety": {**SAFETY, "keys": {"fi": "Avain aulasta"}, "alarm": {"fi": "Koodi 4711"}},
            "published": True,
            "external_id": "R-7",
        }
        # What staff see is another answer, so it has another ETag.
        assert answer.headers["ETag"] != public.headers["ETag"]
        assert answer.headers["Cache-Control"] == "no-store"
        known = program_of(name).get(path, If_None_Match=public.headers["ETag"])
        assert known.status_code == 200


@pytest.mark.usefixtures("furnished")
def test_what_is_over_makes_another_etag(app: Flask, nobody: Program, world: World) -> None:
    path = f"/rooms/{world.half_a}"
    etag = nobody.get(path).headers["ETag"]
    assert nobody.get(path, If_None_Match=etag).status_code == 304
    set_clock(app, datetime(2027, 3, 2, 9, 0, tzinfo=UTC))
    tomorrow = nobody.get(path, If_None_Match=etag)
    assert tomorrow.status_code == 200
    assert tomorrow.json["opening_exceptions"][0]["first_day"] == "2027-03-02"
