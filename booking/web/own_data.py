"""One's own data: what there is, to take along, and erasing oneself. Knows the signed-in reader only: no id comes in."""

from __future__ import annotations

import json

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

from booking.domain.access import Actor
from booking.errors import InvalidValues, Refusal
from booking.i18n import gettext as _
from booking.models import Person
from booking.services.erasure import erase_person, obstacles
from booking.services.exports import note_export, own_data
from booking.web import edge
from booking.web.privacy_forms import EraseForm
from booking.web.privacy_words import SECTIONS
from booking.web.reader import known_actor
from booking.web.texts import text_of

blueprint = Blueprint("own_data", __name__)

_FILE = "yhteistila-omat-tiedot.json"


@blueprint.get("/account/data")
def show() -> str:
    """What the service keeps about the reader, counted, with the ways to take it along and to erase it."""
    asking = known_actor()
    with edge.read() as rows:
        found = own_data(rows, actor=asking, now=edge.now())
    parts = [(text, len(found[name])) for name, text in SECTIONS.items() if found[name]]
    return render_template("info/own_data.html", parts=parts)


@blueprint.get("/account/data.json")
def download() -> Response:
    """All of it as a file. That it was taken is written down."""
    asking = known_actor()
    edge.note(lambda rows: note_export(rows, actor=asking, now=edge.now()))
    with edge.read() as rows:
        found = own_data(rows, actor=asking, now=edge.now())
    text = json.dumps(found, ensure_ascii=False, indent=2)
    answer = Response(text, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_FILE}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/account/data/erase")
def consider() -> ResponseReturnValue:
    """What goes and what stays, and what is in the way."""
    asking = known_actor()
    return _page(EraseForm(), _in_the_way(asking), 200)


@blueprint.post("/account/data/erase")
def erase() -> ResponseReturnValue:
    """Erase the reader, and end this sign-in with all others."""
    asking, form = known_actor(), EraseForm(request.form)
    if not form.sure.data:
        form.sure.errors = [text_of("erase_not_confirmed")]
        return _page(form, _in_the_way(asking), 422)
    assert asking.person_id is not None  # known
    person_id = asking.person_id
    try:
        edge.write(lambda rows: erase_person(rows, person_id, actor=asking, now=edge.now()))
    except InvalidValues as error:
        return _page(form, error.faults, 422)
    session.clear()
    flash(_("Your account has been erased. Thank you for having been with us."))
    return redirect(url_for("search.show"), 303)


def _in_the_way(asking: Actor) -> tuple[Refusal, ...]:
    with edge.read() as rows:
        person = rows.get_one(Person, asking.person_id)
        return tuple(obstacles(rows, person, edge.now()))


def _page(form: EraseForm, faults: tuple[Refusal, ...], status: int) -> Response:
    page = render_template(
        "info/erase.html",
        form=form,
        obstacles=[text_of(fault.code, **fault.params) for fault in faults],
        failed=status >= 400,
    )
    return make_response(page, status)
