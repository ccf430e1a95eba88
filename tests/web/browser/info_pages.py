"""The pages about the service itself, for the list of `test_a11y.py`: who opens it, address, template, what to press."""

from __future__ import annotations

_BUTTON = "main form button.button >> nth=0"
_COUNT = "main form button[name=act]"
Page = tuple[str | None, str, str, tuple[str, ...]]

INFO_PAGES: dict[str, Page] = {
    "privacy notice": (None, "/tietosuoja", "info/privacy.html", ()),
    "statement": (None, "/saavutettavuus", "info/statement.html", ()),
    "feedback refused": (None, "/saavutettavuus", "info/statement.html", (_BUTTON,)),
    "help": (None, "/ohje", "info/help.html", ()),
    "help for associations": (None, "/ohje/jarjestot", "info/guide.html", ()),
    "help for approvers": (None, "/ohje/kasittelijat", "info/guide.html", ()),
    "help for coordinators": (None, "/ohje/koordinaattorit", "info/guide.html", ()),
    "words": (None, "/ohje/sanasto", "info/glossary.html", ()),
    "own data": ("anna", "/account/data", "info/own_data.html", ()),
    "erasing not yet": ("anna", "/account/data/erase", "info/erase.html", ()),
    "erasing refused": ("outi", "/account/data/erase", "info/erase.html", (_BUTTON,)),
    "retention": ("yllapito", "/admin/retention", "admin/retention.html", ()),
    "retention counted": ("yllapito", "/admin/retention", "admin/retention.html", (_COUNT,)),
}
