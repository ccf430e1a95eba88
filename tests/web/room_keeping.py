"""Veli keeps half B: what its rows say, and the forms he sends. Knows addresses and fields; asserts nothing of pages."""

from __future__ import annotations

from typing import Any

from booking.db import reading
from booking.domain.rooms import FEATURES
from booking.i18n import use_locale
from booking.models import Room
from booking.web.texts import text_of
from tests.web.conftest import Site
from tests.web.matrix_rooms import SECTIONS


def kept(site: Site, room_id: int | None = None) -> Room:
    """Half B, or another room, as the rows say, with its features and spaces."""
    with reading(site.database) as session:
        room = session.get_one(Room, room_id or site.world.half_b)
        # Read while the session lasts.
        assert room.features is not None
        assert room.spaces is not None
        return room


def save(site: Site, section: str, version: Any = 1, **changes: Any) -> Any:
    """Veli sends the form of a section of half B."""
    form = {**SECTIONS[section], "version": version, **changes}
    return site.browser("veli").post(f"/staff/rooms/{site.world.half_b}/{section}", form)


def look(site: Site, version: Any = 1, **changes: Any) -> Any:
    """Veli sends the form of half B's accessibility; it is step-free, and nothing else is known."""
    form = {
        **dict.fromkeys(FEATURES, "unknown"),
        "step_free": "yes",
        "version": version,
        "checked_by": "vahtimestari",
        **changes,
    }
    return site.browser("veli").post(f"/staff/rooms/{site.world.half_b}/accessibility", form)


def fi(code: str, **params: Any) -> str:
    """A text of ours as the Finnish pages show it, escaped."""
    with use_locale("fi"):
        return text_of(code, **params).replace("'", "&#39;").replace('"', "&#34;")
