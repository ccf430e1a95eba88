"""The pages on which staff keep rooms, as Veli opens them: address, template, and what is pressed on the way."""

from __future__ import annotations

_SAVE = "main form button.button >> nth=0"
_ROOM = "/staff/rooms/1"
_UNIT = "/staff/units/1"

# Who, address, template, pressed; as `Shown` of test_a11y takes them.
ROOM_PAGES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "rooms of all sites": ("yllapito", "/staff/rooms", "staff/rooms.html", ()),
    "kept room": ("veli", _ROOM, "staff/room.html", ()),
    "changes of a room": ("veli", f"{_ROOM}/history", "staff/room_history.html", ()),
    **{
        f"section {name}": ("veli", f"{_ROOM}/{name}", "staff/room_edit.html", ())
        for name in ("name", "size", "lending", "rules", "safety", "contact")
    },
    "walk": ("veli", f"{_ROOM}/accessibility", "staff/room_accessibility.html", ()),
    "walk refused": ("veli", f"{_ROOM}/accessibility", "staff/room_accessibility.html", (_SAVE,)),
    "new room refused": ("veli", f"{_UNIT}/rooms/new", "staff/room_new.html", (_SAVE,)),
    "blocks": ("veli", f"{_ROOM}/blocks", "staff/blocks.html", ()),
    "block refused": ("veli", f"{_ROOM}/blocks", "staff/blocks.html", (_SAVE,)),
    "spaces": ("veli", f"{_UNIT}/spaces", "staff/spaces.html", ()),
    "division refused": ("veli", "/staff/spaces/1/divide", "staff/space_divide.html", (_SAVE,)),
    "joining refused": ("veli", f"{_UNIT}/spaces/join", "staff/space_join.html", (_SAVE,)),
    "floor of a room": ("veli", f"{_ROOM}/spaces", "staff/room_spaces.html", ()),
}
