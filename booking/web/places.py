"""An administrator keeps the county's places: regions, municipalities, divisions, and units with their switch for booking.

Knows forms and their answers; no rule. What a unit is like is kept by its own staff (`booking.web.staff_units`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

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
from booking.errors import InvalidValues
from booking.i18n import LazyText, current_locale, lazy_gettext
from booking.i18n import gettext as _
from booking.models import Division, Municipality, Region, Unit
from booking.queries.catalogue import catalogue
from booking.queries.units import approvers_of, municipality_of, name_of_place, places
from booking.queries.upkeep import own_unit
from booking.services.places import (
    add_division,
    add_region,
    edit_division,
    edit_region,
    place_municipality,
)
from booking.services.units import add_unit, edit_unit
from booking.services.upkeep import require_admin
from booking.web import edge
from booking.web.edit_forms import typed_texts
from booking.web.faults import accepted_ids, place_faults
from booking.web.place_forms import (
    LendingForm,
    MunicipalityForm,
    NameForm,
    NewUnitForm,
    PlaceForm,
    RegionForm,
)
from booking.web.reader import known_actor
from booking.web.unit_pages import FormPage

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("places", __name__)

Kind = Literal["regions", "divisions"]
_NEW_TITLES: dict[Kind, LazyText] = {
    "regions": lazy_gettext("Add a region"),
    "divisions": lazy_gettext("Add a division"),
}
_TITLES: dict[Kind, LazyText] = {
    "regions": lazy_gettext("Rename the region"),
    "divisions": lazy_gettext("Rename the division"),
}
F = TypeVar("F", PlaceForm, NewUnitForm)


@blueprint.get("/admin/places")
def show() -> str:
    """Regions, municipalities, divisions and units, each with what is still to be looked at."""
    _admin()
    with edge.read() as session:
        found = places(session)
        rooms = list(catalogue(session).rooms.values())
    return render_template(
        "admin/places.html",
        places=found,
        published={
            unit.id: sum(room.published for room in rooms if room.unit_id == unit.id)
            for unit in found.units
        },
        unchecked=sum(not one.region_is_checked for one in found.municipalities),
    )


@blueprint.get("/admin/places/<any(regions, divisions):kind>/new")
def new(kind: Kind) -> ResponseReturnValue:
    """The form for a new region or division."""
    _admin()
    return _name_page(kind, _NEW_TITLES[kind], RegionForm() if kind == "regions" else NameForm())


@blueprint.post("/admin/places/<any(regions, divisions):kind>/new")
def add(kind: Kind) -> ResponseReturnValue:
    """Add a region or a division."""
    asking = _admin()
    if kind == "regions":
        region = RegionForm(request.form)
        return _named(
            kind,
            _NEW_TITLES[kind],
            region,
            lambda session: add_region(
                session, region.key.data or "", region.name, actor=asking, now=edge.now()
            ),
        )
    division = NameForm(request.form)
    return _named(
        kind,
        _NEW_TITLES[kind],
        division,
        lambda session: add_division(session, division.name, actor=asking, now=edge.now()),
    )


@blueprint.get("/admin/places/<any(regions, divisions):kind>/<row:row_id>")
def edit(kind: Kind, row_id: int) -> ResponseReturnValue:
    """The form for another name of a region or division."""
    _admin()
    with edge.read() as session:
        name = name_of_place(session, kind, row_id)
    return _name_page(kind, _TITLES[kind], NameForm(data=typed_texts("name", name)))


@blueprint.post("/admin/places/<any(regions, divisions):kind>/<row:row_id>")
def rename(kind: Kind, row_id: int) -> ResponseReturnValue:
    """Rename a region or a division."""
    asking, form = _admin(), NameForm(request.form)
    change: Callable[..., object] = edit_region if kind == "regions" else edit_division
    return _named(
        kind,
        _TITLES[kind],
        form,
        lambda session: change(session, row_id, form.name, actor=asking, now=edge.now()),
    )


def _named(
    kind: Kind, title: LazyText, form: NameForm, work: Callable[[Session], object]
) -> ResponseReturnValue:
    try:
        edge.write(work)
    except InvalidValues as error:
        return _name_page(kind, title, form, 422, place_faults(form, error))
    flash(_("The changes have been saved."))
    return redirect(url_for("places.show", _anchor=kind), 303)


def _name_page(
    kind: Kind, title: LazyText, form: NameForm, status: int = 200, reasons: Sequence[str] = ()
) -> Response:
    page = render_template(
        "admin/name.html",
        kind=kind,
        title=str(title),
        form=form,
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)


@blueprint.get("/admin/places/municipalities/<row:municipality_id>")
def municipality(municipality_id: int) -> ResponseReturnValue:
    """The form that says in which region a municipality lies."""
    _admin()
    with edge.read() as session:
        place = municipality_of(session, municipality_id)
    region = "" if place.region_id is None else str(place.region_id)
    form = MunicipalityForm(data={"region_id": region, "is_checked": place.region_is_checked})
    return _municipality_page(place, form, 200)


@blueprint.post("/admin/places/municipalities/<row:municipality_id>")
def put_municipality(municipality_id: int) -> ResponseReturnValue:
    """Save it."""
    asking, form = _admin(), MunicipalityForm(request.form)
    with edge.read() as session:
        place = municipality_of(session, municipality_id)
        form.offer(_choices(places(session).regions))
    if not form.validate():
        return _municipality_page(place, form, 422)
    try:
        edge.write(
            lambda session: place_municipality(
                session,
                municipality_id,
                form.region,
                form.is_checked.data,
                actor=asking,
                now=edge.now(),
            )
        )
    except InvalidValues as error:
        return _municipality_page(place, form, 422, place_faults(form, error))
    flash(_("The changes have been saved."))
    return redirect(url_for("places.show", _anchor="municipalities"), 303)


def _municipality_page(
    place: Municipality, form: MunicipalityForm, status: int, reasons: Sequence[str] = ()
) -> Response:
    with edge.read() as session:
        form.offer(_choices(places(session).regions))
    page = render_template(
        "admin/municipality.html", place=place, form=form, reasons=reasons, failed=status >= 400
    )
    return make_response(page, status)


@blueprint.get("/admin/places/units/new")
def new_unit() -> ResponseReturnValue:
    """The form for a new unit."""
    _admin()
    return _new_unit_page(_offered(NewUnitForm()), 200)


@blueprint.post("/admin/places/units/new")
def put_new_unit() -> ResponseReturnValue:
    """Add a unit, not yet open for booking; the rest is filled in on its own page."""
    asking, form = _admin(), _offered(NewUnitForm(request.form))
    if not form.validate():
        return _new_unit_page(form, 422)
    try:
        unit_id = edge.write(
            lambda session: add_unit(session, form.values(), actor=asking, now=edge.now()).id
        )
    except InvalidValues as error:
        return _new_unit_page(form, 422, place_faults(form, error))
    flash(
        _("The site has been added. Fill in its opening hours and rooms, then open it for booking.")
    )
    return redirect(url_for("staff_units.show", unit_id=unit_id), 303)


def _new_unit_page(form: NewUnitForm, status: int, reasons: Sequence[str] = ()) -> Response:
    page = render_template("admin/unit_new.html", form=form, reasons=reasons, failed=status >= 400)
    return make_response(page, status)


@blueprint.get("/admin/places/units/<row:unit_id>")
def unit(unit_id: int) -> ResponseReturnValue:
    """The form that says where a unit lies."""
    asked = _own(unit_id)
    chosen = {
        "version": str(asked.version),
        "municipality_id": str(asked.municipality_id),
        "division_id": "" if asked.division_id is None else str(asked.division_id),
    }
    return FormPage("admin/unit.html", asked).show(_offered(PlaceForm(data=chosen)))


@blueprint.post("/admin/places/units/<row:unit_id>")
def put_unit(unit_id: int) -> ResponseReturnValue:
    """Save where a unit lies."""
    asked, asking = _own(unit_id), _admin()
    form = _offered(PlaceForm(request.form))
    return FormPage("admin/unit.html", asked).save(
        form,
        lambda session: edit_unit(
            session, unit_id, form.seen, form.values(), actor=asking, now=edge.now()
        ),
        _("The changes have been saved."),
        url_for("places.show", _anchor="units"),
    )


@blueprint.get("/admin/places/units/<row:unit_id>/lending")
def lending(unit_id: int) -> ResponseReturnValue:
    """The page that says what it means to open a unit for booking, or to close it, and asks once more."""
    asked = _own(unit_id)
    turned = "no" if asked.open_for_booking else "yes"
    form = LendingForm(data={"version": str(asked.version), "open": turned})
    return _lending_page(asked, asked.open_for_booking).show(form)


@blueprint.post("/admin/places/units/<row:unit_id>/lending")
def switch(unit_id: int) -> ResponseReturnValue:
    """Open a unit for booking, or close it; what bookings to come would break by it is shown first."""
    asked, asking, form = _own(unit_id), _admin(), LendingForm(request.form)
    opens = form.open.data == "yes"
    done = (
        _("The site is open for booking.")
        if opens
        else _("The site is no longer open for booking.")
    )
    return _lending_page(asked, not opens).save(
        form,
        lambda session: edit_unit(
            session,
            unit_id,
            form.seen,
            {"open_for_booking": opens},
            accepted_ids(),
            actor=asking,
            now=edge.now(),
        ),
        done,
        url_for("places.show", _anchor="units"),
    )


def _lending_page(asked: Unit, is_open: bool) -> FormPage:
    def more() -> dict[str, Any]:
        with edge.read() as session:
            found = catalogue(session)
            approvers = approvers_of(session, asked.id)
        own = [room for room in found.rooms.values() if room.unit_id == asked.id]
        return {
            "is_open": is_open,
            "approvers": approvers,
            "published": [room for room in own if room.published],
            "unpublished": [room for room in own if not room.published],
            "has_hours": bool(found.hours[asked.id].weekly),
        }

    return FormPage("admin/lending.html", asked, more)


def _admin() -> Actor:
    asking = known_actor()
    require_admin(asking)
    return asking


def _own(unit_id: int) -> Unit:
    asking = _admin()
    with edge.read() as session:
        return own_unit(session, unit_id, asking)


def _offered(form: F) -> F:
    with edge.read() as session:
        found = places(session)
    form.offer(_choices(found.municipalities), _choices(found.divisions))
    return form


def _choices(rows: Sequence[Region | Municipality | Division]) -> list[tuple[int, str]]:
    return [(row.id, row.name.choose(current_locale())[0]) for row in rows]
