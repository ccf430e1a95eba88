"""How the reader wants their mails: at once, once a day, or not at all where that is allowed. Knows a form; no mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from wtforms import Form

from booking.i18n import gettext as _
from booking.i18n import lazy_gettext
from booking.services.letters import ways
from booking.services.mail_settings import kinds_for, set_wishes, wishes
from booking.web import edge, mail_words
from booking.web.fields import RadiosField, Required, options
from booking.web.reader import known_actor

blueprint = Blueprint("mail_settings", __name__)

_CHOOSE = lazy_gettext("Choose how you want these messages.")


@blueprint.get("/account/mails")
def show() -> ResponseReturnValue:
    """Each kind of mail that the reader may get, and how it comes."""
    asking = known_actor()
    assert asking.person_id is not None
    with edge.read() as session:
        wanted = wishes(session, asking.person_id)
    return _page(_form(kinds_for(asking), wanted), 200)


@blueprint.post("/account/mails")
def save() -> ResponseReturnValue:
    """Keep the choices; what was gathered of a kind that is wanted at once again is sent."""
    asking = known_actor()
    form = _form(kinds_for(asking), {}, request.form)
    if not form.validate():
        return _page(form, 422)
    wanted: dict[str, str] = {field.name: field.data for field in form}
    edge.write(lambda session: set_wishes(session, wanted, actor=asking, now=edge.now()))
    flash(_("Your choices have been saved."))
    return redirect(url_for("mail_settings.show"), 303)


def _form(kinds: tuple[str, ...], wanted: Mapping[str, str], sent: Any = None) -> Form:
    """A question for each of the kinds that leave a choice."""
    fields = {
        kind: RadiosField(
            mail_words.KINDS[kind],
            [Required(_CHOOSE)],
            choices=options((way, mail_words.WAYS[way]) for way in ways(kind)),
        )
        for kind in kinds
        if len(ways(kind)) > 1
    }
    form: Form = type("MailsForm", (Form,), fields)(sent, data=dict(wanted))
    return form


def _page(form: Form, status: int) -> Response:
    chosen = {field.name for field in form}
    fixed = [kind for kind in kinds_for(known_actor()) if kind not in chosen]
    page = render_template(
        "account/mails.html",
        form=form,
        fixed=[mail_words.kind(kind) for kind in fixed],
        failed=status >= 400,
    )
    return make_response(page, status)
