"""The pages of a series that is there, for the list of `test_a11y.py`: who opens it, address, template, what to press."""

from __future__ import annotations

_BUTTON = "main form button.button >> nth=0"
# The demo's own season: other tests ask for series of theirs.
_SERIES = 'main .main-link[href="/series/1"]'
_DATE = 'main a[href*="/dates/"] >> nth=0'
Page = tuple[str | None, str, str, tuple[str, ...]]


def _way(way: str) -> str:
    return f'main .actions a[href$="/{way}"]'


SERIES_PAGES: dict[str, Page] = {
    "series": ("anna", "/bookings", "series/show.html", (_SERIES,)),
    "series for its site": ("veli", "/series/1", "series/show.html", ()),
    "day left out": ("anna", "/bookings", "series/date.html", (_SERIES, _DATE)),
    "changing a series": ("anna", "/bookings", "series/change.html", (_SERIES, _way("change"))),
    "changing nothing": (
        "anna",
        "/bookings",
        "series/change.html",
        (_SERIES, _way("change"), _BUTTON),
    ),
    "what would change": (
        "anna",
        "/bookings",
        "series/diff.html",
        (_SERIES, _way("change"), 'main input[name="activity"]:not(:checked) >> nth=0', _BUTTON),
    ),
    "cancelling a series": ("anna", "/bookings", "series/cancel.html", (_SERIES, _way("cancel"))),
    "deciding a series": (
        "veli",
        "/staff",
        "series/decide.html",
        ('main a[href="/series/1/decide"] >> nth=0',),
    ),
}
