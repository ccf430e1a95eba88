"""The API's rows of the matrix that are about rooms and units, and the call that asks each. What is refused is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from booking.db import transaction
from booking.domain.unit_values import DayHours
from booking.models import Space, Unit
from booking.services.units import add_exception
from tests.support.world import NOW, make_room

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.web.matrix import Scene

    Call = Callable[[Scene], tuple[str, dict[str, Any] | None]]


def _room(scene: Scene) -> int:
    """A room of Rantakylä in its first version."""

    def work(session: Session) -> int:
        unit = session.get_one(Unit, scene.world.rantakyla)
        return make_room(session, unit, [Space(unit_id=unit.id, name="Uusi")], "Uusi").id

    return transaction(scene.database, work)


def _day(scene: Scene) -> date:
    """A day that nobody books on, another one for each call."""
    ahead = next(scene.slots).start - NOW
    return date(2030, 1, 1) + timedelta(days=ahead // timedelta(minutes=30))


def _closure(scene: Scene) -> int:
    day, unit, veli = _day(scene), scene.world.rantakyla, scene.world.veli
    return transaction(
        scene.database,
        lambda session: add_exception(session, unit, DayHours(day, day), actor=veli, now=NOW).id,
    )


LOOKS: dict[str, Call] = {
    "GET api.next_free": lambda s: (f"/rooms/{s.world.hall}/next-free?minutes=60", None),
    "GET api.units": lambda s: ("/units", None),
    "GET api.unit": lambda s: (f"/units/{s.world.rantakyla}", None),
    "GET api.closures": lambda s: (f"/units/{s.world.rantakyla}/closures", None),
}
_FACTS = {"checked_by": "Tilapalvelu", "features": {"quiet": {"value": "yes"}}}
_KEPT: dict[str, tuple[int, Call]] = {
    "PATCH api.change_room": (200, lambda s: (f"/rooms/{_room(s)}", {"owner": "Kaupunki"})),
    "PUT api.put_features": (200, lambda s: (f"/rooms/{_room(s)}/features", _FACTS)),
    "GET api.blocks": (200, lambda s: (f"/rooms/{s.world.half_b}/blocks", None)),
    "POST api.close": (
        201,
        lambda s: (f"/units/{s.world.rantakyla}/closures", {"first_day": _day(s).isoformat()}),
    ),
    "DELETE api.open_again": (204, lambda s: (f"/closures/{_closure(s)}", None)),
}
# What only staff of the unit do: the status they get.
KEEPERS = {name: status for name, (status, _call) in _KEPT.items()}
CALLS: dict[str, Call] = {**LOOKS, **{name: call for name, (_status, call) in _KEPT.items()}}
