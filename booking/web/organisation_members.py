"""Who acts for an association: invited, handed over to, taken back, ended. Knows forms; who may is the services' question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from booking.domain.access import Actor
from booking.errors import Forbidden, NotFound
from booking.i18n import gettext as _
from booking.models import Membership, Organisation
from booking.queries.organisations import members_of
from booking.services.invitations import invite, revoke_invitation
from booking.services.memberships import end_membership
from booking.services.organisations import keeps
from booking.web import edge
from booking.web.once import once
from booking.web.organisation_forms import HandOverForm, InviteForm
from booking.web.organisation_pages import answered, in_sight, kept_by_reader, lead_to_kept, page
from booking.web.reader import known_actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

blueprint = Blueprint("organisation_members", __name__)
blueprint.before_request(lead_to_kept)


@blueprint.get("/organisations/<row:organisation_id>/invite")
def consider_inviting(organisation_id: int) -> ResponseReturnValue:
    """The form of whom to invite."""
    return page("invite", InviteForm(), organisation=kept_by_reader(organisation_id))


@blueprint.post("/organisations/<row:organisation_id>/invite")
def send_invitation(organisation_id: int) -> ResponseReturnValue:
    """Send the invitation by mail."""
    row, form = kept_by_reader(organisation_id), InviteForm(request.form)
    return _invited(row, form, form.role.data or "", False, "invite")


@blueprint.get("/organisations/<row:organisation_id>/hand-over")
def consider_handing_over(organisation_id: int) -> ResponseReturnValue:
    """The form of who is to be the new contact person, and what happens then."""
    return page("hand_over", HandOverForm(), organisation=_owned(organisation_id))


@blueprint.post("/organisations/<row:organisation_id>/hand-over")
def hand_over(organisation_id: int) -> ResponseReturnValue:
    """Invite the new contact person; the reader's role ends when they accept."""
    row, form = _owned(organisation_id), HandOverForm(request.form)
    return _invited(row, form, "owner", True, "hand_over")


def _invited(
    row: Organisation, form: InviteForm | HandOverForm, role: str, hands_over: bool, template: str
) -> ResponseReturnValue:
    asking, back = known_actor(), _page_of(row.id)

    def work(session: Session) -> object:
        email = form.email.data or ""
        invite(session, row.id, email, role, hands_over, actor=asking, now=edge.now())
        return back

    def act() -> str:
        target = once(form, asking, work)
        flash(_("The invitation has been sent by e-mail. It is valid for two weeks."))
        return target

    def show(status: int, reasons: Sequence[str]) -> Response:
        return page(template, form, status, reasons, organisation=row)

    return answered(form, act, show)


@blueprint.post("/organisations/<row:organisation_id>/invitations/<row:invitation_id>/revoke")
def take_back(organisation_id: int, invitation_id: int) -> ResponseReturnValue:
    """Take an invitation back; its link is worth nothing from here on."""
    asking = known_actor()
    kept_by_reader(organisation_id)

    def work(session: Session) -> None:
        found = revoke_invitation(session, invitation_id, actor=asking, now=edge.now())
        if found != organisation_id:
            raise NotFound("invitation")

    edge.write(work)
    flash(_("The invitation has been taken back."))
    return redirect(_page_of(organisation_id), 303)


@blueprint.get("/organisations/<row:organisation_id>/members/<row:person_id>/end")
def consider_ending(organisation_id: int, person_id: int) -> ResponseReturnValue:
    """The page that asks once more before somebody no longer acts for an association."""
    row, member = _member(organisation_id, person_id)
    return page("end", Form(), organisation=row, member=member)


@blueprint.post("/organisations/<row:organisation_id>/members/<row:person_id>/end")
def end(organisation_id: int, person_id: int) -> ResponseReturnValue:
    """End it. The last owner stays, and is told what to do first."""
    asking, form = known_actor(), Form()
    row, member = _member(organisation_id, person_id)

    def act() -> str:
        edge.write(
            lambda session: end_membership(
                session, organisation_id, person_id, actor=asking, now=edge.now()
            )
        )
        if person_id == asking.person_id:
            flash(_("You no longer act for %(organisation)s.", organisation=row.name))
            return url_for("organisations.show_all")
        flash(_("%(name)s no longer acts for the association.", name=member.person.name))
        return _page_of(organisation_id)

    def show(status: int, reasons: Sequence[str]) -> Response:
        return page("end", form, status, reasons, organisation=row, member=member)

    return answered(form, act, show)


def _member(organisation_id: int, person_id: int) -> tuple[Organisation, Membership]:
    """An association and one who acts for it, if the reader may end that. Raises NotFound, Forbidden."""
    asking, row = known_actor(), in_sight(organisation_id)
    if not _may_end(asking, organisation_id, person_id):
        raise Forbidden("owners_only")
    with edge.read() as session:
        members = {one.person_id: one for one in members_of(session, organisation_id)}
    if person_id not in members:
        raise NotFound("member")
    return row, members[person_id]


def _may_end(asking: Actor, organisation_id: int, person_id: int) -> bool:
    return keeps(asking, organisation_id) or asking.person_id == person_id


def _owned(organisation_id: int) -> Organisation:
    """The association asked for, if the reader owns it. Raises NotFound, Forbidden."""
    row = in_sight(organisation_id)
    if known_actor().organisations.get(organisation_id) != "owner":
        raise Forbidden("owners_only")
    return row


def _page_of(organisation_id: int) -> str:
    return url_for("organisations.show", organisation_id=organisation_id)
