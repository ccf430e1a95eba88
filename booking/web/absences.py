"""Approvers say when they are away and who stands in for them; an administrator does it for all. Knows the form; no rule."""

from __future__ import annotations

from collections.abc import Sequence

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
from booking.domain.local_time import local
from booking.errors import BookingError, Forbidden, InvalidValues, KeyReused
from booking.i18n import current_locale
from booking.i18n import gettext as _
from booking.queries.absences import absences_to_come, posts, staff_by_name
from booking.services.absences import add_absence, end_absence
from booking.web import edge
from booking.web.deciding_forms import AbsenceForm
from booking.web.errors import status_of
from booking.web.faults import place_faults
from booking.web.fields import options
from booking.web.once import once
from booking.web.reader import known_actor
from booking.web.texts import text_of, text_of_error

blueprint = Blueprint("absences", __name__)


@blueprint.get("/staff/absences")
def show() -> ResponseReturnValue:
    """The absences that are not over, and the form for another."""
    asking = _approver()
    return _page(AbsenceForm(), 200, asking)


@blueprint.post("/staff/absences")
def add() -> ResponseReturnValue:
    """Let somebody stand in."""
    asking = _approver()
    form = AbsenceForm(request.form)
    _offer(form, asking)
    if not form.validate():
        return _page(form, 422, asking)
    person_id, unit_id = map(int, form.away.data.split("-"))
    try:
        once(
            form,
            asking,
            lambda session: (
                add_absence(
                    session,
                    person_id,
                    unit_id,
                    int(form.stand_in.data),
                    form.first_day.data,
                    form.last_day.data,
                    actor=asking,
                    now=edge.now(),
                ).id
            ),
        )
    except (InvalidValues, KeyReused) as error:
        return _page(form, status_of(error), asking, error)
    flash(_("The absence has been saved. The stand-in decides on these days as you would."))
    return redirect(url_for("absences.show"), 303)


@blueprint.post("/staff/absences/<row:absence_id>/end")
def end(absence_id: int) -> ResponseReturnValue:
    """Take an absence back; the stand-in decides no more."""
    asking = _approver()
    edge.write(lambda session: end_absence(session, absence_id, actor=asking, now=edge.now()))
    flash(_("The absence has ended. The stand-in decides no more."))
    return redirect(url_for("absences.show"), 303)


def _approver() -> Actor:
    asking = known_actor()
    if not (asking.is_admin or asking.approver_units):
        raise Forbidden("forbidden")
    return asking


def _offer(form: AbsenceForm, asking: Actor) -> None:
    """Set the choices: where the reader approves, and the county's staff by name."""
    locale = current_locale()
    with edge.read() as session:
        own, staff = posts(session, asking), staff_by_name(session)
    form.away.choices = options([("", _("Choose"))]) if len(own) > 1 else []
    for post in own:
        unit, lang = post.unit.choose(locale)
        name = f"{post.person} – {unit}" if asking.is_admin else unit
        form.away.choices += options([(f"{post.person_id}-{post.unit_id}", name)], None, lang)
    others = [(str(row), name) for row, name in staff if asking.is_admin or row != asking.person_id]
    form.stand_in.choices = options([("", _("Choose")), *others])


def _page(
    form: AbsenceForm, status: int, asking: Actor, error: BookingError | None = None
) -> Response:
    _offer(form, asking)
    reasons: Sequence[str] = ()
    if isinstance(error, InvalidValues):
        reasons = place_faults(form, error)
    elif isinstance(error, KeyReused):
        reasons = [text_of("sent_with_other_contents")]
    elif error is not None:
        reasons = [text_of_error(error)]
    today = local(edge.now()).date()
    with edge.read() as session:
        found = absences_to_come(session, asking, today)
    page = render_template(
        "staff/absences.html",
        form=form,
        absences=found,
        today=today,
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)
