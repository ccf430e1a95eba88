"""The rows of the matrix for the searches and overviews: everybody may look, without signing in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.web.matrix import Scene

CALLS: dict[str, Callable[[Scene], tuple[str, dict[str, Any] | None]]] = {
    "GET season.show": lambda s: ("/weekly?day=10.3.2027&starts=10&ends=12&weeks=4", None),
    "GET now.show": lambda s: ("/now", None),
    "GET overview.unit": lambda s: (f"/units/{s.world.rantakyla}", None),
    "GET overview.unit_week": lambda s: (f"/units/{s.world.rantakyla}/week", None),
    "GET overview.unit_day": lambda s: (f"/units/{s.world.rantakyla}/day", None),
    "GET overview.town_week": lambda s: ("/municipalities/joensuu/week", None),
    "GET overview.month": lambda s: (f"/rooms/{s.world.hall}/month", None),
}
