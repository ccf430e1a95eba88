"""Deciding on a request: one page with all that an approver must know, and taking one's own decision back for some minutes.

Knows the form and how a decision's refusals are shown; what may be decided is the services' question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    PolicyRefusal,
    RoomTaken,
    Stale,
    WrongState,
)
from booking.i18n import gettext as _
from booking.models import Booking, DecisionTemplate
from booking.queries.bookings import booking_in_sight
from booking.queries.deciding import day_of, record_of, templates_of
from booking.queries.people import mail_reader
from booking.queries.queue import Queued, described
from booking.services.audit import record_look
from booking.services.decisions import decide_booking, undo_decision
from booking.services.organisations import verify_organisation
from booking.web import edge
from booking.web.changed import changed_page
from booking.web.deciding_forms import DecideForm, QueueForm
from booking.web.decision_shown import step_in_words, waited_in_words
from booking.web.edit_forms import VersionedForm
from booking.web.errors import status_of
from booking.web.forms import names_of
from booking.web.once import once
from booking.web.queue_words import marks, refused, stops
from booking.web.reader import known_actor
from booking.web.texts import text_of, text_of_error

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("deciding", __name__)

# What of the queue's address is kept on the way to a decision and back.
_QUEUE = names_of(QueueForm)


@dataclass(frozen=True)
class _Asked:
    """A request that the reader may decide, with what its page needs; `around` is None once it is decided.

    `locale`: the language in which its mails are read.
    """

    booking: Booking
    locale: str
    templates: Sequence[DecisionTemplate]
    around: Queued | None
    more: Mapping[str, Any]


@blueprint.get("/bookings/<row:booking_id>/<any(approve, reject):verb>")
def lead(booking_id: int, verb: str) -> ResponseReturnValue:
    """Where the pages of the two verbs were: lead on to the one page, with the answer chosen but not given."""
    asking = known_actor()
    with edge.read() as session:
        _require_decider(booking_in_sight(session, booking_id, asking), asking)
    return redirect(url_for("deciding.decide", booking_id=booking_id, decision=verb), 303)


@blueprint.get("/bookings/<row:booking_id>/decide")
def decide(booking_id: int) -> ResponseReturnValue:
    """The page of a request, with the form of its decision; what is decided already is shown on the booking's own page."""
    asking = known_actor()
    asked = _asked(booking_id, asking)
    if asked.around is None:
        return redirect(url_for("bookings.show", booking_id=booking_id), 303)
    chosen = request.args.get("decision")
    seen = {"version": asked.booking.version, "organisation": asked.booking.organisation.version}
    form = DecideForm(data={**seen, "decision": chosen})
    return _page(asked, form, 200, asking)


@blueprint.post("/bookings/<row:booking_id>/decide")
def save(booking_id: int) -> ResponseReturnValue:
    """Decide on the version that was seen; what changed meanwhile is shown instead."""
    asking = known_actor()
    asked = _asked(booking_id, asking)
    form = DecideForm(request.form)
    form.offer(asked.templates, asked.booking.starts_at <= edge.now())
    if not form.validate():
        return _page(asked, form, 422, asking)
    try:
        once(form, asking, lambda session: _decide(session, asked, form, asking))
    except (Stale, WrongState) as error:
        return changed_page(booking_id, asking, error, form.seen)
    except (PolicyRefusal, RoomTaken, KeyReused) as error:
        return _page(asked, form, status_of(error), asking, _reasons(form, error))
    return redirect(url_for("staff.requests", **_kept()), 303)


def _decide(session: Session, asked: _Asked, form: DecideForm, asking: Actor) -> str:
    booking, now = asked.booking, edge.now()
    if form.approves and form.verify.data and booking.organisation.verified_at is None:
        # Before the spaces are locked: the organisation comes first in the order of locks.
        seen = form.organisation_seen
        verify_organisation(session, booking.organisation_id, seen, actor=asking, now=now)
    decided = decide_booking(
        session,
        booking.id,
        "approve" if form.approves else "reject",
        form.seen,
        form.reason_for(asked.templates, asked.locale),
        form.condition_for(asked.templates, asked.locale),
        form.over_foreign_reason.data if form.over_foreign.data else None,
        actor=asking,
        now=now,
    )
    return decided.state


@blueprint.post("/bookings/<row:booking_id>/undo")
def undo(booking_id: int) -> ResponseReturnValue:
    """Take one's own decision back, as long as nobody was told of it."""
    asking = known_actor()
    seen = VersionedForm(request.form).seen
    try:
        edge.write(
            lambda session: undo_decision(session, booking_id, seen, actor=asking, now=edge.now())
        )
    except (Stale, WrongState) as error:
        return changed_page(booking_id, asking, error, seen)
    except RoomTaken:
        return changed_page(
            booking_id, asking, WrongState(state="rejected", action="undo", code="undo_room_taken")
        )
    flash(_("The decision has been taken back. The requester was not told of it. Decide anew."))
    return redirect(url_for("deciding.decide", booking_id=booking_id), 303)


def _asked(booking_id: int, asking: Actor) -> _Asked:
    now = edge.now()
    with edge.read() as session:
        booking = booking_in_sight(session, booking_id, asking)
        _require_decider(booking, asking)
        templates = templates_of(session, booking.room.unit_id)
        locale = mail_reader(session, booking).locale
        if booking.state != "requested":
            return _Asked(booking, locale, templates, None, {})
        [around] = described(session, [booking])
        day = local(booking.starts_at).date()
        more = {
            "neighbours": day_of(session, around.rules, day),
            "record": record_of(session, booking, now),
            "season": season_span(day),
            "day": day,
        }
    return _Asked(booking, locale, templates, around, more)


def _require_decider(booking: Booking, asking: Actor) -> None:
    if not may_decide(booking, booking.room.unit_id, asking):
        raise Forbidden("not_your_decision")


def _page(
    asked: _Asked, form: DecideForm, status: int, asking: Actor, reasons: Sequence[str] = ()
) -> Response:
    booking, around, now = asked.booking, asked.around, edge.now()
    if around is None:
        # Decided while the form was filled in: nothing of it can be saved any more.
        return changed_page(booking.id, asking, WrongState(booking.state, "decide"))
    has_begun = booking.starts_at <= now
    form.offer(asked.templates, has_begun)
    edge.note(lambda rows: record_look(rows, booking, actor=asking, now=now))
    page = render_template(
        "staff/decide.html",
        booking=booking,
        around=around,
        form=form,
        reasons=reasons,
        stops=stops(around, now),
        marks=list(marks(around)),
        matches=matched(around.rules, booking.needed_features),
        waited=waited_in_words(booking, now),
        next_step=step_in_words(around.next) if around.next else "",
        has_begun=has_begun,
        back=url_for("staff.requests", **_kept()),
        failed=status >= 400,
        **asked.more,
    )
    return make_response(page, status)


def _reasons(form: DecideForm, error: BookingError) -> list[str]:
    """Why it was not saved; what another calendar claims is told at the tick that goes over it."""
    if isinstance(error, RoomTaken) and {met.kind for met in error.conflicts} == {"foreign"}:
        form.over_foreign.errors = [text_of("over_foreign_required")]
        return []
    if isinstance(error, PolicyRefusal):
        return [refused(refusal) for refusal in error.refusals]
    if isinstance(error, KeyReused):
        return [text_of("sent_with_other_contents")]
    return [text_of_error(error)]


def _kept() -> dict[str, Any]:
    """The filters of the queue that the reader came from."""
    return {name: value for name, value in request.args.items() if name in _QUEUE and value}
