"""Staff keep a unit: its page with all that is known, contact, holidays, rules of use, quotas, who changed what.

Knows forms and their answers; what may be changed, and what a change would break, is the services' question. Opening hours and
exceptions have pages of their own (`booking.web.staff_hours`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.errors import Forbidden
from booking.i18n import gettext as _
from booking.models import Unit
from booking.queries.catalogue import catalogue
from booking.queries.units import (
    exceptions_to_come,
    history_of_unit,
    holidays_ahead,
    names_of_places,
    quotas_of_unit,
    requests_with_older_terms,
    terms_of_unit,
)
from booking.queries.upkeep import own_unit, own_units
from booking.services.units import edit_unit, set_quotas, set_terms
from booking.web import edge
from booking.web.edit_forms import VersionedForm
from booking.web.faults import accepted_ids
from booking.web.paging import page_number, page_of
from booking.web.reader import known_actor
from booking.web.unit_forms import HolidaysForm, QuotasForm, TermsForm, UnitForm
from booking.web.unit_pages import FormPage, own, told
from booking.web.unit_words import open_in_words, span_in_words, week_in_words

blueprint = Blueprint("staff_units", __name__)

_NEWEST = 5  # entries of the history on the unit's own page
_SOONEST = 5  # exceptions there


@blueprint.get("/staff/units")
def units() -> str:
    """The units the reader keeps, each with its rooms counted."""
    asking = _keeper()
    with edge.read() as session:
        found = own_units(session, asking)
        rooms = list(catalogue(session).rooms.values())
    return render_template(
        "staff/units.html",
        units=found,
        rooms={unit.id: [room for room in rooms if room.unit_id == unit.id] for unit in found},
    )


@blueprint.get("/staff/units/<row:unit_id>")
def show(unit_id: int) -> str:
    """All that is known of a unit, by section, and what was changed last."""
    asking, now = known_actor(), edge.now()
    today = local(now).date()
    with edge.read() as session:
        unit = own_unit(session, unit_id, asking)
        found = catalogue(session)
        exceptions = exceptions_to_come(session, unit_id, today)
        entries = history_of_unit(session, unit_id, _NEWEST + 1)
        context = {
            **_terms_shown(session, unit_id),
            "quotas": quotas_of_unit(session, unit_id),
            "history": told(entries[:_NEWEST], names_of_places(session)),
            "place": unit.municipality.name,
            "division": None if unit.division is None else unit.division.name,
            "weeks": _weeks(unit),
        }
    return render_template(
        "staff/unit.html",
        unit=unit,
        today=today,
        rooms=[room for room in found.rooms.values() if room.unit_id == unit_id],
        holidays=holidays_ahead(found.hours[unit_id], today),
        exceptions=exceptions[:_SOONEST],
        more_exceptions=max(0, len(exceptions) - _SOONEST),
        has_more_history=len(entries) > _NEWEST,
        open_in_words=open_in_words,
        span_in_words=span_in_words,
        **context,
    )


@blueprint.get("/staff/units/<row:unit_id>/history")
def history(unit_id: int) -> str:
    """Who changed what, newest first."""
    asking, number = known_actor(), page_number()
    with edge.read() as session:
        unit = own_unit(session, unit_id, asking)
        page = page_of(
            number, lambda limit, offset: history_of_unit(session, unit_id, limit, offset)
        )
        names = names_of_places(session)
    return render_template(
        "staff/unit_history.html", unit=unit, page=page, history=told(page.rows, names)
    )


@blueprint.get("/staff/units/<row:unit_id>/edit")
def edit(unit_id: int) -> ResponseReturnValue:
    """The form of what a unit is called, where it is and whom to ask."""
    unit = own(unit_id)
    return FormPage("staff/unit_edit.html", unit).show(UnitForm.of(unit))


@blueprint.post("/staff/units/<row:unit_id>/edit")
def save(unit_id: int) -> ResponseReturnValue:
    """Save it, on the version that was seen."""
    asking, form = known_actor(), UnitForm(request.form)
    return FormPage("staff/unit_edit.html", own(unit_id)).save(
        form,
        lambda session: edit_unit(
            session, unit_id, form.seen, form.values(), actor=asking, now=edge.now()
        ),
        _("The changes have been saved."),
        url_for("staff_units.show", unit_id=unit_id, _anchor="contact"),
    )


@blueprint.get("/staff/units/<row:unit_id>/holidays")
def holidays(unit_id: int) -> ResponseReturnValue:
    """The switches for holidays, and the holidays to come."""
    unit = own(unit_id)
    form = HolidaysForm(obj=unit)
    return _holidays_page(unit).show(form)


@blueprint.post("/staff/units/<row:unit_id>/holidays")
def keep_holidays(unit_id: int) -> ResponseReturnValue:
    """Save the switches; bookings on a day that would be closed are shown first."""
    asking, form = known_actor(), HolidaysForm(request.form)
    return _holidays_page(own(unit_id)).save(
        form,
        lambda session: edit_unit(
            session, unit_id, form.seen, form.values(), accepted_ids(), actor=asking, now=edge.now()
        ),
        _("The holidays have been saved."),
        url_for("staff_units.show", unit_id=unit_id, _anchor="holidays"),
    )


def _holidays_page(unit: Unit) -> FormPage:
    def more() -> Mapping[str, Any]:
        with edge.read() as session:
            hours = catalogue(session).hours[unit.id]
        ahead = holidays_ahead(hours, local(edge.now()).date())
        return {"holidays": ahead, "open_in_words": open_in_words}

    return FormPage("staff/unit_holidays.html", unit, more)


@blueprint.get("/staff/units/<row:unit_id>/terms")
def terms(unit_id: int) -> ResponseReturnValue:
    """The rules of use in force, the form for new ones, and the earlier versions."""
    unit = own(unit_id)
    with edge.read() as session:
        versions = terms_of_unit(session, unit_id)
    form = TermsForm.of(unit.version, versions[0].text if versions else None)
    return _terms_page(unit).show(form)


@blueprint.post("/staff/units/<row:unit_id>/terms")
def put_terms(unit_id: int) -> ResponseReturnValue:
    """Put new rules in force."""
    asking, form = known_actor(), TermsForm(request.form)
    return _terms_page(own(unit_id)).save(
        form,
        lambda session: set_terms(
            session, unit_id, form.seen, form.text, actor=asking, now=edge.now()
        ),
        _("The rules of use are in force. Whoever books from now on must accept them."),
        url_for("staff_units.terms", unit_id=unit_id),
    )


@blueprint.post("/staff/units/<row:unit_id>/terms/remove")
def take_terms(unit_id: int) -> ResponseReturnValue:
    """Take the rules of use away."""
    asking, unit = known_actor(), own(unit_id)
    with edge.read() as session:
        versions = terms_of_unit(session, unit_id)
    seen = VersionedForm(request.form).seen
    form = TermsForm.of(seen, versions[0].text if versions else None)
    return _terms_page(unit).act(
        form,
        lambda session: set_terms(session, unit_id, seen, None, actor=asking, now=edge.now()),
        _("The rules of use have been taken away. Nobody has to accept anything."),
        url_for("staff_units.terms", unit_id=unit_id),
    )


def _terms_page(unit: Unit) -> FormPage:
    def more() -> Mapping[str, Any]:
        with edge.read() as session:
            return _terms_shown(session, unit.id)

    return FormPage("staff/terms.html", unit, more)


def _terms_shown(session: Any, unit_id: int) -> dict[str, Any]:
    versions = terms_of_unit(session, unit_id)
    in_force = versions[0] if versions and versions[0].text is not None else None
    awaiting = 0
    if in_force is not None:
        awaiting = requests_with_older_terms(session, unit_id, in_force.version, edge.now())
    return {"versions": versions, "in_force": in_force, "awaiting": awaiting}


@blueprint.get("/staff/units/<row:unit_id>/quotas")
def quotas(unit_id: int) -> ResponseReturnValue:
    """The form of how many hours one association may hold."""
    unit = own(unit_id)
    with edge.read() as session:
        limits = quotas_of_unit(session, unit_id)
    return FormPage("staff/quotas.html", unit).show(
        QuotasForm(data={**limits, "version": unit.version})
    )


@blueprint.post("/staff/units/<row:unit_id>/quotas")
def put_quotas(unit_id: int) -> ResponseReturnValue:
    """Save it, on the version that was seen."""
    asking, form = known_actor(), QuotasForm(request.form)
    return FormPage("staff/quotas.html", own(unit_id)).save(
        form,
        lambda session: set_quotas(
            session, unit_id, form.seen, form.limits(), actor=asking, now=edge.now()
        ),
        _("The limits have been saved."),
        url_for("staff_units.show", unit_id=unit_id, _anchor="quotas"),
    )


def _keeper() -> Actor:
    asking = known_actor()
    if not (asking.is_admin or asking.approver_units):
        raise Forbidden("forbidden")
    return asking


def _weeks(unit: Unit) -> list[Any]:
    """The usual week, then the seasons by their first day: (days of the season or None, the week in words)."""
    dates = {(row.valid_from, row.valid_until) for row in unit.opening_hours} | {(None, None)}
    return [
        (
            span,
            week_in_words(
                row for row in unit.opening_hours if (row.valid_from, row.valid_until) == span
            ),
        )
        for span in sorted(dates, key=lambda span: (span[0] is not None, span))
    ]
