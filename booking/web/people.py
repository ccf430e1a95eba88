"""Signing in by a password, signing out, and choosing the language. Knows the cookie; passwords are checked by the service.

The other way in, by a mailed link or code, is `booking.web.getting_in`'s; both end in `arrive`.
"""

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
from flask_login import login_user

from booking.errors import InvalidInput, TooMany
from booking.i18n import LOCALES
from booking.i18n import gettext as _
from booking.services import links, people, sign_ins
from booking.services.links import Kept
from booking.web import edge
from booking.web.account_forms import WayForm
from booking.web.devices import device
from booking.web.forms import SignInForm
from booking.web.reader import LOCALE, actor, reader, reader_of, welcome
from booking.web.security import client, is_our_path
from booking.web.texts import text_of, text_of_error

blueprint = Blueprint("people", __name__)


@blueprint.get("/login")
def sign_in() -> ResponseReturnValue:
    """The sign-in page; whoever is signed in goes on to where they wanted."""
    wanted = request.args.get("next", "")
    if actor().is_known:
        return redirect(our_path(wanted), 303)
    return sign_in_page(200, wanted=wanted)


@blueprint.post("/login")
def open_sign_in() -> ResponseReturnValue:
    """Check a password; an unknown address and a wrong password get the same answer."""
    return try_password(SignInForm(request.form))


@blueprint.post("/logout")
def sign_out() -> ResponseReturnValue:
    """End this device's sign-in, in the database and in the browser."""
    end_sign_in()
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
    return redirect(our_path(request.form.get("next")), 303)


def sign_in_page(
    status: int,
    reasons: Sequence[str] = (),
    kept: Kept = (),
    wanted: str = "",
    by_mail: WayForm | None = None,
    by_password: SignInForm | None = None,
) -> Response:
    """The page with both ways in. With `kept` its forms go to the booking form's address and carry these fields along.

    `by_mail`, `by_password`: the form as it was sent; the other way shows what is common to both.
    """
    sent = by_password or by_mail
    common = {
        "email": (sent.email.data if sent else None) or "",
        "next": wanted if is_our_path(wanted) else "",
    }
    here = url_for("asking.request_room") if kept else ""
    page = render_template(
        "people/sign_in.html",
        mail=by_mail or WayForm(data=common),
        password=by_password or SignInForm(data=common),
        sent=sent or WayForm(data=common),
        is_password_open=by_password is not None or edge.settings().demo,
        reasons=reasons,
        kept=kept,
        mail_action=here or url_for("getting_in.ask_for_way"),
        password_action=here or url_for("people.open_sign_in"),
        has_left=request.args.get("out") == "1",
        failed=status >= 400 and bool(reasons or (sent is not None and sent.errors)),
    )
    return make_response(page, status)


def try_password(form: SignInForm, kept: Kept = ()) -> Response:
    """Sign in whom the form names and go on, with `kept` to the booking form; else the page again, with its reason."""

    def refused(status: int, *reasons: str) -> Response:
        wanted = form.next.data or ""
        return sign_in_page(status, reasons, kept, wanted, by_password=form)

    if not form.validate():
        return refused(422)
    try:
        opened = people.sign_in(
            edge.edge().database,
            form.email.data,
            form.password.data,
            device(request.headers.get("User-Agent")),
            client(),
            now=edge.now(),
            is_limited=not edge.settings().demo,
        )
    except TooMany as error:
        return told_to_wait(refused(429, text_of_error(error)), error)
    if opened is None:
        return refused(422, text_of("wrong_credentials"))
    if not kept:
        return arrive(opened, our_path(form.next.data))
    who, now = opened.person_id, edge.now()
    return arrive(opened, form_again(edge.note(lambda rows: links.keep_form(rows, who, kept, now))))


def told_to_wait(answer: Response, error: TooMany) -> Response:
    """The answer, with how long to wait."""
    answer.headers["Retry-After"] = str(error.params["retry_after_seconds"])
    return answer


def form_again(kept_id: int) -> str:
    """Where the booking form is shown with what had been typed before the sign-in."""
    return url_for("asking.ask", kept=kept_id)


def arrive(signed_in: sign_ins.SignedIn, target: str, greeting: str = "") -> Response:
    """Bind the browser to its new sign-in and go on to `target`; who has a second factor shows it on the way."""
    begin(signed_in.token)
    if signed_in.awaits_totp:
        return make_response(redirect(url_for("second_factor.ask", next=target), 303))
    flash(greeting or _("You are signed in."))
    return make_response(redirect(target, 303))


def begin(token: str) -> None:
    """Bind the browser to its new sign-in, and end the one it had; nothing of its cookie is taken along but the language."""
    end_sign_in()
    chosen = session.get(LOCALE)
    session.clear()
    g.pop("csrf_token", None)  # flask-wtf keeps it for the request; a new session has a new one
    if chosen:
        session[LOCALE] = chosen
    arrived = reader_of(token)
    if arrived is not None:
        login_user(arrived)
        welcome(arrived.actor)


def end_sign_in() -> None:
    """End the sign-in this browser has, if any: without its cookie nobody could, and a copy of the cookie would live on."""
    asking, reading = actor(), reader()
    if reading is not None:
        token = reading.token
        edge.note(lambda rows: sign_ins.sign_out(rows, token, actor=asking, now=edge.now()))


def our_path(wanted: str | None) -> str:
    """Where somebody wanted to go, if it is a page of ours; else the front page."""
    return wanted if wanted and is_our_path(wanted) else url_for("search.show")
