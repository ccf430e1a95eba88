"""The pages of associations, for the list of `test_a11y.py`: who opens it, address, template, what to press."""

from __future__ import annotations

_BUTTON = "main form.form button.button >> nth=0"
_ONE = "/organisations/1"
Page = tuple[str | None, str, str, tuple[str, ...]]

ORGANISATION_PAGES: dict[str, Page] = {
    "no association": ("outi", "/organisations", "organisations/list.html", ()),
    "my associations": ("anna", "/organisations", "organisations/list.html", ()),
    "associations": ("kaisa", "/organisations?q=ry", "organisations/list.html", ()),
    "new association": ("outi", "/organisations/new", "organisations/new.html", ()),
    "association refused": ("outi", "/organisations/new", "organisations/new.html", (_BUTTON,)),
    "my association": ("anna", _ONE, "organisations/show.html", ()),
    "association": ("kaisa", _ONE, "organisations/show.html", ()),
    "association's details": ("kaisa", f"{_ONE}/edit", "organisations/edit.html", ()),
    "inviting": ("kaisa", f"{_ONE}/invite", "organisations/invite.html", ()),
    "inviting refused": ("kaisa", f"{_ONE}/invite", "organisations/invite.html", (_BUTTON,)),
    "leaving an association": (
        "anna",
        _ONE,
        "organisations/end.html",
        ('main a[href$="/end"] >> nth=0',),
    ),
    "putting to rest": ("kaisa", f"{_ONE}/rest", "organisations/rest.html", ()),
    "waking": ("kaisa", f"{_ONE}/wake", "organisations/rest.html", ()),
    "the other of two": (
        "kaisa",
        f"{_ONE}/merge?q=kuulo",
        "organisations/merge_find.html",
        (),
    ),
    "two side by side": ("kaisa", f"{_ONE}/merge/3", "organisations/merge.html", ()),
    "agreement": ("kaisa", f"{_ONE}/agreements/new", "organisations/agreement.html", ()),
    "agreement refused": (
        "kaisa",
        f"{_ONE}/agreements/new",
        "organisations/agreement.html",
        (_BUTTON,),
    ),
    "no invitation": (None, f"/i/{'x' * 43}", "organisations/invitation_ended.html", ()),
    "import of associations": ("kaisa", "/staff/import", "staff/import.html", ()),
}
