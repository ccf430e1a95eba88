"""Deciding on a series: all its requests on one page, each with what is in its way beside it; and taking that back.

Knows the form and how refusals are shown; what may be decided is the services' question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

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
from booking.domain.accessibility import matched
from booking.domain.deciding import may_decide, season_span
from booking.domain.local_time import local
from booking.errors import (
    BookingError,
    Forbidden,
    KeyReused,
    RoomTaken,
    SeriesRefused,
    Stale,
    WrongState,
)
from booking.i18n import gettext as _
from booking.i18n import ngettext, short_day
from booking.models import Booking, DecisionTemplate, Series
from booking.queries.deciding import Neighbour, Record, day_of, record_of, templates_of
from booking.queries.people import mail_reader
from booking.queries.queue import Queued, described
from booking.queries.series import dates_of, series_in_sight, version_of
from booking.services.audit import record_look
from booking.services.organisations import verify_organisation
from booking.services.series_decisions import decide_series, undo_series_decision
from booking.services.series_words import series_in_words
from booking.web import edge, words
from booking.web.decision_shown import step_in_words, waited_in_words
from booking.web.edit_forms import VersionedForm
from booking.web.errors import status_of
from booking.web.once import done_before, once
from booking.web.queue_words import marks, refused, stops
from booking.web.reader import known_actor
from booking.web.series_deciding_forms import CHOICE_WORDS, Choice, DecideSeriesForm
from booking.web.texts import text_of, text_of_error

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("series_deciding", __name__)

# Whose day is shown in full beside the request; of more, the booking's own page shows it.
_DAYS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Date:
    """A request of the series: why it can't be approved now, what else to mind, and what else has the room that day.

    `otherwise`: in what it is not like the first of them, which is shown above all.
    """

    queued: Queued
    otherwise: str
    stops: list[str]
    marks: list[str]
    neighbours: Sequence[Neighbour]


@dataclass(frozen=True)
class _Asked:
    """A series of which the reader may decide `dates`; empty: all of it is decided. `locale`: that of its mails."""

    series: Series
    version: int  # what was seen of it
    locale: str
    dates: Sequence[Date]
    templates: Sequence[DecisionTemplate]
    record: Record | None

    @property
    def at_first(self) -> Mapping[int, Choice]:
        """What each date is set to before anybody chooses: yes where that is possible."""
        return {one.queued.booking.id: "leave" if one.stops else "approve" for one in self.dates}


@blueprint.get("/series/<row:series_id>/decide")
def decide(series_id: int) -> ResponseReturnValue:
    """The page of the series' requests, with the form of the decision."""
    asking = known_actor()
    asked = _asked(series_id, asking)
    if not asked.dates:
        return redirect(url_for("series.show", series_id=series_id), 303)
    form = DecideSeriesForm(data={"version": asked.version})
    return _page(asked, form, 200, asking)


@blueprint.post("/series/<row:series_id>/decide")
def save(series_id: int) -> ResponseReturnValue:
    """Decide on the version that was seen; if one date can't be approved, nothing is decided and all such dates are told."""
    asking = known_actor()
    # What was decided is no longer on the form: sent again, it would fit no more.
    if done_before(asking) is not None:
        return _saved(series_id)
    asked = _asked(series_id, asking)
    form = DecideSeriesForm(request.form)
    if not asked.dates:
        flash(_("The series has been decided meanwhile. Here it is as it is now."))
        return redirect(url_for("series.show", series_id=series_id), 303)
    form.offer(asked.templates, False)
    form.choose(list(asked.at_first), request.form, asked.at_first)
    if not form.validate():
        return _page(asked, form, 422, asking)
    try:
        once(form, asking, lambda session: _decide(session, asked, form, asking))
    except (Stale, WrongState, SeriesRefused, KeyReused) as error:
        again = _asked(series_id, asking)
        if not again.dates:
            return redirect(url_for("series.show", series_id=series_id), 303)
        form.version.data = str(again.version)
        return _page(again, form, status_of(error), asking, _reasons(error))
    return _saved(series_id)


def _saved(series_id: int) -> ResponseReturnValue:
    flash(_("The decision is saved."))
    return redirect(url_for("series.show", series_id=series_id), 303)


def _decide(session: Session, asked: _Asked, form: DecideSeriesForm, asking: Actor) -> int:
    series, now = asked.series, edge.now()
    approves = "approve" in form.actions.values()
    if approves and form.verify.data and series.organisation.verified_at is None:
        # Before the spaces are locked: the organisation comes first in the order of locks.
        verify_organisation(session, series.organisation_id, actor=asking, now=now)
    decided = decide_series(
        session,
        series.id,
        form.seen,
        form.actions,
        form.reason_for(asked.templates, asked.locale),
        form.condition_for(asked.templates, asked.locale),
        actor=asking,
        now=now,
    )
    return decided.version


@blueprint.post("/series/<row:series_id>/undo")
def undo(series_id: int) -> ResponseReturnValue:
    """Take back what one decided on the series last, as long as nobody was told of it."""
    asking = known_actor()
    seen = VersionedForm(request.form).seen
    try:
        edge.write(
            lambda session: (
                undo_series_decision(session, series_id, seen, actor=asking, now=edge.now()).id
            )
        )
    except (Stale, WrongState) as error:
        flash(text_of_error(error))
        return redirect(url_for("series.show", series_id=series_id), 303)
    except RoomTaken:
        flash(text_of("undo_room_taken"))
        return redirect(url_for("series.show", series_id=series_id), 303)
    flash(_("The decision has been taken back. The requester was not told of it. Decide anew."))
    return redirect(url_for("series_deciding.decide", series_id=series_id), 303)


def _asked(series_id: int, asking: Actor) -> _Asked:
    now = edge.now()
    with edge.read() as session:
        series = series_in_sight(session, series_id, asking)
        bookings = dates_of(session, series_id)
        mine = [one for one in bookings if may_decide(one, one.room.unit_id, asking)]
        if not mine:
            raise Forbidden("not_your_decision")
        requests = [one for one in mine if one.state == "requested"]
        dates = _dates(session, requests, now)
        record = record_of(session, requests[0], now) if requests else None
        # Read while the session lasts.
        assert all(one.organisation is series.organisation for one in (*requests, mine[0]))
        templates = templates_of(session, mine[0].room.unit_id)
        version = version_of(session, series)
        locale = mail_reader(session, (requests or mine)[0]).locale
        return _Asked(series, version, locale, dates, templates, record)


def _dates(session: Session, requests: Sequence[Booking], now: datetime) -> list[Date]:
    found, days_left = [], _DAYS_SHOWN
    for queued in described(session, requests):
        against, minds = stops(queued, now), list(marks(queued))
        neighbours: Sequence[Neighbour] = ()
        if (against or minds) and days_left:
            days_left -= 1
            day = local(queued.booking.starts_at).date()
            neighbours = [
                one
                for one in day_of(session, queued.rules, day)
                if one.booking is None or one.booking.id != queued.booking.id
            ]
        otherwise = _otherwise(queued.booking, requests[0])
        found.append(Date(queued, otherwise, against, minds, neighbours))
    return found


def _otherwise(booking: Booking, first: Booking) -> str:
    """What a date asks for that the first does not. Needs and contact are named only: who reads them is written down."""
    parts = []
    if booking.activity != first.activity:
        parts.append(words.activity(booking.activity))
    if booking.people != first.people:
        parts.append(ngettext("%(num)s person", "%(num)s people", booking.people))
    needs = [(one.needs, sorted(one.needed_features)) for one in (booking, first)]
    if needs[0] != needs[1]:
        parts.append(_("access needs"))
    contacts = [(one.contact_name, one.contact_email) for one in (booking, first)]
    if contacts[0] != contacts[1]:
        parts.append(_("contact"))
    return ", ".join(parts)


def _reasons(error: BookingError) -> list[str]:
    """Why it was not saved; of a series, each date that can't be approved."""
    if isinstance(error, SeriesRefused):
        return [
            _("%(day)s: %(why)s", day=short_day(one.day), why=why)
            for one in error.dates
            for why in [refused(one.refusals[0]) if one.refusals else text_of("room_taken")]
        ]
    if isinstance(error, KeyReused):
        return [text_of("sent_with_other_contents")]
    if isinstance(error, Stale):
        return [text_of("stale_form")]
    return [text_of_error(error)]


def _page(
    asked: _Asked,
    form: DecideSeriesForm,
    status: int,
    asking: Actor,
    reasons: Sequence[str] = (),
) -> Response:
    now, first = edge.now(), asked.dates[0].queued
    booking = first.booking
    form.offer(asked.templates, False)
    if not form.chosen:
        form.choose(list(asked.at_first), request.form, asked.at_first)
    edge.note(lambda rows: record_look(rows, booking, actor=asking, now=now))
    context: dict[str, Any] = {
        "rule": series_in_words(asked.series),
        "matches": matched(first.rules, booking.needed_features),
        "waited": waited_in_words(booking, now),
        "next_step": step_in_words(first.next) if first.next else "",
        "season": season_span(local(booking.starts_at).date()),
        "blocked": [one for one in asked.dates if one.stops],
    }
    page = render_template(
        "series/decide.html",
        series=asked.series,
        booking=booking,
        around=first,
        dates=asked.dates,
        record=asked.record,
        form=form,
        choice_words=CHOICE_WORDS,
        reasons=reasons,
        back=url_for("staff.requests"),
        failed=status >= 400,
        **context,
    )
    return make_response(page, status)
