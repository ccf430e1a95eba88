"""Getting in by a mailed link or code. Knows the cookie and the pages; what is mailed and what it opens is the services' matter.

Whoever asks gets the same answer, known or not. The browser that asked keeps a secret of its own in its signed cookie, without
which the code is worth nothing; the link works in any browser, and only its button uses it up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from booking.errors import InvalidInput, TooMany
from booking.i18n import current_locale
from booking.i18n import gettext as _
from booking.services import links
from booking.services.links import OWN_NAME, Kept, Opened
from booking.services.ways_in import mail_way
from booking.web import edge
from booking.web.account_forms import CodeForm, LinkForm, WayForm
from booking.web.devices import device
from booking.web.people import arrive, form_again, our_path, sign_in_page, told_to_wait
from booking.web.reader import actor
from booking.web.security import client, is_our_path
from booking.web.texts import text_of, text_of_error

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("getting_in", __name__)

# A page with a status and the reasons for it.
Refused = Callable[..., Response]

_WAY = "way_in"  # its name in the cookie
# In place of a link's token: the one that this browser asked for before.
OF_THIS_BROWSER = "this-browser"
# Of a link that has been used up or has run out.
_GONE = 410
# A link in an address bar must not get any further than that.
_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


class _Asked(NamedTuple):
    """What this browser has asked for: its secret, the address, and whether a booking form waits behind it."""

    browser: str
    email: str
    has_form: bool


class _Shown(NamedTuple):
    """A living link as its page shows it."""

    email: str
    is_new: bool
    own_name: str
    has_form: bool


@blueprint.post("/login/mail")
def ask_for_way() -> ResponseReturnValue:
    """Mail a link and a code; who asks again keeps where they wanted to go and what they had typed."""
    return send_way(WayForm(request.form))


@blueprint.get("/login/code")
def await_code() -> ResponseReturnValue:
    """The page that says a mail is on its way, with a field for its code."""
    asked = _asked()
    if asked is None:
        return redirect(url_for("people.sign_in"), 303)
    return _code_page(CodeForm(), asked, 200)


@blueprint.post("/login/code")
def open_by_code() -> ResponseReturnValue:
    """Sign in by the code; only in the browser that asked for it."""
    asked, form = _asked(), CodeForm(request.form)
    if asked is None:
        return redirect(url_for("people.sign_in"), 303)
    if not form.validate():
        return _code_page(form, asked, 422)
    code, name, agent = form.code.data or "", form.name.data, request.headers.get("User-Agent")

    def work(rows: Session) -> Opened | None:
        return links.open_by_code(rows, asked.browser, code, name, device(agent), now=edge.now())

    try:
        opened = edge.write(work)
    except TooMany as error:
        return told_to_wait(_code_page(form, asked, 429, [text_of_error(error)]), error)
    except InvalidInput as error:
        return _refused_code(form, asked, error)
    if opened is None:
        form.code.errors = [text_of("wrong_code")]
        return _code_page(form, asked, 422)
    return _go_on(opened)


@blueprint.get("/k/<token>")
def show_link(token: str) -> ResponseReturnValue:
    """The page of a mailed link: one button. Nothing changes by looking, since scanners of mail look."""
    shown = _living(token)
    if shown is None:
        return _gone(token)
    return _link_page(LinkForm(data={"name": shown.own_name}), shown, 200)


@blueprint.post("/k/<token>")
def open_link(token: str) -> ResponseReturnValue:
    """Use the link up and sign in, in whatever browser this is."""
    form, agent = LinkForm(request.form), request.headers.get("User-Agent")
    shown = _living(token)
    if shown is None:
        return _gone(token)
    if not form.validate():
        return _link_page(form, shown, 422)
    name = form.name.data

    def work(rows: Session) -> Opened:
        return links.open_link(rows, token, name, device(agent), now=edge.now())

    try:
        return _go_on(edge.write(work))
    except InvalidInput as error:
        if error.code == "own_name_required":
            form.name.errors = [text_of_error(error)]
            return _link_page(form, shown, 422)
        return _gone(token, text_of_error(error))


def send_way(form: WayForm, kept: Kept = (), refused: Refused | None = None) -> Response:
    """Mail a way in to the form's address and lead on to the page of its code; `kept` comes back once it has been opened.

    `refused` is the page that shows what is wrong with the form; without it the sign-in page.
    """
    refused = refused or _at_the_sign_in(form, kept)
    if not form.validate():
        return refused(422)
    wanted = form.next.data if is_our_path(form.next.data) else None
    earlier, of = _asked(), form.of.data
    email, here, locale = form.email.data, client(), current_locale()
    is_limited = not edge.settings().demo

    def work(rows: Session) -> links.Way:
        goal, fields = wanted, kept
        of_browser = earlier.browser if earlier and of == OF_THIS_BROWSER else None
        before = links.earlier_link(rows, None if of_browser else of, of_browser)
        if before is not None and before.email == email.strip().casefold():
            goal, fields = wanted or before.next, [(name, value) for name, value in before.kept]
        now = edge.now()
        way = links.make_way(rows, email, here, locale, goal, fields, is_limited, now=now)
        mail_way(rows, way, now)
        return way

    try:
        way = edge.write(work)
    except TooMany as error:
        return told_to_wait(refused(429, text_of_error(error)), error)
    except InvalidInput as error:
        form.email.errors = [text_of_error(error)]
        return refused(422)
    session[_WAY] = [way.browser, way.email, way.has_form]
    return make_response(redirect(url_for("getting_in.await_code"), 303))


def _at_the_sign_in(form: WayForm, kept: Kept) -> Refused:
    def refused(status: int, *reasons: str) -> Response:
        return sign_in_page(status, reasons, kept, form.next.data or "", by_mail=form)

    return refused


def _asked() -> _Asked | None:
    kept = session.get(_WAY)
    return _Asked(*kept) if kept else None


def _go_on(opened: Opened) -> Response:
    goal = our_path(opened.next) if opened.kept_id is None else form_again(opened.kept_id)
    greeting = (
        _("Your e-mail address is confirmed, and you are signed in.") if opened.is_new else ""
    )
    return _private(arrive(opened.signed_in, goal, greeting))


def _refused_code(form: CodeForm, asked: _Asked, error: InvalidInput) -> Response:
    if error.code == "own_name_required":
        # The code was right, and nobody is known by the address: only now may the page tell.
        form.asks_name = True
        if "name" in request.form:
            form.name.errors = [text_of_error(error)]
        return _code_page(form, asked, 422 if "name" in request.form else 200)
    return _code_page(form, asked, 422, [text_of_error(error)])


def _code_page(form: CodeForm, asked: _Asked, status: int, reasons: Sequence[str] = ()) -> Response:
    form.asks_name = form.asks_name or "name" in request.form
    page = render_template(
        "people/code.html",
        form=form,
        asked=asked,
        reasons=reasons,
        again=WayForm(data={"email": asked.email, "of": OF_THIS_BROWSER}),
        failed=status >= 400,
    )
    return make_response(page, status)


def _living(token: str) -> _Shown | None:
    with edge.read() as rows:
        try:
            link = links.living_link(rows, token, edge.now())
        except InvalidInput:
            return None
        own_name = dict(link.kept).get(OWN_NAME, "")
        is_new = links.person_of(rows, link) is None
        return _Shown(link.email, is_new, own_name, bool(link.kept))


def _link_page(form: LinkForm, shown: _Shown, status: int) -> Response:
    page = render_template(
        "people/link.html",
        form=form,
        shown=shown,
        # Whoever uses this browser now is signed out by the button.
        signed_in_as=actor().name,
        failed=status >= 400,
    )
    return _private(make_response(page, status))


def _gone(token: str, reason: str = "") -> Response:
    with edge.read() as rows:
        link = links.earlier_link(rows, token, None)
        email, has_form = (link.email, bool(link.kept)) if link is not None else ("", False)
    page = render_template(
        "people/link_gone.html",
        form=WayForm(data={"email": email, "of": token if email else ""}),
        reason=reason or text_of("link_used_up"),
        has_form=has_form,
        is_in_already=actor().is_known and actor().email == email,
        failed=True,
    )
    return _private(make_response(page, _GONE))


def _private(answer: Response) -> Response:
    for name, value in _PRIVATE.items():
        answer.headers[name] = value
    return answer
