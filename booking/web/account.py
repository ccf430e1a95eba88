"""One's own account: name and language, password, sign-ins. Knows forms and the cookie; what they change is the services'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import logout_user
from wtforms import Form

from booking.errors import InvalidInput, TooMany
from booking.i18n import gettext as _
from booking.services import passwords, people, sign_ins, totp
from booking.web import edge
from booking.web.account_forms import AccountForm, PasswordForm, RemovePasswordForm
from booking.web.people import told_to_wait
from booking.web.reader import known_actor, reader
from booking.web.texts import text_of_error

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("account", __name__)


@dataclass(frozen=True)
class Device:
    """A sign-in as its owner sees it; `name` is empty for a browser that didn't say what it is."""

    id: int
    name: str
    began: datetime
    seen: datetime
    is_this: bool


@blueprint.get("/account")
def show() -> ResponseReturnValue:
    """All about one's own account on one page."""
    asking = known_actor()
    return _page(AccountForm(data={"name": asking.name, "locale": asking.locale}), 200)


@blueprint.post("/account")
def save() -> ResponseReturnValue:
    """Write name and language down."""
    asking, form = known_actor(), AccountForm(request.form)
    if not form.validate():
        return _page(form, 422)
    name, locale = form.name.data or "", form.locale.data
    edge.write(lambda rows: people.rename(rows, name, locale, actor=asking, now=edge.now()))
    flash(_("Your details were saved."))
    return redirect(url_for("account.show"), 303)


@blueprint.get("/account/password")
def consider_password() -> ResponseReturnValue:
    """The page on which a password is set, changed or taken away."""
    known_actor()
    return _password_page(200)


@blueprint.post("/account/password")
def set_password() -> ResponseReturnValue:
    """Set or change the password; all other sign-ins end."""
    form = PasswordForm(request.form)
    if not form.validate():
        return _password_page(422, form)
    done = _("Your password was saved. Your other sign-ins have ended.")
    refused = _write_password(form, form.current.data, form.new.data)
    return refused or _done(done)


@blueprint.post("/account/password/remove")
def remove_password() -> ResponseReturnValue:
    """Take the password away: from here on a mailed link or code is the way in."""
    form = RemovePasswordForm(request.form)
    if not form.validate():
        return _password_page(422, removal=form)
    done = _(
        "Your password was removed. From now on you sign in with a link or code sent by e-mail."
    )
    return _write_password(form, form.current.data, None) or _done(done)


@blueprint.post("/account/sign-ins/<row:sign_in_id>/end")
def end_one(sign_in_id: int) -> ResponseReturnValue:
    """End one of one's own sign-ins; another's isn't there."""
    asking = known_actor()
    edge.write(lambda rows: sign_ins.end_sign_in(rows, sign_in_id, actor=asking, now=edge.now()))
    return _done(_("That sign-in has ended."))


@blueprint.post("/account/sign-ins/end-others")
def end_others() -> ResponseReturnValue:
    """End all one's sign-ins but this one."""
    _end_all(but_this=True)
    return _done(_("All your other sign-ins have ended."))


@blueprint.post("/account/sign-ins/end-all")
def end_all() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    _end_all(but_this=False)
    logout_user()
    session.clear()
    answer = make_response(redirect(url_for("people.sign_in", out=1), 303))
    answer.headers["Clear-Site-Data"] = '"cookies", "storage"'
    return answer


def _end_all(but_this: bool) -> None:
    asking, but = known_actor(), _own_token() if but_this else None
    person_id = asking.person_id
    assert person_id is not None  # known

    def work(rows: Session) -> int:
        return sign_ins.end_all_sign_ins(rows, person_id, but=but, actor=asking, now=edge.now())

    edge.write(work)


def _own_token() -> str:
    reading = reader()
    return reading.token if reading is not None else ""


def _write_password(
    form: PasswordForm | RemovePasswordForm, current: str | None, new: str | None
) -> Response | None:
    """Do it; else the page that says why not."""
    asking, now, token = known_actor(), edge.now(), _own_token()
    is_limited = not edge.settings().demo
    is_removal = isinstance(form, RemovePasswordForm)

    def refused(status: int, *reasons: str) -> Response:
        if is_removal:
            return _password_page(status, removal=form, reasons=reasons)
        return _password_page(status, form, reasons=reasons)

    try:
        database = edge.edge().database
        change = passwords.considered(database, current, new, is_limited, actor=asking, now=now)
        edge.write(
            lambda rows: passwords.write_password(rows, change, token, actor=asking, now=now)
        )
    except TooMany as error:
        return told_to_wait(refused(429, text_of_error(error)), error)
    except InvalidInput as error:
        field = form.current if error.code == "wrong_password" else form["new"]
        field.errors = [text_of_error(error)]
        return refused(422)
    return None


def _done(said: str) -> Response:
    flash(said)
    return make_response(redirect(url_for("account.show"), 303))


def _page(form: AccountForm, status: int) -> Response:
    asking, token = known_actor(), _own_token()
    with edge.read() as rows:
        living = sign_ins.sign_ins_of(rows, edge.now(), actor=asking)
        has_password = passwords.has_password(rows, actor=asking)
        since = totp.in_use_since(rows, actor=asking)
    own = sign_ins.token_hash(token)
    devices = [
        Device(row.id, row.device or "", row.created_at, row.last_seen_at, row.token_hash == own)
        for row in living
    ]
    page = render_template(
        "people/account.html",
        form=form,
        has_password=has_password,
        since=since,
        devices=devices,
        failed=status >= 400,
    )
    return make_response(page, status)


def _password_page(
    status: int,
    form: PasswordForm | Form | None = None,
    removal: Form | None = None,
    reasons: Sequence[str] = (),
) -> Response:
    asking = known_actor()
    with edge.read() as rows:
        has_password = passwords.has_password(rows, actor=asking)
    page = render_template(
        "people/password.html",
        form=form or PasswordForm(),
        removal=removal or RemovePasswordForm(),
        sent=removal or form or PasswordForm(),
        reasons=reasons,
        has_password=has_password,
        shortest=people.PASSWORD_LENGTH[asking.is_staff],
        failed=status >= 400,
    )
    return make_response(page, status)
