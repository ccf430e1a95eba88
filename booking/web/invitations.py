"""The page behind an invitation's mailed link: one button. Knows the cookie; who may accept is the service's question.

Nothing here tells whose address the invitation was sent to, or keeps the link: no cache, no referrer, and not in the log
(`booking.web.outer`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from booking.domain.access import ANONYMOUS
from booking.errors import Forbidden, InvalidInput
from booking.i18n import current_locale
from booking.i18n import gettext as _
from booking.models import Invitation
from booking.services.invitations import accept_invitation, living_invitation, needs_sign_in
from booking.web import edge
from booking.web.devices import device
from booking.web.errors import status_of
from booking.web.organisation_forms import AcceptForm
from booking.web.organisation_pages import page
from booking.web.people import arrive
from booking.web.reader import actor
from booking.web.texts import text_of, text_of_error

blueprint = Blueprint("invitations", __name__)

_GONE = 410  # used, taken back, run out, or never there: the same answer for all


@blueprint.after_request
def keep_to_itself(answer: Response) -> Response:
    """Let the address of these pages, which holds the token, go nowhere."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@blueprint.get("/i/<string(minlength=20, maxlength=80):token>")
def show(token: str) -> ResponseReturnValue:
    """Say what the invitation is to, with the button that accepts it. Nothing is changed: scanners of mail follow links."""
    return _page(token, AcceptForm(), 200, ())


@blueprint.post("/i/<string(minlength=20, maxlength=80):token>")
def accept(token: str) -> ResponseReturnValue:
    """Accept it; somebody new is signed in by it, an account that is there never is."""
    # Who is made anew reads the language of this page.
    asking = actor() if actor().is_known else replace(ANONYMOUS, locale=current_locale())
    form = AcceptForm(request.form)
    if not asking.is_known and not form.validate():
        return _page(token, form, 422, ())
    browser = device(request.headers.get("User-Agent"))
    try:
        accepted = edge.write(
            lambda session: accept_invitation(
                session, token, form.name.data, browser, actor=asking, now=edge.now()
            )
        )
    except Forbidden as error:
        return _page(token, form, status_of(error), [text_of_error(error)])
    except InvalidInput as error:
        if error.params.get("field") != "name":
            return _ended()
        form.name.errors = [text_of_error(error)]
        return _page(token, form, 422, ())
    said = _("You now act for %(organisation)s.", organisation=accepted.organisation.name)
    target = url_for("organisations.show", organisation_id=accepted.organisation.id)
    if accepted.signed_in is not None:
        return arrive(accepted.signed_in, target, greeting=said)
    flash(said)
    return redirect(target, 303)


def _page(token: str, form: AcceptForm, status: int, reasons: Sequence[str]) -> Response:
    asking = actor()
    try:
        with edge.read() as session:
            invitation = living_invitation(session, token, edge.now())
            must_sign_in = needs_sign_in(session, invitation, asking)
            context = _shown(invitation)
    except InvalidInput:
        return _ended()
    if must_sign_in and status == 422:
        # There is no form to correct: whose account it is must sign in first.
        form, status, reasons = AcceptForm(), 403, [text_of("sign_in_to_accept")]
    return page(
        "invitation",
        form,
        status,
        reasons,
        must_sign_in=must_sign_in,
        next=url_for("invitations.show", token=token),
        **context,
    )


def _shown(invitation: Invitation) -> dict[str, object]:
    return {
        "organisation": invitation.organisation.name,
        "inviter": invitation.invited_by.name,
        "role": invitation.role,
        "hands_over": invitation.hands_over,
        "expires_at": invitation.expires_at,
    }


def _ended() -> Response:
    return page("invitation_ended", Form(), _GONE)
