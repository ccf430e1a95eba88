"""The history of one thing, for those who may see it: who did what, when, from what to what, and why. Knows no rule."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for

from booking.domain.access import Actor
from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _
from booking.queries import audit
from booking.queries.audit import Thing
from booking.web import edge
from booking.web.audit_words import told
from booking.web.paging import page_number, page_of
from booking.web.reader import known_actor

blueprint = Blueprint("audit", __name__)

KINDS: dict[str, LazyText] = {
    "booking": _("Booking"),
    "organisation": _("Association"),
    "room": _("Room"),
    "unit": _("Site"),
    "report": _("Report"),
    "series": _("Series"),
    "waiting": _("Place on a waiting list"),
    "person": _("Person"),
    "municipality": _("Municipality"),
    "division": _("Division"),
    "region": _("Region"),
}


@blueprint.get(f"/audit/<any({', '.join(audit.KINDS)}):kind>/<row:row_id>")
def show(kind: str, row_id: int) -> str:
    """Who changed what, newest first; to who may not see it, it isn't there."""
    asking, number = known_actor(), page_number()
    with edge.read() as session:
        thing = audit.thing_in_sight(session, kind, row_id, asking)
        page = page_of(number, lambda limit, offset: audit.entries(session, thing, limit, offset))
        names = audit.names_in(session, page.rows)
    return render_template(
        "audit/show.html",
        thing=thing,
        kind=str(KINDS[kind]),
        back=_page_of(thing, asking),
        page=page,
        history=told(page.rows, names),
    )


def _page_of(thing: Thing, asking: Actor) -> str | None:
    """Where the thing itself is shown to this reader; None where it isn't."""
    if thing.name is None:
        return None
    if thing.kind == "booking":
        return url_for("bookings.show", booking_id=thing.id)
    if thing.kind == "series":
        return url_for("series.show", series_id=thing.id)
    if thing.kind == "organisation":
        return url_for("organisations.show", organisation_id=thing.id)
    keeps = asking.is_admin or bool(asking.approver_units)
    if thing.kind == "room" and keeps:
        return url_for("staff_rooms.show", room_id=thing.id)
    if thing.kind == "unit" and keeps:
        return url_for("staff_units.show", unit_id=thing.id)
    return None
