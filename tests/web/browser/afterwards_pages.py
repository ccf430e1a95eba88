"""The pages of a booking once it is there, for the list of `test_a11y.py`: who opens it, address, template, what to press."""

from __future__ import annotations

_BUTTON = "main form button.button >> nth=0"
# A booking by itself: the dates of a series are one row, which leads elsewhere.
_FIRST = 'main .main-link[href^="/bookings/"] >> nth=0'
_REPORT = 'main a[href^="/reports/new"]'
Page = tuple[str | None, str, str, tuple[str, ...]]


def _way(way: str) -> str:
    return f'main a[href$="/{way}"]'


AFTERWARDS_PAGES: dict[str, Page] = {
    "moving": ("anna", "/bookings", "bookings/move.html", (_FIRST, _way("move"))),
    "changing": ("anna", "/bookings", "bookings/edit.html", (_FIRST, _way("edit"))),
    "cancelling": ("anna", "/bookings", "bookings/cancel.html", (_FIRST, _way("cancel"))),
    "waiting for a time": ("anna", "/waiting", "waiting/new.html", ()),
    "waiting refused": ("anna", "/waiting", "waiting/new.html", (_BUTTON,)),
    "report": ("anna", "/bookings", "reports/new.html", (_FIRST, _REPORT)),
    "report refused": ("anna", "/reports/new?room=1", "reports/new.html", (_BUTTON,)),
    "reports": ("veli", "/staff/reports", "reports/queue.html", ()),
    "link that ended": (None, "/r/ended", "release/ended.html", ()),
    "room released": (None, "/r/released", "release/done.html", ()),
}
