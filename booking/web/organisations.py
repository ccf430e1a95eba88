"""Associations as their people and staff see them: lists, one with who acts for it, named and kept true. Knows forms; no rule.

Who acts for one is changed in `booking.web.organisation_members`, what staff do to one in `booking.web.organisation_staff`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.domain.organisations import ASKABLE_KINDS, KINDS
from booking.errors import Stale
from booking.i18n import gettext as _
from booking.models import Organisation
from booking.queries import organisations as queries
from booking.queries.bookings import BookingFilter, bookings
from booking.queries.people import coordinators
from booking.queries.units import names_of_places
from booking.services.organisations import (
    add_organisation,
    add_own_organisation,
    coordinates,
    edit_organisation,
    keeps,
    verifies,
)
from booking.web import edge
from booking.web.faults import text_of_stale
from booking.web.once import once
from booking.web.organisation_forms import EditOrganisationForm, FilterForm, NewOrganisationForm
from booking.web.organisation_pages import (
    answered,
    in_sight,
    kept_by_reader,
    lead_to_kept,
    municipalities,
    note_look,
    page,
)
from booking.web.organisation_words import changes
from booking.web.paging import page_number, page_of
from booking.web.reader import known_actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

blueprint = Blueprint("organisations", __name__)
blueprint.before_request(lead_to_kept)

_BOOKINGS_SHOWN = 5


@blueprint.get("/organisations")
def show_all() -> str:
    """The reader's own associations; for staff also a search over all."""
    asking, number = known_actor(), page_number()
    form = FilterForm(request.args)
    form.offer(municipalities() if asking.is_staff else ())
    form.validate()
    wanted = form.wanted()
    with edge.read() as session:
        own = queries.own_organisations(session, asking)
        coming = queries.coming_bookings(session, [row.id for row in own], edge.now())
        found, count, waiting = None, 0, 0
        if asking.is_staff:
            found = page_of(
                number,
                lambda limit, offset: queries.organisations(session, asking, wanted, limit, offset),
                form.kept(),
            )
            count = queries.count_of(session, asking, wanted)
            waiting = queries.unverified(session)
    return render_template(
        "organisations/list.html",
        own=own,
        coming=coming,
        form=form,
        found=found,
        count=count,
        waiting=waiting,
        is_narrowed=bool(form.kept()),
        coordinates=coordinates(asking),
    )


@blueprint.get("/organisations/new")
def new() -> ResponseReturnValue:
    """The form in which somebody names their association; the coordinator adds any organisation."""
    asking = known_actor()
    form = NewOrganisationForm()
    return _new_page(form, asking, 200, ())


@blueprint.post("/organisations/new")
def add() -> ResponseReturnValue:
    """Add it: the reader's own, not verified; or the county's, verified."""
    asking = known_actor()
    form = NewOrganisationForm(request.form)
    _offer(form, asking)
    is_own = not coordinates(asking)

    def work(session: Session) -> object:
        service = add_own_organisation if is_own else add_organisation
        row = service(session, form.values(), actor=asking, now=edge.now())
        return url_for("organisations.show", organisation_id=row.id)

    def act() -> str:
        target = once(form, asking, work)
        done = _("The association has been added. You can now book rooms in its name.")
        flash(done if is_own else _("The association has been added."))
        return target

    return answered(form, act, lambda status, reasons: _new_page(form, asking, status, reasons))


def _offer(form: NewOrganisationForm | EditOrganisationForm, asking: Actor, kind: str = "") -> None:
    kinds = KINDS if coordinates(asking) else ASKABLE_KINDS
    form.offer([code for code in KINDS if code in kinds or code == kind], municipalities())


def _new_page(
    form: NewOrganisationForm, asking: Actor, status: int, reasons: Sequence[str]
) -> Response:
    _offer(form, asking)
    return page("new", form, status, reasons, is_own=not coordinates(asking))


@blueprint.get("/organisations/<row:organisation_id>")
def show(organisation_id: int) -> str:
    """One association: its facts, whether it is verified, who acts for it; with as much as the reader may see."""
    asking, now = known_actor(), edge.now()
    with edge.read() as session:
        row = queries.organisation_in_sight(session, organisation_id, asking)
        context = _facts(session, row, asking, now)
    if context["sees_contact"]:
        note_look(organisation_id, asking)
    return render_template(
        "organisations/show.html", organisation=row, today=local(now).date(), now=now, **context
    )


def _facts(session: Session, row: Organisation, asking: Actor, now: datetime) -> dict[str, Any]:
    is_own = row.id in asking.organisations
    keeps_it = keeps(asking, row.id)
    coming = BookingFilter(organisation_id=row.id, ends_after=now)
    alike, more_alike = queries.alike(session, row) if asking.is_staff else ([], False)
    return {
        "is_own": is_own,
        "keeps": keeps_it,
        "is_owner": asking.organisations.get(row.id) == "owner",
        "coordinates": coordinates(asking),
        "verifies": verifies(asking) and row.verified_at is None,
        # Whoever decides on bookings may have to reach it; members' own addresses are for those who keep it.
        "sees_contact": is_own or verifies(asking),
        "members": queries.members_of(session, row.id),
        "invitations": queries.open_invitations(session, row.id) if keeps_it else [],
        "agreements": queries.agreements_of(session, row.id),
        "alike": alike,
        "more_alike": more_alike,
        "rest": None if row.is_active else queries.put_to_rest(session, row.id),
        "coordinators": [] if row.is_active else coordinators(session),
        "bookings": [
            booking
            for booking in bookings(session, asking, coming, 4 * _BOOKINGS_SHOWN)
            if booking.state in ("requested", "approved")
        ][:_BOOKINGS_SHOWN],
    }


@blueprint.get("/organisations/<row:organisation_id>/edit")
def edit(organisation_id: int) -> ResponseReturnValue:
    """The form of what an association says of itself."""
    row = kept_by_reader(organisation_id)
    note_look(organisation_id, known_actor())
    return _edit_page(EditOrganisationForm.of(row), row, 200, ())


@blueprint.post("/organisations/<row:organisation_id>/edit")
def save(organisation_id: int) -> ResponseReturnValue:
    """Save it, on the version that was seen; what others have saved meanwhile is shown first."""
    asking, row = known_actor(), kept_by_reader(organisation_id)
    form = EditOrganisationForm(request.form)
    _offer(form, asking, row.kind)

    def act() -> str:
        edge.write(
            lambda session: edit_organisation(
                session, organisation_id, form.seen, form.values(), actor=asking, now=edge.now()
            )
        )
        flash(_("The changes have been saved."))
        return url_for("organisations.show", organisation_id=organisation_id)

    try:
        return answered(form, act, lambda status, reasons: _edit_page(form, row, status, reasons))
    except Stale as error:
        fresh = in_sight(organisation_id)
        missed = _missed(fresh, form.seen)
        # Whoever saves again has seen what the others saved.
        form.version.data = str(fresh.version)
        return _edit_page(form, fresh, 409, [text_of_stale(error)], missed)


def _missed(row: Organisation, seen: int) -> list[Any]:
    with edge.read() as session:
        entries = queries.saved_since(session, row, seen)
        names = names_of_places(session)
    return [(entry, changes(entry, names)) for entry in entries]


def _edit_page(
    form: EditOrganisationForm,
    row: Organisation,
    status: int,
    reasons: Sequence[str],
    missed: Sequence[Any] = (),
) -> Response:
    asking = known_actor()
    _offer(form, asking, row.kind)
    loses = row.verified_at is not None and not coordinates(asking)
    return page(
        "edit", form, status, reasons, organisation=row, missed=missed, loses_verification=loses
    )
