"""Changing what is to come of a series: the form, the diff date by date, the confirming; and calling dates off.

Knows the forms and what a plan says in words; what a change does is planned and done by the services. What was shown is what is
done: the diff's digest comes back with the confirming.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
from booking.domain.bookings import HOLDING
from booking.domain.local_time import local
from booking.domain.requests import SeriesChange
from booking.errors import (
    BookingError,
    Forbidden,
    InvalidInput,
    KeyReused,
    NotFound,
    PlanChanged,
    PolicyRefusal,
    SeriesRefused,
    Stale,
)
from booking.i18n import gettext as _
from booking.models import Booking, Series, Terms
from booking.queries.catalogue import catalogue
from booking.queries.rooms import terms_in_force
from booking.queries.series import dates_of, series_in_sight, version_of
from booking.services.bookings import counts_as_late
from booking.services.changes import is_staff_of
from booking.services.series_changes import change_series, planned_change
from booking.services.series_dates import cancel_series
from booking.services.series_planning import Planned, dates_to_change
from booking.services.series_words import series_in_words
from booking.web import edge
from booking.web.errors import status_of
from booking.web.explained import explained
from booking.web.once import done_before, once
from booking.web.reader import known_actor
from booking.web.rooms_offered import chosen_room, must_accept, room_choices
from booking.web.series_change_forms import (
    SeriesCancelForm,
    SeriesChangeForm,
    StaffSeriesCancelForm,
    StaffSeriesChangeForm,
    hidden_values,
)
from booking.web.series_diff import asks_which_hour, diff_of, said_edits
from booking.web.series_forms import FIELDS
from booking.web.series_preview import reasons_of
from booking.web.texts import text_of, text_of_error

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("series_changing", __name__)


@dataclass(frozen=True)
class _Asked:
    """A series that the reader may change, what was seen of it, and its dates to come that are theirs to change (at least one).

    `held`: all days that it has, sorted, also those that are past or another's.
    """

    series: Series
    version: int
    dates: Sequence[Booking]
    held: Sequence[date]

    def is_staff(self, asking: Actor) -> bool:
        """Whether the reader changes it as the county's, and so says why."""
        return is_staff_of(self.dates[0], self.dates[0].room.unit_id, asking)


@blueprint.get("/series/<row:series_id>/change")
def consider(series_id: int) -> ResponseReturnValue:
    """The form, filled with what the series is; `from` in the address chooses the first date that changes."""
    asking = known_actor()
    asked = _asked(series_id, asking)
    if asked is None:
        return _nothing_left(series_id)
    since = request.args.get("from")
    form = _change_form(asked, asking).of(asked.series, asked.dates, asked.version, since)
    return _form_page(asked, form, 200)


@blueprint.post("/series/<row:series_id>/change")
def change(series_id: int) -> ResponseReturnValue:
    """What the change would do, date by date; with the digest of that in the form, do it."""
    asking = known_actor()
    # A change that was made takes its first date to another series: sent again, it would fit no more.
    if (done := done_before(asking)) is not None:
        return _changed(done)
    asked = _asked(series_id, asking)
    if asked is None:
        return _nothing_left(series_id)
    form = _change_form(asked, asking)(request.form)
    with edge.read() as session:
        form.room.choices = room_choices(catalogue(session))
        form.rules = _rules_to_accept(session, asked, form, asking)
    if form.rules is not None:
        form.terms.wanted = f"{form.rules.unit_id}-{form.rules.version}"
    form.offer(asked.series, asked.dates)
    if not form.validate() or "again" in request.form:
        return _form_page(asked, form, 200 if "again" in request.form else 422)
    try:
        today = local(edge.now()).date()
        wanted = form.change(asked.series, asked.dates, asked.held, today)
        if form.digest.data:
            return _confirmed(asked, form, wanted, asking)
        return _diff_page(asked, form, wanted, asking, 200)
    except (InvalidInput, PolicyRefusal, NotFound) as error:
        return _form_page(asked, form, status_of(error), _explained(form, error))


def _rules_to_accept(
    session: Session, asked: _Asked, form: SeriesChangeForm, asking: Actor
) -> Terms | None:
    """The rules of use of the chosen room, where they are others than those accepted for the series; staff accept none."""
    chosen = chosen_room(catalogue(session), form.room.data, asking)
    if chosen is None or asked.is_staff(asking) or not must_accept(chosen, asked.dates[0]):
        return None
    return terms_in_force(session, chosen.unit_id)


def _confirmed(
    asked: _Asked, form: SeriesChangeForm, wanted: SeriesChange, asking: Actor
) -> ResponseReturnValue:
    try:
        target = once(form, asking, lambda session: _change(session, asked, form, wanted, asking))
    except (PlanChanged, Stale):
        return _diff_page(asked, form, wanted, asking, 409, [text_of("plan_changed")])
    except SeriesRefused as error:
        return _diff_page(asked, form, wanted, asking, status_of(error), reasons_of(error.dates))
    except KeyReused as error:
        reasons = [text_of("sent_with_other_contents")]
        return _diff_page(asked, form, wanted, asking, status_of(error), reasons)
    return _changed(target)


def _changed(target: str) -> ResponseReturnValue:
    flash(_("The series has been changed."))
    return redirect(url_for("series.show", series_id=int(target)), 303)


def _change(
    session: Session, asked: _Asked, form: SeriesChangeForm, wanted: SeriesChange, asking: Actor
) -> int:
    digest = form.digest.data or ""
    now, series_id = edge.now(), asked.series.id
    return change_series(session, series_id, form.seen, wanted, digest, actor=asking, now=now).id


def _asked(series_id: int, asking: Actor) -> _Asked | None:
    """The series with what is to come of it; None when nothing is. Raises NotFound, Forbidden."""
    now = edge.now()
    with edge.read() as session:
        series = series_in_sight(session, series_id, asking)
        if not asking.changes(series.room.unit_id, series.organisation_id):
            raise Forbidden("not_your_booking")
        version = version_of(session, series)
        dates = dates_to_change(session, series, date.min, asking, now)
        held = [one.series_day for one in dates_of(session, series_id) if one.state in HOLDING]
    days = sorted(day for day in held if day is not None)
    return _Asked(series, version, dates, days) if dates else None


def _change_form(asked: _Asked, asking: Actor) -> type[SeriesChangeForm]:
    return StaffSeriesChangeForm if asked.is_staff(asking) else SeriesChangeForm


def _nothing_left(series_id: int) -> ResponseReturnValue:
    return redirect(url_for("series.show", series_id=series_id), 303)


def _explained(form: SeriesChangeForm, error: BookingError) -> list[str]:
    if isinstance(error, NotFound):
        form.room.errors = [text_of("bad_choice")]
        return []
    return explained(form, error, FIELDS)


def _form_page(
    asked: _Asked, form: SeriesChangeForm, status: int, reasons: Sequence[str] = ()
) -> Response:
    with edge.read() as session:
        form.room.choices = room_choices(catalogue(session))
    page = render_template(
        "series/change.html",
        series=asked.series,
        title=asked.dates[0].title,
        rule=series_in_words(asked.series),
        is_own=asked.series.rrule is None,
        form=form,
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)


def _diff_page(
    asked: _Asked,
    form: SeriesChangeForm,
    wanted: SeriesChange,
    asking: Actor,
    status: int,
    reasons: Sequence[str] = (),
) -> Response:
    now = edge.now()
    with edge.read() as session:
        found = planned_change(session, asked.series.id, wanted, actor=asking, now=now)
        rules = catalogue(session).room(wanted.room_id or found.series.room_id)
        version = version_of(session, found.series)
    if asks_which_hour(found.plan) and not form.fold.data:
        form.asks_which_hour = True
        form.fold.errors = [text_of("doubled_hour")]
        return _form_page(asked, form, 422)
    needs_terms = any(
        step.weighed is not None and step.weighed.code == "terms_not_accepted"
        for step in found.plan.of("refused", "skipped")
    )
    if needs_terms and form.rules is not None:
        form.asks_terms = True
        form.terms.errors = [text_of("terms_not_accepted")]
        return _form_page(asked, form, 422)
    if wanted.edit and wanted.edit.people and wanted.edit.people > rules.capacity:
        raise InvalidInput("too_many_people", field="people", capacity=rules.capacity)
    edits = said_edits(wanted, asked.dates[0])
    if found.plan.changes_nothing and not edits and not found.plan.of("refused"):
        return _form_page(asked, form, 422, [_("Nothing would change. Change something first.")])
    form.version.data, form.digest.data = str(version), found.plan.digest
    page = render_template(
        "series/diff.html",
        series=asked.series,
        title=asked.dates[0].title,
        form=form,
        hidden=hidden_values(form),
        rows=diff_of(found.plan, asked.dates, asking, now),
        plan=found.plan,
        can_confirm=not found.plan.changes_nothing or bool(edits),
        edits=edits,
        reason=wanted.reason,
        again=_decided_anew(found),
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)


def _decided_anew(found: Planned) -> list[str]:
    """What the site decides because of the change."""
    said = []
    if found.asks_again:
        said.append(
            _(
                "The site decides anew on the approved dates that change. The room is held until then."
            )
        )
    if found.plan.of("comes"):
        said.append(_("The new dates are asked for like any request."))
    return said


@blueprint.get("/series/<row:series_id>/cancel")
def consider_cancel(series_id: int) -> ResponseReturnValue:
    """The form: from which date on, and why."""
    asking = known_actor()
    asked = _asked(series_id, asking)
    if asked is None:
        return _nothing_left(series_id)
    days = {one.series_day.isoformat() for one in asked.dates if one.series_day is not None}
    since = request.args.get("from")
    values = {"version": asked.version, "since": since if since in days else None}
    form = _cancel_form(asked, asking)(data=values)
    form.offer(asked.dates)
    return _cancel_page(asked, form, asking, 200)


@blueprint.post("/series/<row:series_id>/cancel")
def cancel(series_id: int) -> ResponseReturnValue:
    """Call the dates off; the times are free at once."""
    asking = known_actor()
    if done_before(asking) is not None:
        return _cancelled(series_id)
    asked = _asked(series_id, asking)
    if asked is None:
        return _nothing_left(series_id)
    form = _cancel_form(asked, asking)(request.form)
    form.offer(asked.dates)
    if not form.validate():
        return _cancel_page(asked, form, asking, 422)
    try:
        once(form, asking, lambda session: _cancel(session, asked, form, asking))
    except (Stale, InvalidInput, KeyReused) as error:
        again = _asked(series_id, asking)
        if again is None:
            return _nothing_left(series_id)
        form.version.data = str(again.version)
        return _cancel_page(again, form, asking, status_of(error), _why_not_cancelled(form, error))
    return _cancelled(series_id)


def _cancelled(series_id: int) -> ResponseReturnValue:
    flash(_("The dates have been cancelled. The times are free for others."))
    return redirect(url_for("series.show", series_id=series_id), 303)


def _why_not_cancelled(form: SeriesCancelForm, error: BookingError) -> list[str]:
    if isinstance(error, Stale):
        return [text_of("stale_form")]
    if isinstance(error, KeyReused):
        return [text_of("sent_with_other_contents")]
    return explained(form, error) if "field" in error.params else [text_of_error(error)]


def _cancel(session: Session, asked: _Asked, form: SeriesCancelForm, asking: Actor) -> int:
    since, reason, now = form.first, form.reason.data, edge.now()
    series_id = asked.series.id
    return cancel_series(session, series_id, form.seen, since, reason, actor=asking, now=now).id


def _cancel_form(asked: _Asked, asking: Actor) -> type[SeriesCancelForm]:
    return StaffSeriesCancelForm if asked.is_staff(asking) else SeriesCancelForm


def _late(asked: _Asked, asking: Actor, now: datetime) -> list[date]:
    """The dates that would be cancelled late."""
    if asked.is_staff(asking):
        return []
    return [one.series_day for one in asked.dates if one.series_day and counts_as_late(one, now)]


def _cancel_page(
    asked: _Asked,
    form: SeriesCancelForm,
    asking: Actor,
    status: int,
    reasons: Sequence[str] = (),
) -> Response:
    page = render_template(
        "series/cancel.html",
        series=asked.series,
        title=asked.dates[0].title,
        rule=series_in_words(asked.series),
        dates=asked.dates,
        late=_late(asked, asking, edge.now()),
        by_staff=asked.is_staff(asking),
        form=form,
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)
