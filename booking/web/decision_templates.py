"""A unit's ready texts for decisions: listed, added, changed, removed. Knows the form; what may be kept is the service's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from booking.domain.access import Actor
from booking.errors import BookingError, Forbidden, InvalidValues, KeyReused, NotFound
from booking.i18n import gettext as _
from booking.models import DecisionTemplate, Unit
from booking.queries.deciding import templates_of
from booking.queries.upkeep import own_unit
from booking.services.decision_templates import add_template, edit_template, remove_template
from booking.web import edge
from booking.web.deciding_forms import TemplateForm
from booking.web.edit_forms import typed_texts
from booking.web.errors import status_of
from booking.web.faults import place_faults
from booking.web.once import once
from booking.web.reader import known_actor
from booking.web.texts import text_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("decision_templates", __name__)


@blueprint.get("/staff/units/<row:unit_id>/templates")
def show(unit_id: int) -> ResponseReturnValue:
    """The texts of a unit, and the form for another."""
    return _list_page(unit_id, TemplateForm(), 200, known_actor())


@blueprint.post("/staff/units/<row:unit_id>/templates")
def add(unit_id: int) -> ResponseReturnValue:
    """Keep another text."""
    asking, form = known_actor(), TemplateForm(request.form)
    with edge.read() as session:
        own_unit(session, unit_id, asking)
    if not form.validate():
        return _list_page(unit_id, form, 422, asking)
    return _saved(
        form,
        asking,
        lambda session: (
            add_template(
                session, unit_id, form.kind.data, form.text, actor=asking, now=edge.now()
            ).id
        ),
        unit_id,
        lambda status, reasons: _list_page(unit_id, form, status, asking, reasons),
    )


@blueprint.get("/staff/templates/<row:template_id>")
def edit(template_id: int) -> ResponseReturnValue:
    """The form of one text."""
    row, unit = _own(template_id, known_actor())
    form = TemplateForm(data={"kind": row.kind, **typed_texts("text", row.text)})
    return _form_page(row, unit, form, 200)


@blueprint.post("/staff/templates/<row:template_id>")
def save(template_id: int) -> ResponseReturnValue:
    """Write it anew."""
    asking = known_actor()
    row, unit = _own(template_id, asking)
    form = TemplateForm(request.form)
    form.kind.data = row.kind  # what a text is for does not change
    return _saved(
        form,
        asking,
        lambda session: (
            edit_template(session, template_id, form.text, actor=asking, now=edge.now()).id
        ),
        unit.id,
        lambda status, reasons: _form_page(row, unit, form, status, reasons),
    )


@blueprint.post("/staff/templates/<row:template_id>/remove")
def remove(template_id: int) -> ResponseReturnValue:
    """Keep it no longer."""
    asking = known_actor()
    unit_id = edge.write(
        lambda session: remove_template(session, template_id, actor=asking, now=edge.now())
    )
    flash(_("The text has been removed. Decisions taken with it keep what they said."))
    return redirect(url_for("decision_templates.show", unit_id=unit_id), 303)


def _own(template_id: int, asking: Actor) -> tuple[DecisionTemplate, Unit]:
    with edge.read() as session:
        row = session.get(DecisionTemplate, template_id)
        if row is None:
            raise NotFound("template")
        if not asking.decides_for(row.unit_id):
            raise Forbidden("not_your_unit")
        return row, own_unit(session, row.unit_id, asking)


def _saved(
    form: TemplateForm,
    asking: Actor,
    work: Callable[[Session], Any],
    unit_id: int,
    again: Callable[[int, list[str]], Response],
) -> ResponseReturnValue:
    """Do `work` once and go to the list; or show the page `again` with what is wrong."""
    try:
        once(form, asking, work)
    except (InvalidValues, KeyReused) as error:
        return again(status_of(error), _reasons(form, error))
    flash(_("The text has been saved."))
    return redirect(url_for("decision_templates.show", unit_id=unit_id), 303)


def _reasons(form: TemplateForm, error: BookingError) -> list[str]:
    if isinstance(error, InvalidValues):
        return place_faults(form, error)
    return [text_of("sent_with_other_contents")]


def _list_page(
    unit_id: int, form: TemplateForm, status: int, asking: Actor, reasons: list[str] | None = None
) -> Response:
    with edge.read() as session:
        unit = own_unit(session, unit_id, asking)
        found = templates_of(session, unit_id)
    page = render_template(
        "staff/templates.html",
        unit=unit,
        form=form,
        conditions=[row for row in found if row.kind == "condition"],
        decision_reasons=[row for row in found if row.kind == "reason"],
        reasons=reasons or (),
        failed=status >= 400,
    )
    return make_response(page, status)


def _form_page(
    row: DecisionTemplate,
    unit: Unit,
    form: TemplateForm,
    status: int,
    reasons: list[str] | None = None,
) -> Response:
    page = render_template(
        "staff/template.html",
        row=row,
        unit=unit,
        form=form,
        reasons=reasons or (),
        failed=status >= 400,
    )
    return make_response(page, status)
