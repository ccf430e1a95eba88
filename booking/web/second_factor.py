"""The second factor: the page that asks for its code, and those on which staff set it up. Knows the cookie and the keys' setting.

`lead` stands before every page: a sign-in that awaits its code opens nothing but the page that asks for it, and where the county
requires a second factor of its staff, they set it up before anything else.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
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
from markupsafe import Markup

from booking.errors import InvalidInput, SignInRequired, TooMany
from booking.i18n import gettext as _
from booking.services import totp
from booking.web import edge
from booking.web.account_forms import TotpForm
from booking.web.people import begin, our_path, sign_in_page, told_to_wait
from booking.web.reader import Reader, is_for_machines, known_actor, reader
from booking.web.security import is_our_path
from booking.web.texts import text_of, text_of_error

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("second_factor", __name__)

_ALWAYS = frozenset({"people.sign_out", "people.choose_language"})
_WHILE_AWAITED = _ALWAYS | {"second_factor.ask", "second_factor.check"}
_WHILE_LACKING = _ALWAYS | {
    "second_factor.show",
    "second_factor.begin_anew",
    "second_factor.confirm",
}


def lead() -> ResponseReturnValue | None:
    """Lead whose sign-in awaits its code to the page of it, and staff who must have a second factor to setting it up."""
    if is_for_machines(request.path) or request.endpoint is None:
        return None
    reading = reader()
    if reading is None:
        return None
    if reading.awaits_totp:
        goal, allowed = "second_factor.ask", _WHILE_AWAITED
    elif _must_set_up(reading):
        goal, allowed = "second_factor.show", _WHILE_LACKING
    else:
        return None
    if request.endpoint in allowed:
        return None
    here = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else request.path
    return redirect(url_for(goal, next=here), 303)


@blueprint.get("/login/second-factor")
def ask() -> ResponseReturnValue:
    """The page that asks for the code; for a sign-in that doesn't await one there is nothing to ask."""
    if _awaiting() is None:
        return redirect(our_path(request.args.get("next")), 303)
    return _code_page(TotpForm(data={"next": _wanted()}), 200)


@blueprint.post("/login/second-factor")
def check() -> ResponseReturnValue:
    """Look at the code: the right one makes the sign-in whole, the fifth wrong one ends it."""
    form, reading = TotpForm(request.form), _awaiting()
    if reading is None:
        return redirect(our_path(form.next.data), 303)
    if not form.validate():
        return _code_page(form, 422)
    token, code, keys = reading.token, form.code.data or "", edge.settings().fernet_keys

    def work(rows: Session) -> totp.Passed:
        return totp.pass_totp(rows, token, code, keys, now=edge.now())

    try:
        passed = edge.write(work)
    except TooMany as error:
        return told_to_wait(_code_page(form, 429, [text_of_error(error)]), error)
    except InvalidInput as error:
        return _ended(form, text_of_error(error))
    if passed.token is not None:
        begin(passed.token)
        flash(_("You are signed in."))
        return redirect(our_path(form.next.data), 303)
    if passed.is_over:
        return _ended(form, text_of("too_many_wrong_codes"))
    form.code.errors = [text_of("wrong_totp")]
    return _code_page(form, 422)


@blueprint.get("/account/second-factor")
def show() -> ResponseReturnValue:
    """What a second factor is, the code to scan once it has been begun, or since when there is one."""
    known_actor()
    return _page(TotpForm(data={"next": _wanted()}), 200)


@blueprint.post("/account/second-factor")
def begin_anew() -> ResponseReturnValue:
    """Draw a secret to be scanned; one that was drawn before and not confirmed is gone."""
    asking, keys = known_actor(), edge.settings().fernet_keys
    edge.write(lambda rows: totp.begin_totp(rows, keys, actor=asking, now=edge.now()))
    wanted = request.form.get("next", "")
    return redirect(
        url_for("second_factor.show", next=wanted if is_our_path(wanted) else None), 303
    )


@blueprint.post("/account/second-factor/confirm")
def confirm() -> ResponseReturnValue:
    """Let the secret count, by a code of it; all other sign-ins end."""
    asking, form = known_actor(), TotpForm(request.form)
    if not form.validate():
        return _page(form, 422)
    token, code, keys = _own_token(), form.code.data or "", edge.settings().fernet_keys

    def work(rows: Session) -> bool:
        return totp.confirm_totp(rows, code, keys, token, actor=asking, now=edge.now())

    return _after_code(
        form, work, _("Your second factor is in use. Your other sign-ins have ended.")
    )


@blueprint.post("/account/second-factor/end")
def end() -> ResponseReturnValue:
    """Take the second factor away, by a code of it, to begin with another device."""
    asking, form = known_actor(), TotpForm(request.form)
    if not form.validate():
        return _page(form, 422)
    code, keys = form.code.data or "", edge.settings().fernet_keys

    def work(rows: Session) -> bool:
        return totp.end_totp(rows, code, keys, actor=asking, now=edge.now())

    return _after_code(form, work, _("The second factor was taken away."))


def qr_code(text: str) -> Markup:
    """The text as an inline SVG that draws with attributes only: our content policy allows no style of its own."""
    # Loaded only where one is shown.
    import segno

    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=True,
        border=4,
        omitsize=True,
        dark="#000",
        light="#fff",
        svgclass="qr",
        lineclass=None,
    )
    return Markup(drawn.getvalue().decode())


def in_fours(secret: str) -> str:
    """A key as it is typed from a screen, in groups of four."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def _after_code(form: TotpForm, work: Callable[[Session], bool], done: str) -> Response:
    try:
        is_right = edge.write(work)
    except TooMany as error:
        return told_to_wait(_page(form, 429, [text_of_error(error)]), error)
    if not is_right:
        form.code.errors = [text_of("wrong_totp")]
        return _page(form, 422)
    flash(done)
    goal = form.next.data if is_our_path(form.next.data) else url_for("account.show")
    return make_response(redirect(str(goal), 303))


def _awaiting() -> Reader | None:
    reading = reader()
    return reading if reading is not None and reading.awaits_totp else None


def _must_set_up(reading: Reader) -> bool:
    return reading.lacks_totp and edge.settings().staff_second_factor == "required"


def _own_token() -> str:
    reading = reader()
    if reading is None:
        raise SignInRequired("sign_in_required")
    return reading.token


def _wanted() -> str:
    wanted = request.args.get("next", "")
    return wanted if is_our_path(wanted) else ""


def _ended(form: TotpForm, reason: str) -> Response:
    logout_user()
    session.clear()
    return sign_in_page(422, [reason], wanted=form.next.data or "")


def _code_page(form: TotpForm, status: int, reasons: Sequence[str] = ()) -> Response:
    page = render_template(
        "people/second_factor_code.html", form=form, reasons=reasons, failed=status >= 400
    )
    answer = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(form: TotpForm, status: int, reasons: Sequence[str] = ()) -> Response:
    reading, asking = reader(), known_actor()
    with edge.read() as rows:
        begun = totp.enrolment(rows, edge.settings().fernet_keys, actor=asking)
        since = totp.in_use_since(rows, actor=asking)
    page = render_template(
        "people/second_factor.html",
        form=form,
        reasons=reasons,
        begun=begun,
        since=since,
        qr=qr_code(begun.uri) if begun else "",
        key=in_fours(begun.secret) if begun else "",
        is_required=reading is not None and _must_set_up(reading),
        failed=status >= 400,
    )
    return make_response(page, status)
