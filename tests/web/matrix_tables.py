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
}
# What veli and yllapito get, and what the approver of another unit gets; all others 403, nobody known the sign-in.
STATUSES = {
    "GET tables.choose": (200, 200),
    "POST tables.preview": (200, 422),
    "POST tables.save": (303, 422),
    "GET tables.export rooms": (200, 200),
    "GET tables.export closures": (200, 200),
}
