"""Signing in and out, and choosing the language. Knows the cookie; passwords are checked by the service."""

from __future__ import annotations

from collections.abc import Sequence

from flask import (
    Blueprint,
    Response,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user

from booking.errors import InvalidInput, TooMany
from booking.i18n import LOCALES
from booking.i18n import gettext as _
from booking.services import people
from booking.web import edge
from booking.web.forms import SignInForm
from booking.web.reader import LOCALE, actor, reader_of, welcome
from booking.web.security import is_our_path
from booking.web.texts import text_of, text_of_error

blueprint = Blueprint("people", __name__)

Kept = Sequence[tuple[str, str]]  # fields of another form, carried through the sign-in


@blueprint.get("/login")
def sign_in() -> ResponseReturnValue:
    """The sign-in page; whoever is signed in goes on to where they wanted."""
    wanted = request.args.get("next", "")
    if actor().is_known:
        return redirect(_safe(wanted), 303)
    form = SignInForm(data={"next": wanted if is_our_path(wanted) else ""})
    return sign_in_page(form, 200)


@blueprint.post("/login")
def open_sign_in() -> ResponseReturnValue:
    """Check a password; an unknown address and a wrong password get the same answer."""
    form = SignInForm(request.form)
    return try_sign_in(form) or redirect(_safe(form.next.data), 303)


@blueprint.post("/logout")
def sign_out() -> ResponseReturnValue:
    """End this device's sign-in, in the database and in the browser."""
    _end_sign_in()
    session.clear()
    answer = make_response(redirect(url_for("people.sign_in", out=1), 303))
    # Pages of the signed-in bear no-store, so there is no cache to clear.
    answer.headers["Clear-Site-Data"] = '"cookies", "storage"'
    return answer


@blueprint.post("/language")
def choose_language() -> ResponseReturnValue:
    """Speak another language from here on: in this browser, and to a signed-in person everywhere, mails included."""
    chosen = request.form.get("locale", "")
    if chosen not in LOCALES:
        raise InvalidInput("bad_choice", field="locale")
    session[LOCALE] = chosen
    person_id = actor().person_id
    if person_id is not None:
        edge.note(lambda rows: people.set_locale(rows, person_id, chosen))
    return redirect(_safe(request.form.get("next")), 303)


def sign_in_page(
    form: SignInForm, status: int, reasons: Sequence[str] = (), kept: Kept = (), action: str = ""
) -> Response:
    """The sign-in page; with `kept`, its form goes to `action` and carries these fields along."""
    page = render_template(
        "people/sign_in.html",
        form=form,
        reasons=reasons,
        kept=kept,
        action=action or url_for("people.open_sign_in"),
        has_left=request.args.get("out") == "1",
        failed=status >= 400 and bool(reasons or form.errors),
    )
    return make_response(page, status)


def try_sign_in(form: SignInForm, kept: Kept = (), action: str = "") -> Response | None:
    """Sign in whom the form names; None when that went well, else the page to answer with."""
    if not form.validate():
        return sign_in_page(form, 422, kept=kept, action=action)
    try:
        opened = people.sign_in(
            edge.edge().database,
            form.email.data,
            form.password.data,
            now=edge.now(),
            is_limited=not edge.settings().demo,
        )
    except TooMany as error:
        answer = sign_in_page(form, 429, [text_of_error(error)], kept, action)
        answer.headers["Retry-After"] = str(error.params["retry_after_seconds"])
        return answer
    if opened is None:
        return sign_in_page(form, 422, [text_of("wrong_credentials")], kept, action)
    _begin(opened.token)
    return None


def _begin(token: str) -> None:
    """Bind the browser to its new sign-in, and end the one it had; nothing of its cookie is taken along but the language."""
    _end_sign_in()
    chosen = session.get(LOCALE)
    session.clear()
    g.pop("csrf_token", None)  # flask-wtf keeps it for the request; a new session has a new one
    if chosen:
        session[LOCALE] = chosen
    reader = reader_of(token)
    if reader is not None:
        login_user(reader)
        welcome(reader.actor)
        flash(_("You are signed in."))


def _end_sign_in() -> None:
    """End the sign-in this browser has, if any: without its cookie nobody could, and a copy of the cookie would live on."""
    asking = actor()
    if asking.is_known:
        token = current_user.get_id()
        edge.note(lambda rows: people.sign_out(rows, token, actor=asking, now=edge.now()))


def _safe(wanted: str | None) -> str:
    return wanted if wanted and is_our_path(wanted) else url_for("search.show")
