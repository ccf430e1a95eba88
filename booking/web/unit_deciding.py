"""How a unit decides: when an undecided request is told again and to whom, appeal, reminders. Knows the form; no rule."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from booking.i18n import gettext as _
from booking.services.units import edit_unit
from booking.web import edge
from booking.web.deciding_forms import UnitDecidingForm
from booking.web.reader import known_actor
from booking.web.unit_pages import FormPage, own

blueprint = Blueprint("unit_deciding", __name__)
_TEMPLATE = "staff/unit_deciding.html"


@blueprint.get("/staff/units/<row:unit_id>/deciding")
def edit(unit_id: int) -> ResponseReturnValue:
    """The form of how the unit decides."""
    unit = own(unit_id)
    return FormPage(_TEMPLATE, unit).show(UnitDecidingForm.of(unit))


@blueprint.post("/staff/units/<row:unit_id>/deciding")
def save(unit_id: int) -> ResponseReturnValue:
    """Save it, on the version that was seen."""
    asking, form = known_actor(), UnitDecidingForm(request.form)
    return FormPage(_TEMPLATE, own(unit_id)).save(
        form,
        lambda session: edit_unit(
            session, unit_id, form.seen, form.values(), actor=asking, now=edge.now()
        ),
        _("How the site decides has been saved. It counts for the requests that wait, too."),
        url_for("staff_units.show", unit_id=unit_id, _anchor="deciding"),
    )
