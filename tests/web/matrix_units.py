"""The rows of the matrix for the pages on which units and places are kept.

A unit: its own people and the administrator; regions, municipalities, divisions and new units: the administrator alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from booking.db import reading, transaction
from booking.domain.texts import LocalText
from booking.models import Division, Municipality, OpeningException, OpeningHours, Region, Unit

if TYPE_CHECKING:
    from tests.web.matrix import Scene

Asked = tuple[str, dict[str, Any] | None]

UNIT = {
    "name_fi": "Rantakylän hyvinvointitalo",
    "address": "Esimerkkitie 1, Joensuu",
}
HOLIDAYS = dict.fromkeys(
    ("closed_on_holidays", "closed_on_midsummer_eve", "closed_on_christmas_eve"), "y"
)
# 8–20 on weekdays, as the world has it.
WEEK = {"day0_opens1": "8", "day0_closes1": "20"} | {f"day{n}_same": "y" for n in range(1, 5)}
_far_off = (date(2040, 1, 1) + timedelta(days=n) for n in count())
_names = count()


def version(scene: Scene) -> str:
    with reading(scene.database) as session:
        return str(session.get_one(Unit, scene.world.rantakyla).version)


def made(scene: Scene, row: Any) -> int:
    """Add a row; its id."""

    def work(session: Any) -> int:
        session.add(row)
        session.flush()
        return int(row.id)

    return transaction(scene.database, work)


def a_season(scene: Scene) -> str:
    day = next(_far_off)
    dates = {"valid_from": day, "valid_until": day}
    row = OpeningHours(
        unit_id=scene.world.rantakyla, weekday=0, opens_minute=480, closes_minute=720, **dates
    )
    made(scene, row)
    return f"/hours/{day}_{day}"


def an_exception(scene: Scene) -> str:
    row = OpeningException(unit_id=scene.world.rantakyla, day=next(_far_off))
    return f"/staff/exceptions/{made(scene, row)}"


def a_named(scene: Scene, kind: str) -> str:
    name = LocalText(f"Alue {next(_names)}")
    is_region = kind == "regions"
    row = Region(key=f"alue-{next(_names)}", name=name) if is_region else Division(name=name)
    return f"/admin/places/{kind}/{made(scene, row)}"


def joensuu(scene: Scene) -> int:
    with reading(scene.database) as session:
        query = select(Municipality.id).where(Municipality.key == "joensuu")
        return session.scalars(query).one()


def of_unit(path: str) -> Callable[[Scene], Asked]:
    return lambda scene: (f"/staff/units/{scene.world.rantakyla}{path}", None)


def sent(path: str, form: dict[str, Any]) -> Callable[[Scene], Asked]:
    return lambda scene: (
        f"/staff/units/{scene.world.rantakyla}{path}",
        {**form, "version": version(scene)},
    )


def closure(scene: Scene) -> dict[str, Any]:
    day = next(_far_off)
    return {"first_day": f"{day:%-d.%-m.%Y}", "kind": "closed", "version": version(scene)}


def moved_season(scene: Scene) -> Asked:
    season, day = a_season(scene), next(_far_off)
    typed = f"{day:%-d.%-m.%Y}"
    form = {**WEEK, "valid_from": typed, "valid_until": typed, "version": version(scene)}
    return f"/staff/units/{scene.world.rantakyla}{season}", form


UNITS: dict[str, Callable[[Scene], Asked]] = {
    "GET staff_units.show": of_unit(""),
    "GET staff_units.history": of_unit("/history"),
    "GET staff_units.edit": of_unit("/edit"),
    "POST staff_units.save": sent("/edit", UNIT),
    "GET staff_units.holidays": of_unit("/holidays"),
    "POST staff_units.keep_holidays": sent("/holidays", HOLIDAYS),
    "GET staff_units.terms": of_unit("/terms"),
    # The second takes away what the first has put in force, or nobody could book without accepting it.
    "POST staff_units.put_terms": sent("/terms", {"terms_fi": "Jätä tila siistiksi."}),
    "POST staff_units.take_terms": sent("/terms/remove", {}),
    "GET staff_units.quotas": of_unit("/quotas"),
    "POST staff_units.put_quotas": sent("/quotas", {"year": "8000"}),
    "GET staff_hours.hours": of_unit("/hours/usual"),
    "POST staff_hours.put_hours": moved_season,
    "POST staff_hours.remove_season": lambda s: sent(f"{a_season(s)}/remove", {})(s),
    "GET staff_hours.exceptions": of_unit("/exceptions"),
    "GET staff_hours.new": of_unit("/exceptions/new"),
    "POST staff_hours.add": lambda s: (
        f"/staff/units/{s.world.rantakyla}/exceptions/new",
        closure(s),
    ),
    "GET staff_hours.edit": lambda s: (an_exception(s), None),
    "POST staff_hours.save": lambda s: (an_exception(s), closure(s)),
    "POST staff_hours.remove": lambda s: (f"{an_exception(s)}/remove", {}),
}


def place_of_unit(scene: Scene) -> Asked:
    form = {"municipality_id": joensuu(scene), "division_id": "", "version": version(scene)}
    return f"/admin/places/units/{scene.world.rantakyla}", form


def new_unit(scene: Scene) -> Asked:
    form = {"name_fi": "Uusi talo", "address": "Tie 1", "municipality_id": joensuu(scene)}
    return "/admin/places/units/new", {**form, "division_id": ""}


ADMIN: dict[str, Callable[[Scene], Asked]] = {
    "GET places.show": lambda s: ("/admin/places", None),
    "GET places.new regions": lambda s: ("/admin/places/regions/new", None),
    "GET places.new divisions": lambda s: ("/admin/places/divisions/new", None),
    "POST places.add regions": lambda s: (
        "/admin/places/regions/new",
        {"name_fi": "Seutu", "key": f"seutu-{next(_names)}"},
    ),
    "POST places.add divisions": lambda s: ("/admin/places/divisions/new", {"name_fi": "Palvelut"}),
    "GET places.edit regions": lambda s: (a_named(s, "regions"), None),
    "GET places.edit divisions": lambda s: (a_named(s, "divisions"), None),
    "POST places.rename regions": lambda s: (a_named(s, "regions"), {"name_fi": "Uusi nimi"}),
    "POST places.rename divisions": lambda s: (a_named(s, "divisions"), {"name_fi": "Uusi nimi"}),
    "GET places.municipality": lambda s: (f"/admin/places/municipalities/{joensuu(s)}", None),
    "POST places.put_municipality": lambda s: (
        f"/admin/places/municipalities/{joensuu(s)}",
        {"region_id": ""},
    ),
    "GET places.new_unit": lambda s: ("/admin/places/units/new", None),
    "POST places.put_new_unit": new_unit,
    "GET places.unit": lambda s: (f"/admin/places/units/{s.world.rantakyla}", None),
    "POST places.put_unit": place_of_unit,
    "GET places.lending": lambda s: (f"/admin/places/units/{s.world.rantakyla}/lending", None),
    "POST places.switch": lambda s: (
        f"/admin/places/units/{s.world.rantakyla}/lending",
        {"open": "yes", "version": version(s)},
    ),
}
