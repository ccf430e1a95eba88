"""Staff keep a unit's opening hours: the usual week, seasons, closures and other hours of single days.

Knows forms and their answers; what may be changed, and what a change would break, is the services' question.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain.local_time import local
from booking.errors import NotFound
from booking.i18n import gettext as _
from booking.models import OpeningException, OpeningHours, Unit
from booking.queries.units import exception_of_unit, exceptions_past, exceptions_to_come
from booking.queries.upkeep import own_unit
from booking.services.units import (
    add_exception,
    edit_exception,
    remove_exception,
    set_hours,
)
from booking.web import edge
from booking.web.faults import accepted_ids
from booking.web.reader import known_actor
from booking.web.unit_forms import ExceptionForm, HoursForm, SeasonForm
from booking.web.unit_pages import FormPage, own
from booking.web.unit_words import open_in_words, span_in_words

blueprint = Blueprint("staff_hours", __name__)

_PAST_SHOWN = 100
_USUAL, _NEW = "usual", "new"
Season = tuple[date, date]


@blueprint.get("/staff/units/<row:unit_id>/hours/<week>")
def hours(unit_id: int, week: str) -> ResponseReturnValue:
    """The form of the usual week, of a season, or of a new one: then with the usual week's hours to begin with."""
    unit, rows = _own_hours(unit_id)
    season = _season_of(week, rows)
    like = None if week == _NEW else season
    typed: dict[str, Any] = HoursForm.typed(rows.get(like, []))
    typed["version"] = str(unit.version)
    if season is not None:
        typed |= {"valid_from": season[0], "valid_until": season[1]}
    form = HoursForm(data=typed) if week == _USUAL else SeasonForm(data=typed)
    return _hours_page(unit, week, season).show(form)


@blueprint.post("/staff/units/<row:unit_id>/hours/<week>")
def put_hours(unit_id: int, week: str) -> ResponseReturnValue:
    """Save a week; bookings outside of its hours are shown first."""
    asking = known_actor()
    unit, rows = _own_hours(unit_id)
    season = _season_of(week, rows)
    form: HoursForm = HoursForm(request.form)
    if week != _USUAL:
        form = SeasonForm(request.form)
        form.taken = frozenset(one for one in rows if one is not None and one != season)
    return _hours_page(unit, week, season).save(
        form,
        lambda session: set_hours(
            session,
            unit_id,
            form.seen,
            form.rows(),
            form.season,
            accepted_ids(),
            season,
            actor=asking,
            now=edge.now(),
        ),
        _("The opening hours have been saved."),
        url_for("staff_units.show", unit_id=unit_id, _anchor="hours"),
    )


@blueprint.post("/staff/units/<row:unit_id>/hours/<week>/remove")
def remove_season(unit_id: int, week: str) -> ResponseReturnValue:
    """Take a season away: the usual week counts then; bookings outside of its hours are shown first."""
    asking = known_actor()
    unit, rows = _own_hours(unit_id)
    season = _season_of(week, rows)
    if season is None:
        raise NotFound("season")
    sent = HoursForm(request.form)
    typed = {
        **HoursForm.typed(rows[season]),
        "version": str(sent.seen),
        "valid_from": season[0],
        "valid_until": season[1],
    }
    form = SeasonForm(data=typed)
    return _hours_page(unit, week, season, is_removing=True).act(
        form,
        lambda session: set_hours(
            session,
            unit_id,
            sent.seen,
            [],
            season,
            accepted_ids(),
            actor=asking,
            now=edge.now(),
        ),
        _("The season has been taken away. The usual week counts then."),
        url_for("staff_units.show", unit_id=unit_id, _anchor="hours"),
    )


def _own_hours(unit_id: int) -> tuple[Unit, dict[Season | None, list[OpeningHours]]]:
    """The unit and its rows of hours by season; None: the usual week."""
    asking = known_actor()
    rows: dict[Season | None, list[OpeningHours]] = {}
    with edge.read() as session:
        unit = own_unit(session, unit_id, asking)
        for row in unit.opening_hours:
            dated = row.valid_from is not None and row.valid_until is not None
            season = (row.valid_from, row.valid_until) if dated else None
            rows.setdefault(season, []).append(row)  # type: ignore[arg-type]
    return unit, rows


def _season_of(week: str, rows: Mapping[Season | None, list[OpeningHours]]) -> Season | None:
    """The season that the address names; None for the usual week and a new season. Raises NotFound."""
    if week in (_USUAL, _NEW):
        return None
    for season in rows:
        if season is not None and week == f"{season[0]}_{season[1]}":
            return season
    raise NotFound("season")


def _hours_page(
    unit: Unit, week: str, season: Season | None, is_removing: bool = False
) -> FormPage:
    more = {
        "week": week,
        "season": season,
        "is_removing": is_removing,
        "span_in_words": span_in_words,
    }
    return FormPage("staff/hours.html", unit, lambda: more)


@blueprint.get("/staff/units/<row:unit_id>/exceptions")
def exceptions(unit_id: int) -> str:
    """Closures and other hours of single days: those to come, and those that are over."""
    asking, today = known_actor(), local(edge.now()).date()
    with edge.read() as session:
        unit = own_unit(session, unit_id, asking)
        coming = exceptions_to_come(session, unit_id, today)
        past = exceptions_past(session, unit_id, today, _PAST_SHOWN)
    return render_template(
        "staff/exceptions.html",
        unit=unit,
        coming=coming,
        past=past,
        open_in_words=open_in_words,
        span_in_words=span_in_words,
    )


@blueprint.get("/staff/units/<row:unit_id>/exceptions/new")
def new(unit_id: int) -> ResponseReturnValue:
    """The form for closing some days, or for other hours."""
    unit = own(unit_id)
    return _exception_page(unit, None).show(ExceptionForm(data={"version": str(unit.version)}))


@blueprint.post("/staff/units/<row:unit_id>/exceptions/new")
def add(unit_id: int) -> ResponseReturnValue:
    """Add an exception; bookings that it breaks are shown first."""
    asking, form = known_actor(), ExceptionForm(request.form)
    return _exception_page(own(unit_id), None).save(
        form,
        lambda session: add_exception(
            session, unit_id, form.hours(), accepted_ids(), actor=asking, now=edge.now()
        ),
        _("It has been saved."),
        url_for("staff_hours.exceptions", unit_id=unit_id),
    )


@blueprint.get("/staff/exceptions/<row:exception_id>")
def edit(exception_id: int) -> ResponseReturnValue:
    """The form of an exception as it is."""
    unit, row = _own_exception(exception_id)
    return _exception_page(unit, row).show(ExceptionForm.of(row, unit.version))


@blueprint.post("/staff/exceptions/<row:exception_id>")
def save(exception_id: int) -> ResponseReturnValue:
    """Save it; bookings that it breaks are shown first."""
    asking, form = known_actor(), ExceptionForm(request.form)
    unit, row = _own_exception(exception_id)
    return _exception_page(unit, row).save(
        form,
        lambda session: edit_exception(
            session,
            exception_id,
            form.seen,
            form.hours(),
            accepted_ids(),
            actor=asking,
            now=edge.now(),
        ),
        _("It has been saved."),
        url_for("staff_hours.exceptions", unit_id=unit.id),
    )


@blueprint.post("/staff/exceptions/<row:exception_id>/remove")
def remove(exception_id: int) -> ResponseReturnValue:
    """Keep the usual hours again; bookings outside of them are shown first."""
    asking = known_actor()
    unit, row = _own_exception(exception_id)
    form = ExceptionForm.of(row, unit.version)
    return _exception_page(unit, row, is_removing=True).act(
        form,
        lambda session: remove_exception(
            session, exception_id, accepted_ids(), actor=asking, now=edge.now()
        ),
        _("It has been removed. The usual hours count then."),
        url_for("staff_hours.exceptions", unit_id=unit.id),
    )


def _own_exception(exception_id: int) -> tuple[Unit, OpeningException]:
    asking = known_actor()
    with edge.read() as session:
        row = exception_of_unit(session, exception_id, asking)
        return own_unit(session, row.unit_id, asking), row


def _exception_page(
    unit: Unit, row: OpeningException | None, is_removing: bool = False
) -> FormPage:
    more = {"exception": row, "is_removing": is_removing}
    return FormPage("staff/unit_exception.html", unit, lambda: more)
