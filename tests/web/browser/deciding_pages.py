"""The pages of deciding, for the list of `test_a11y.py`: who opens it, address, template, what to press."""

from __future__ import annotations

_BUTTON = "main form.decide button.button"
_SAVE = "main section.apart form button >> nth=0"
# A booking by itself: the dates of a series are one row, which leads elsewhere.
_FIRST = 'main .main-link[href^="/bookings/"] >> nth=0'
_TEXT = "main .rows .button >> nth=0"
Page = tuple[str | None, str, str, tuple[str, ...]]


DECIDING_PAGES: dict[str, Page] = {
    "queue": ("veli", "/staff", "staff/queue.html", ()),
    "queue narrowed": ("kaisa", "/staff?activity=meeting&sort=date", "staff/queue.html", ()),
    "queue refused": ("veli", "/staff?days=x", "staff/queue.html", ()),
    "request": ("kaisa", "/staff", "bookings/show.html", (_FIRST,)),
    "deciding": ("veli", "/staff", "staff/decide.html", (_FIRST,)),
    "deciding refused": ("veli", "/staff", "staff/decide.html", (_FIRST, _BUTTON)),
    "absences": ("veli", "/staff/absences", "staff/absences.html", ()),
    "absence refused": ("veli", "/staff/absences", "staff/absences.html", (_SAVE,)),
    "ready texts": ("veli", "/staff/units/1/templates", "staff/templates.html", ()),
    "ready text refused": ("veli", "/staff/units/1/templates", "staff/templates.html", (_SAVE,)),
    "ready text": ("veli", "/staff/units/1/templates", "staff/template.html", (_TEXT,)),
    "how a site decides": ("veli", "/staff/units/1/deciding", "staff/unit_deciding.html", ()),
}
