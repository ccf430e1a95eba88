"""The rows of the matrix for the pages on which staff keep rooms: the unit's own people and the administrator, nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from booking.db import reading, transaction
from booking.domain.rooms import FEATURES
from booking.domain.texts import LocalText
from booking.models import Room
from booking.services.rooms import add_room
from tests.support.world import NOW

if TYPE_CHECKING:
    from tests.web.matrix import Scene

Asked = tuple[str, dict[str, Any] | None]

RULES = {
    "notice_minutes": "1440",
    "horizon_days": "400",
    "min_minutes": "30",
    "max_minutes": "720",
    "step_minutes": "15",
    "buffer_before_minutes": "0",
    "buffer_after_minutes": "0",
}
# What each section of Sali B holds already.
SECTIONS: dict[str, dict[str, Any]] = {
    "name": {"name_fi": "Sali B"},
    "size": {"capacity": "30"},
    "lending": {
        "published": "y",
        "activities": ["event", "meeting", "group"],
        "outside_use": "unknown",
    },
    "rules": RULES,
    "safety": {"noise_allowed": "unknown", "food_allowed": "unknown"},
    "contact": {},
}
# Others know of rooms, not of the spaces they are made of or of single blocks.
HIDDEN = frozenset(
    {
        "GET staff_spaces.consider_dividing",
        "POST staff_spaces.divide",
        "POST staff_blocks.lift",
        "POST staff_blocks.lift_all",
    }
)


def version(scene: Scene) -> str:
    with reading(scene.database) as session:
        return str(session.get_one(Room, scene.world.half_b).version)


def space_of_half_b(scene: Scene) -> int:
    with reading(scene.database) as session:
        return session.get_one(Room, scene.world.half_b).spaces[0].id


def spare_space(scene: Scene) -> int:
    """A space that a fresh room of Rantakylä is made of."""
    veli, unit = scene.world.veli, scene.world.rantakyla
    values = {"name": LocalText("Varatila"), "capacity": 5}
    return transaction(
        scene.database,
        lambda session: add_room(session, unit, values, actor=veli, now=NOW).spaces[0].id,
    )


def own(path: str) -> Callable[[Scene], Asked]:
    return lambda scene: (f"/staff/rooms/{scene.world.half_b}{path}", None)


def of_unit(path: str) -> Callable[[Scene], Asked]:
    return lambda scene: (f"/staff/units/{scene.world.rantakyla}{path}", None)


def section(name: str) -> Callable[[Scene], Asked]:
    return lambda scene: (
        f"/staff/rooms/{scene.world.half_b}/{name}",
        {**SECTIONS[name], "version": version(scene)},
    )


def looked(scene: Scene) -> Asked:
    form = {"version": version(scene), "checked_by": "vahtimestari", "quiet_looked": "y"}
    # Sali B is step-free, and nothing else is known of it.
    values = dict.fromkeys(FEATURES, "unknown")
    path = f"/staff/rooms/{scene.world.half_b}/accessibility"
    return path, {**values, "step_free": "yes", "quiet": "yes", **form}


def new_room(scene: Scene) -> Asked:
    form = {"name_fi": "Uusi tila", "capacity": "8", "floor": "own"}
    return f"/staff/units/{scene.world.rantakyla}/rooms/new", form


def divide(scene: Scene) -> Asked:
    return f"/staff/spaces/{spare_space(scene)}/divide", {"names": "Itä\nLänsi", "seen": "Varatila"}


def join(scene: Scene) -> Asked:
    form = {"spaces": [spare_space(scene), spare_space(scene)], "names": "Koko tila"}
    return f"/staff/units/{scene.world.rantakyla}/spaces/join", form


def make_of(scene: Scene) -> Asked:
    form = {"spaces": [space_of_half_b(scene)], "version": version(scene)}
    return f"/staff/rooms/{scene.world.half_b}/spaces", form


CALLS: dict[str, Callable[[Scene], Asked]] = {
    "GET staff_rooms.show": own(""),
    "GET staff_rooms.history": own("/history"),
    **{f"GET staff_rooms.edit {name}": own(f"/{name}") for name in SECTIONS},
    **{f"POST staff_rooms.save {name}": section(name) for name in SECTIONS},
    "GET staff_rooms.look": own("/accessibility"),
    "POST staff_rooms.write_down": looked,
    "GET staff_rooms.new": of_unit("/rooms/new"),
    "POST staff_rooms.add": new_room,
    "GET staff_spaces.show": of_unit("/spaces"),
    "GET staff_spaces.consider_dividing": lambda s: (
        f"/staff/spaces/{space_of_half_b(s)}/divide",
        None,
    ),
    "POST staff_spaces.divide": divide,
    "GET staff_spaces.consider_joining": of_unit("/spaces/join"),
    "POST staff_spaces.join": join,
    "GET staff_spaces.consider_floor": own("/spaces"),
    "POST staff_spaces.make_of": make_of,
    "GET staff_blocks.show": own("/blocks"),
    "POST staff_blocks.lift": lambda s: (f"/staff/blocks/{s.block()}/lift", {}),
    "POST staff_blocks.lift_all": lambda s: (f"/staff/blocks/{s.block()}/lift-all", {}),
}
