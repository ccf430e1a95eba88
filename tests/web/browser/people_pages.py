"""Pages of getting in and of one's own account to look at: who opens each, its address, its template, what leads on to it."""

from __future__ import annotations

_SLOT = "/bookings/new?room=1&day=huomenna&starts=14&ends=16"
_SEND = "main form > .actions button >> nth=0"

PEOPLE_PAGES: dict[str, tuple[str | None, str, str, tuple[str, ...]]] = {
    "mail refused": (None, "/login", "people/sign_in.html", ("#by-mail button",)),
    "password refused": (None, "/login", "people/sign_in.html", ("#by-password button",)),
    "first contact": (None, _SLOT, "bookings/new.html", ()),
    "first contact refused": (None, _SLOT, "bookings/new.html", (_SEND,)),
    "naming an association": ("outi", _SLOT, "bookings/new.html", ()),
    "naming an association refused": ("outi", _SLOT, "bookings/new.html", (_SEND,)),
    "link gone": (None, "/k/nobodys", "people/link_gone.html", ()),
    "account": ("anna", "/account", "people/account.html", ()),
    "account of staff": ("veli", "/account", "people/account.html", ()),
    "password": ("anna", "/account/password", "people/password.html", ()),
    "password to be set refused": (
        "anna",
        "/account/password",
        "people/password.html",
        ("main form button >> nth=0",),
    ),
    "second factor": ("kaisa", "/account/second-factor", "people/second_factor.html", ()),
}
