"""The pages of asking for a series, for the list of `test_a11y.py`: who opens it, address, template, what to press."""

from __future__ import annotations

_LOOK = "main form .actions button >> nth=0"
_ALL = "/series/new?room=1&day=huomenna&starts=14&ends=16&people=5&activity=meeting&repeats=week"
Page = tuple[str | None, str, str, tuple[str, ...]]

SERIES_NEW_PAGES: dict[str, Page] = {
    "new series": ("anna", f"{_ALL}&times=52", "series/new.html", ()),
    "new series refused": ("anna", "/series/new", "series/new.html", (_LOOK,)),
    "new series in the doubled hour": (
        "anna",
        "/series/new?room=1&day=31.10.2027&starts=3.30&ends=5&repeats=week&times=2",
        "series/new.html",
        (_LOOK,),
    ),
    "new series of whom nobody knows": ("outi", "/series/new", "series/new.html", ()),
    "preview of a series": (
        "anna",
        f"{_ALL}&times=52&title=Kuukausikokous",
        "series/preview.html",
        (_LOOK,),
    ),
}
