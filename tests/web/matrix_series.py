"""The rows of the matrix about series. Each call asks for dates of its own. What is refused is there, and could be seen."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from booking.domain.local_time import local

if TYPE_CHECKING:
    from tests.web.matrix import Scene

    Call = Callable[[Scene], tuple[str, dict[str, Any] | None]]

_SIGN_IN = 303
_keys = count()


def _row(nobody: int, *, others: int, **named: int) -> dict[str, int]:
    columns = ("outi", "toini", "anna", "pekka", "viivi", "veli", "aino", "kaisa", "yllapito")
    return {"nobody": nobody, **dict.fromkeys(columns, others), **named}


def _who_asks_for_virta(done: int) -> dict[str, int]:
    asks = dict.fromkeys(("anna", "pekka", "veli", "kaisa", "yllapito"), done)
    return _row(401, others=403, **asks)


def _dates(scene: Scene) -> dict[str, Any]:
    """One date of a series, at a time of its own."""
    period = next(scene.slots)
    starts, ends = local(period.start), local(period.end)
    return {
        "room": scene.world.half_a,
        "organisation": scene.world.virta,
        "day": f"{starts.day}.{starts.month}.{starts.year}",
        "starts": f"{starts:%H.%M}",
        "ends": f"{ends:%H.%M}",
        "title": "Hallituksen kokous",
        "activity": "meeting",
        "people": "10",
        "repeats": "week",
        "times": "1",
        "key": f"kausi-{next(_keys)}",
    }


_PAGES: dict[str, tuple[dict[str, int], Call]] = {
    "GET series_new.new": (_row(_SIGN_IN, others=200), lambda s: ("/series/new", None)),
    "POST series_new.fill": (_row(401, others=200), lambda s: ("/series/new", _dates(s))),
    "POST series_new.preview": (
        _who_asks_for_virta(200),
        lambda s: ("/series/preview", _dates(s)),
    ),
    "POST series_new.make": (_who_asks_for_virta(303), lambda s: ("/series", _dates(s))),
}
ROWS = {name: row for name, (row, _call) in _PAGES.items()}
CALLS: dict[str, Call] = {name: call for name, (_row_, call) in _PAGES.items()}
API_ROWS: dict[str, dict[str, int]] = {}
API_CALLS: dict[str, Call] = {}
