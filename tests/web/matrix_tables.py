"""The rows of the matrix for imports and exports: who keeps some unit's rooms, each for their own units."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from booking.web.carried import packed

if TYPE_CHECKING:
    from tests.web.matrix import Scene

Asked = tuple[str, dict[str, Any] | None]

# Says what is so already of a room of Rantakylä: nothing changes, and Kitee's approver may not say even that.
TABLE = "external_id,unit,capacity\nroom-{},Rantakylän hyvinvointitalo,30\n"


def _file(scene: Scene) -> Asked:
    content = TABLE.format(scene.world.half_b).encode()
    return "/staff/import", {"kind": "rooms", "file": (io.BytesIO(content), "tilat.csv")}


def _carried(scene: Scene) -> Asked:
    with scene.app.app_context():
        content = packed(TABLE.format(scene.world.half_b).encode(), "rooms")
    return "/staff/import/save", {"kind": "rooms", "content": content}


CALLS: dict[str, Callable[[Scene], Asked]] = {
    "GET tables.choose": lambda s: ("/staff/import", None),
    "POST tables.preview": _file,
    "GET tables.begin_again": lambda s: ("/staff/import/save", None),
    "POST tables.save": _carried,
    "GET tables.export rooms": lambda s: ("/staff/export/rooms.csv", None),
    "GET tables.export closures": lambda s: ("/staff/export/closures.csv", None),
    "GET tables.export organisations": lambda s: ("/staff/export/organisations.csv", None),
}


def _row(veli: int, aino: int, kaisa: int, yllapito: int) -> dict[str, int]:
    """What staff get: two units' approvers, the coordinator, the administrator. All others 403, nobody known the sign-in."""
    others = dict.fromkeys(("outi", "toini", "anna", "pekka", "viivi"), 403)
    return {
        "nobody": 303,
        **others,
        "veli": veli,
        "aino": aino,
        "kaisa": kaisa,
        "yllapito": yllapito,
    }


ROWS = {
    "GET tables.choose": _row(200, 200, 200, 200),
    # The coordinator imports associations, and no rooms.
    "POST tables.preview": _row(200, 422, 422, 200),
    "POST tables.save": _row(303, 422, 303, 303),
    "GET tables.export rooms": _row(200, 200, 403, 200),
    "GET tables.export closures": _row(200, 200, 403, 200),
    "GET tables.export organisations": _row(403, 403, 200, 200),
}
