"""What staff do to associations: verify, put to rest and wake, join two that are one, write down agreements. Knows forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from booking.errors import Forbidden, InvalidInput, Stale
from booking.i18n import LazyText, lazy_gettext
from booking.i18n import gettext as _
from booking.models import Organisation
from booking.queries import organisations as queries
from booking.services.merging import merge_organisations
from booking.services.organisations import (
    set_active,
    set_agreement,
    verifies,
    verify_organisation,
)
from booking.web import edge
from booking.web.edit_forms import VersionedForm
from booking.web.fields import options
from booking.web.once import once
from booking.web.organisation_forms import AgreementForm, MergeForm, ReasonForm, SearchForm
from booking.web.organisation_pages import answered, coordinated, in_sight, lead_to_kept, page
from booking.web.reader import known_actor
from booking.web.texts import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

blueprint = Blueprint("organisation_staff", __name__)
blueprint.before_request(lead_to_kept)

Verb = Literal["rest", "wake"]
_DONE: dict[Verb, LazyText] = {
    "rest": lazy_gettext(
        "The association is at rest: it cannot ask for rooms. Its people see the reason."
    ),
    "wake": lazy_gettext("The association can ask for rooms again."),
}
_FOUND = 10  # shown of a search


@blueprint.post("/organisations/<row:organisation_id>/verify")
def verify(organisation_id: int) -> ResponseReturnValue:
    """Say that this is the association it says it is, as it was seen."""
    asking = known_actor()
    in_sight(organisation_id)
    if not verifies(asking):
        raise Forbidden("forbidden")
    seen = VersionedForm(request.form).seen
    try:
        edge.write(
            lambda session: verify_organisation(
                session, organisation_id, seen, actor=asking, now=edge.now()
            )
        )
    except Stale:
        flash(text_of("stale_organisation"))
    else:
        flash(_("The association has been verified."))
    return redirect(_page_of(organisation_id), 303)


@blueprint.get("/organisations/<row:organisation_id>/<any(rest, wake):verb>")
def consider(organisation_id: int, verb: Verb) -> ResponseReturnValue:
    """The form of why an association is put to rest, or woken."""
    return page("rest", ReasonForm(), organisation=coordinated(organisation_id), verb=verb)


@blueprint.post("/organisations/<row:organisation_id>/<any(rest, wake):verb>")
def do(organisation_id: int, verb: Verb) -> ResponseReturnValue:
    """Put it to rest, or wake it."""
    asking, row, form = known_actor(), coordinated(organisation_id), ReasonForm(request.form)

    def act() -> str:
        reason = form.reason.data or ""
        edge.write(
            lambda session: set_active(
                session, organisation_id, verb == "wake", reason, actor=asking, now=edge.now()
            )
        )
        flash(str(_DONE[verb]))
        return _page_of(organisation_id)

    def show(status: int, reasons: Sequence[str]) -> Response:
        return page("rest", form, status, reasons, organisation=row, verb=verb)

    return answered(form, act, show)


@blueprint.get("/organisations/<row:organisation_id>/merge")
def find_other(organisation_id: int) -> ResponseReturnValue:
    """A search for the other one of two that are the same association."""
    row, form = coordinated(organisation_id), SearchForm(request.args)
    form.validate()
    typed = (form.q.data or "")[:200]
    wanted = queries.OrganisationFilter(text=typed)
    with edge.read() as session:
        alike, more_alike = queries.alike(session, row)
        found = queries.organisations(session, known_actor(), wanted, _FOUND + 1) if typed else []
    others = [one for one in found if one.id != row.id]
    return page(
        "merge_find",
        form,
        organisation=row,
        alike=alike,
        more_alike=more_alike,
        found=others,
        typed=typed,
    )


@blueprint.get("/organisations/<row:organisation_id>/merge/<row:other_id>")
def consider_merging(organisation_id: int, other_id: int) -> ResponseReturnValue:
    """Both side by side, and what would go where."""
    row, other = _two(organisation_id, other_id)
    return _merge_page(row, other, MergeForm(), 200, ())


@blueprint.post("/organisations/<row:organisation_id>/merge/<row:other_id>")
def merge(organisation_id: int, other_id: int) -> ResponseReturnValue:
    """Make one of the two."""
    asking = known_actor()
    row, other = _two(organisation_id, other_id)
    form = MergeForm(request.form)
    _offer(form, row, other)

    def act() -> str:
        kept_id = int(form.kept.data)
        gone_id = other_id if kept_id == organisation_id else organisation_id
        edge.write(
            lambda session: merge_organisations(
                session, gone_id, kept_id, actor=asking, now=edge.now()
            )
        )
        flash(_("The two associations are one now."))
        return _page_of(kept_id)

    return answered(
        form, act, lambda status, reasons: _merge_page(row, other, form, status, reasons)
    )


def _two(organisation_id: int, other_id: int) -> tuple[Organisation, Organisation]:
    row, other = coordinated(organisation_id), coordinated(other_id)
    if row.id == other.id:
        raise InvalidInput("same_organisation", field="kept_id")
    if other.merged_into_id is not None:
        raise InvalidInput("already_merged", field="kept_id")
    return row, other


def _offer(form: MergeForm, row: Organisation, other: Organisation) -> None:
    form.kept.choices = options((str(one.id), one.name) for one in (row, other))


def _merge_page(
    row: Organisation, other: Organisation, form: MergeForm, status: int, reasons: Sequence[str]
) -> Response:
    _offer(form, row, other)
    with edge.read() as session:
        sides = [(one, queries.belongings(session, one.id)) for one in (row, other)]
    return page("merge", form, status, reasons, organisation=row, sides=sides)


@blueprint.get("/organisations/<row:organisation_id>/agreements/new")
def new_agreement(organisation_id: int) -> ResponseReturnValue:
    """The form of a new agreement."""
    return _agreement_page(coordinated(organisation_id), AgreementForm(), 200, ())


@blueprint.post("/organisations/<row:organisation_id>/agreements/new")
def add_agreement(organisation_id: int) -> ResponseReturnValue:
    """Write a new agreement down."""
    return _agreed(organisation_id, None)


@blueprint.get("/organisations/<row:organisation_id>/agreements/<row:agreement_id>")
def agreement(organisation_id: int, agreement_id: int) -> ResponseReturnValue:
    """The form of an agreement as it is."""
    row = coordinated(organisation_id)
    with edge.read() as session:
        found = queries.agreement_of(session, organisation_id, agreement_id)
    return _agreement_page(row, AgreementForm.of(found), 200, ())


@blueprint.post("/organisations/<row:organisation_id>/agreements/<row:agreement_id>")
def save_agreement(organisation_id: int, agreement_id: int) -> ResponseReturnValue:
    """Write an agreement anew."""
    coordinated(organisation_id)
    with edge.read() as session:
        queries.agreement_of(session, organisation_id, agreement_id)
    return _agreed(organisation_id, agreement_id)


def _agreed(organisation_id: int, agreement_id: int | None) -> ResponseReturnValue:
    asking, row = known_actor(), coordinated(organisation_id)
    form = AgreementForm(request.form)

    def work(session: Session) -> object:
        values = form.values()
        set_agreement(session, organisation_id, agreement_id, values, actor=asking, now=edge.now())
        return url_for("organisations.show", organisation_id=organisation_id, _anchor="agreements")

    def act() -> str:
        target = once(form, asking, work)
        flash(_("The agreement has been saved."))
        return target

    return answered(form, act, lambda status, reasons: _agreement_page(row, form, status, reasons))


def _agreement_page(
    row: Organisation, form: AgreementForm, status: int, reasons: Sequence[str]
) -> Response:
    return page("agreement", form, status, reasons, organisation=row)


def _page_of(organisation_id: int) -> str:
    return url_for("organisations.show", organisation_id=organisation_id)
