"""The waiting list as those who wait see it: taking a place, being offered the time, leaving. The order is the service's.

An offer holds nothing, and the page says so: whether the time is still free is looked up anew each time it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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

from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.errors import Forbidden, InvalidInput, NotFound, PolicyRefusal
from booking.i18n import day_in_words
from booking.i18n import gettext as _
from booking.models import WaitingEntry
from booking.queries.availability import holds
from booking.queries.catalogue import catalogue
from booking.queries.organisations import own_organisations
from booking.queries.series import skipped_of
from booking.queries.waiting import before_in_line, period_waited_for, waiting_entry
from booking.services.waiting import leave_waiting, wait_for
from booking.web import edge
from booking.web.booking_forms import WaitForm
from booking.web.decision_shown import moment
from booking.web.errors import status_of
from booking.web.explained import explained
from booking.web.fields import options
from booking.web.reader import known_actor
from booking.web.rooms_offered import room_choices
from booking.web.slots import slot_values
from booking.web.texts import text_of_error

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("waiting", __name__)


@blueprint.get("/waiting")
def consider() -> ResponseReturnValue:
    """The form, filled with the time that the address carries."""
    asking = known_actor()
    return _page(_form(WaitForm(request.args), asking), 200)


@blueprint.post("/waiting")
def wait() -> ResponseReturnValue:
    """Take a place on the waiting list; the same wish twice is one place."""
    asking = known_actor()
    form = _form(WaitForm(request.form), asking)
    if not form.validate():
        return _page(form, 422)
    try:
        entry_id = edge.write(lambda session: _wait(session, form, asking))
    except (PolicyRefusal, InvalidInput) as error:
        return _page(form, status_of(error), explained(form, error))
    except Forbidden as error:
        form.organisation.errors = [text_of_error(error)]
        return _page(form, status_of(error))
    except NotFound as error:
        form.room.errors = [text_of_error(error)]
        return _page(form, status_of(error))
    flash(_("You are on the waiting list. We write to you if the time becomes free."))
    return redirect(url_for("waiting.show", entry_id=entry_id), 303)


@blueprint.get("/waiting/<row:entry_id>")
def show(entry_id: int) -> str:
    """One place on the list: how many are before it, or the time that is offered and until when."""
    asking, now = known_actor(), edge.now()
    with edge.read() as session:
        entry = waiting_entry(session, entry_id, asking)
        rules = catalogue(session).room(entry.room_id)
        is_free = not holds(session, rules.space_ids, period_waited_for(entry))
        before = before_in_line(session, rules, entry) if entry.state == "waiting" else 0
        joins = _joins(session, entry)
    until = entry.offered_until
    has_begun = entry.starts_at <= now
    return render_template(
        "waiting/show.html",
        entry=entry,
        before=before,
        has_begun=has_begun,
        is_offered=entry.state == "offered" and is_free and until is not None and until > now,
        # Offered, but somebody who asked without waiting was faster; the list looks after it within a minute.
        was_lost=entry.state == "offered" and not is_free,
        until="" if until is None else moment(until),
        ask_href=_ask_href(entry, joins) if is_free and not has_begun else None,
        joins=joins,
    )


@blueprint.post("/waiting/<row:entry_id>/leave")
def leave(entry_id: int) -> ResponseReturnValue:
    """Decline the offer, or wait no longer."""
    asking = known_actor()
    edge.write(lambda session: leave_waiting(session, entry_id, actor=asking, now=edge.now()).id)
    flash(_("You no longer wait for this time. If it is free, the next in line is told."))
    return redirect(url_for("bookings.mine"), 303)


def _wait(session: Session, form: WaitForm, asking: Actor) -> int:
    assert form.period is not None  # validated
    entry = wait_for(
        session,
        int(form.room.data),
        int(form.organisation.data),
        form.period,
        form.activity.data,
        form.people.data,
        actor=asking,
        now=edge.now(),
    )
    return entry.id


def _form(form: WaitForm, asking: Actor) -> WaitForm:
    with edge.read() as session:
        form.room.choices = room_choices(catalogue(session))
        own = own_organisations(session, asking)
    names = [(str(row.id), row.name) for row in own if row.is_active]
    form.organisation.choices = options(names if len(names) == 1 else [("", _("Choose")), *names])
    return form


def _joins(session: Session, entry: WaitingEntry) -> int | None:
    """The series that the time would join; None: it stands by itself, or the series lacks the day no longer."""
    if entry.series_id is None:
        return None
    days = {row.day for row in skipped_of(session, entry.series_id)}
    return entry.series_id if local(entry.starts_at).date() in days else None


def _ask_href(entry: WaitingEntry, series_id: int | None) -> str:
    """The address of the form of asking, filled with what was waited for; of a series, where the day joins it."""
    if series_id is not None:
        day = local(entry.starts_at).date().isoformat()
        return url_for("series.consider_date", _external=False, series_id=series_id, day=day)
    return url_for(
        "asking.ask",
        _external=False,
        room=entry.room_id,
        organisation=entry.organisation_id,
        activity=entry.activity,
        people=entry.people,
        **slot_values(period_waited_for(entry)),
    )


def _page(form: WaitForm, status: int, reasons: Sequence[str] = ()) -> Response:
    day = form.day.data
    page = render_template(
        "waiting/new.html",
        form=form,
        reasons=reasons,
        understood=day_in_words(day) if day else "",
        failed=status >= 400,
    )
    return make_response(page, status)
