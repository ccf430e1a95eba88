"""A series once it is there: its rule in words, all its dates, the days it lacks, and having one of those after all.

Knows what is shown and what leads on; changing is in `booking.web.series_changing`, deciding in `booking.web.series_deciding`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from booking.domain.access import Actor
from booking.domain.deciding import may_decide
from booking.domain.local_time import local
from booking.domain.requests import Instead
from booking.domain.series import Kept
from booking.errors import BookingError, Forbidden, InvalidInput, KeyReused, NotFound, SeriesRefused
from booking.i18n import current_locale, short_day
from booking.i18n import gettext as _
from booking.models import Booking, Series, SkippedOccurrence
from booking.queries.catalogue import catalogue
from booking.queries.series import (
    awaited_days,
    dates_in_sight,
    kin_of,
    series_in_sight,
    skipped_of,
    version_of,
)
from booking.queries.series_deciding import undo_ends
from booking.services.series_dates import Considered, add_date, considered
from booking.services.series_planning import dates_to_change
from booking.services.series_shape import times_of
from booking.services.series_words import series_in_words
from booking.web import edge
from booking.web.decision_shown import moment
from booking.web.errors import status_of
from booking.web.once import OnceForm, once
from booking.web.reader import known_actor
from booking.web.reasons import date_in_short, left_out
from booking.web.series_preview import read_instead, written_instead
from booking.web.texts import text_of
from calendars.period import Period

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("series", __name__)

# The answer that means the series' own time and room.
_AS_PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Date:
    """A date of a series on its page; `is_apart`: it was moved by itself to another time or room."""

    booking: Booking
    is_apart: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A day that the series lacks: why, whether it is waited for, and whether it may still be had."""

    row: SkippedOccurrence
    why: str
    awaited: str  # "", "waiting" or "offered"
    is_to_come: bool


@blueprint.get("/series/<row:series_id>")
def show(series_id: int) -> str:
    """All of a series that the reader may see."""
    asking, now = known_actor(), edge.now()
    today = local(now).date()
    with edge.read() as session:
        series = series_in_sight(session, series_id, asking)
        bookings = dates_in_sight(session, series_id, asking)
        awaited = awaited_days(session, series_id)
        skipped = [
            LeftOut(row, left_out(row), awaited.get(row.day, ""), row.day > today)
            for row in skipped_of(session, series_id)
        ]
        came_from, went_to = _kin_in_sight(session, series, asking)
        changeable = dates_to_change(session, series, date.min, asking, now)
        version = version_of(session, series)
        undo = undo_ends(session, series, bookings, asking, now)
    to_decide = [
        one
        for one in bookings
        if one.state == "requested" and may_decide(one, one.room.unit_id, asking)
    ]
    may_change = asking.changes(series.room.unit_id, series.organisation_id)
    sees_history = asking.decides_for(series.room.unit_id) or asking.is_coordinator
    return render_template(
        "series/show.html",
        series=series,
        rule=series_in_words(series),
        version=version,
        newest=bookings[-1],
        to_come=[_date(series, one) for one in bookings if one.ends_at > now],
        past=[_date(series, one) for one in bookings if one.ends_at <= now],
        counts=_counts(bookings, now),
        skipped=skipped,
        came_from=came_from,
        went_to=went_to,
        to_decide=to_decide,
        undo_until=moment(undo) if undo else "",
        may_change=may_change and bool(changeable),
        may_add=may_change,
        sees_history=sees_history,
    )


def _kin_in_sight(
    session: Session, series: Series, asking: Actor
) -> tuple[Series | None, list[Series]]:
    """The series it continues and those that continue it, as far as the reader may know of them."""
    came_from, went_to = kin_of(session, series)

    def is_in_sight(other: Series) -> bool:
        try:
            series_in_sight(session, other.id, asking)
        except NotFound:
            return False
        return True

    known = came_from if came_from is not None and is_in_sight(came_from) else None
    return known, [one for one in went_to if is_in_sight(one)]


def _date(series: Series, booking: Booking) -> Date:
    day = booking.series_day or local(booking.starts_at).date()
    kept = Kept(booking.id, day, booking.room_id, Period(booking.starts_at, booking.ends_at))
    return Date(booking, not kept.is_as_planned(times_of(series), series.room_id))


def _counts(bookings: Sequence[Booking], now: datetime) -> dict[str, int]:
    """How many of the dates to come are in which state; states without any are left out."""
    counts: dict[str, int] = {}
    for booking in bookings:
        if booking.ends_at > now:
            counts[booking.state] = counts.get(booking.state, 0) + 1
    return counts


@blueprint.get("/series/<row:series_id>/dates/<day>")
def consider_date(series_id: int, day: str) -> ResponseReturnValue:
    """A day that was left out, as it is now: whether it can be had, and what could be had instead."""
    asking = known_actor()
    return _date_page(series_id, _day(day), OnceForm(), asking, 200)


@blueprint.post("/series/<row:series_id>/dates/<day>")
def add(series_id: int, day: str) -> ResponseReturnValue:
    """Have the day after all; when it can't be had, what could be had instead is shown as it is now."""
    asking, wanted = known_actor(), _day(day)
    form = OnceForm(request.form)
    instead = _instead(request.form.get("choice", ""))
    try:
        booking_id = once(form, asking, lambda session: _add(session, series_id, wanted, instead))
    except (SeriesRefused, InvalidInput) as error:
        return _date_page(series_id, wanted, form, asking, status_of(error), _reasons(error))
    except KeyReused as error:
        reasons = [text_of("sent_with_other_contents")]
        return _date_page(series_id, wanted, form, asking, status_of(error), reasons)
    flash(_("%(day)s is a date of the series now.", day=short_day(wanted)))
    return redirect(url_for("bookings.show", booking_id=int(booking_id)), 303)


def _add(session: Session, series_id: int, day: date, instead: Instead | None) -> int:
    asking = known_actor()
    return add_date(session, series_id, day, instead, actor=asking, now=edge.now()).id


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(404)


def _instead(typed: str) -> Instead | None:
    if typed == _AS_PLANNED:
        return None
    try:
        return read_instead(typed)
    except ValueError as error:
        raise InvalidInput("bad_choice", field="choice") from error


def _reasons(error: BookingError) -> list[str]:
    if not isinstance(error, SeriesRefused):
        return [text_of(error.code, **error.params)]
    return [
        text_of(refusal.code, **refusal.params)
        for refused in error.dates
        for refusal in refused.refusals
    ] or [text_of("room_taken")]


def _date_page(
    series_id: int,
    day: date,
    form: OnceForm,
    asking: Actor,
    status: int,
    reasons: Sequence[str] = (),
) -> Response:
    now = edge.now()
    with edge.read() as session:
        series = series_in_sight(session, series_id, asking)
        if not asking.changes(series.room.unit_id, series.organisation_id):
            raise Forbidden("not_your_booking")
        if day not in {row.day for row in skipped_of(session, series_id)}:
            raise NotFound("skipped")
        found = considered(session, series, day, now)
        choices = _choices(session, found)
        title = dates_in_sight(session, series_id, asking)[-1].title
    page = render_template(
        "series/date.html",
        series=series,
        title=title,
        day=day,
        form=form,
        found=found.against,
        why="" if found.against.is_free else date_in_short(found.against, now),
        choices=choices,
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)


def _choices(session: Session, found: Considered) -> list[tuple[str, str, Any]]:
    """What may be asked for on the day: the answer, its words, and when."""
    wished = found.against.wished
    if found.against.is_free and wished.period is not None:
        return [(_AS_PLANNED, _("At the time of the series"), wished.period)]
    choices: list[tuple[str, str, Any]] = []
    offer = found.offer
    if offer is not None and offer.other_time is not None:
        other = offer.other_time
        choices.append((written_instead(other), _("At another time"), other.period))
    if offer is not None and offer.other_room is not None:
        other = offer.other_room
        room = catalogue(session).room(other.room_id)
        name = room.name.choose(current_locale())[0]
        said = _("In another room: %(room)s", room=name)
        choices.append((written_instead(other), said, other.period))
    return choices
