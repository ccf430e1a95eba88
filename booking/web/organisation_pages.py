"""What the pages of associations share: the one asked for, its page after a merging, a form's answer. Knows forms; no rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from booking.domain.access import Actor
from booking.errors import BookingError, Forbidden, InvalidInput, InvalidValues, KeyReused, TooMany
from booking.i18n import current_locale
from booking.models import Organisation
from booking.queries.organisations import organisation_in_sight
from booking.queries.units import places
from booking.services.audit import record_look_at
from booking.services.organisations import coordinates, keeps
from booking.web import edge
from booking.web.errors import status_of
from booking.web.faults import place_faults
from booking.web.reader import actor, known_actor
from booking.web.texts import text_of, text_of_error

Show = Callable[[int, Sequence[str]], Response]


def lead_to_kept() -> ResponseReturnValue | None:
    """Before each page of an association: one that was merged into another leads to that one."""
    organisation_id = (request.view_args or {}).get("organisation_id")
    if organisation_id is None or not actor().is_known:
        return None
    with edge.read() as session:
        row = organisation_in_sight(session, organisation_id, actor())
    if row.merged_into_id is None:
        return None
    return redirect(url_for("organisations.show", organisation_id=row.merged_into_id), 303)


def in_sight(organisation_id: int) -> Organisation:
    """The association asked for. Raises SignInRequired, NotFound."""
    asking = known_actor()
    with edge.read() as session:
        return organisation_in_sight(session, organisation_id, asking)


def kept_by_reader(organisation_id: int) -> Organisation:
    """The association asked for, if the reader is its owner or coordinates. Raises SignInRequired, NotFound, Forbidden."""
    row = in_sight(organisation_id)
    if not keeps(known_actor(), organisation_id):
        raise Forbidden("owners_only")
    return row


def coordinated(organisation_id: int) -> Organisation:
    """The association asked for, if the reader coordinates. Raises SignInRequired, NotFound, Forbidden."""
    row = in_sight(organisation_id)
    if not coordinates(known_actor()):
        raise Forbidden("coordinator_only")
    return row


def note_look(organisation_id: int, asking: Actor) -> None:
    """Write down that staff read contact data of an association; its own people may."""
    if organisation_id not in asking.organisations:
        thing = ("organisation", organisation_id)
        edge.note(lambda rows: record_look_at(rows, thing, actor=asking, now=edge.now()))


def municipalities() -> list[tuple[int, str]]:
    """The municipalities by id, for a choice."""
    with edge.read() as session:
        towns = places(session).municipalities
    return [(row.id, row.name.choose(current_locale())[0]) for row in towns]


def page(
    template: str, form: Form, status: int = 200, reasons: Sequence[str] = (), **context: Any
) -> Response:
    """A page with a form."""
    text = render_template(
        f"organisations/{template}.html",
        form=form,
        reasons=reasons,
        failed=status >= 400,
        **context,
    )
    return make_response(text, status)


def answered(form: Form, act: Callable[[], str], show: Show) -> ResponseReturnValue:
    """Do `act` with a form and go where it says; or show the page again with what is wrong."""
    if not form.validate():
        return show(422, ())
    try:
        return redirect(act(), 303)
    except (InvalidValues, InvalidInput, TooMany, KeyReused) as error:
        answer = show(status_of(error), _explained(form, error))
        if "retry_after_seconds" in error.params:
            answer.headers["Retry-After"] = str(error.params["retry_after_seconds"])
        return answer


def _explained(form: Form, error: BookingError) -> list[str]:
    """Put what is wrong at its fields; the texts of the rest are returned."""
    if isinstance(error, InvalidValues):
        return place_faults(form, error)
    if isinstance(error, KeyReused):
        return [text_of("sent_with_other_contents")]
    name = error.params.get("field")
    if name is None or name not in form:
        return [text_of_error(error)]
    form[name].errors = [text_of_error(error)]
    return []
