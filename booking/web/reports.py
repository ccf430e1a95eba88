"""Telling of damage, danger or a problem with accessibility, and answering it: the form, the staff's queue, one report.

Knows forms and pages; who may report what and who answers is asked of services and queries. What is told of these pages
themselves comes by the accessibility statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from booking.domain.rooms import RoomRules
from booking.errors import (
    Forbidden,
    InvalidInput,
    KeyReused,
    NotFound,
    TooMany,
    WrongState,
)
from booking.i18n import current_locale
from booking.i18n import gettext as _
from booking.models import Booking, Report
from booking.queries.bookings import booking_in_sight
from booking.queries.catalogue import catalogue
from booking.queries.reports import (
    answered_reports,
    answers_reports,
    open_reports,
    report_in_sight,
)
from booking.services.audit import record_look_at
from booking.services.reports import KIND_WORDS, add_report, answer_report
from booking.web import edge
from booking.web.errors import status_of
from booking.web.explained import explained
from booking.web.once import once
from booking.web.paging import page_number, page_of
from booking.web.reader import known_actor
from booking.web.report_forms import AnswerForm, ReportForm
from booking.web.texts import text_of, text_of_error

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("reports", __name__)


@dataclass(frozen=True)
class _About:
    """What is reported: a room, and the booking during which it was found, where there is one."""

    room: RoomRules
    booking: Booking | None

    @property
    def back(self) -> str:
        """Where the reader came from."""
        if self.booking is not None:
            return url_for("bookings.show", booking_id=self.booking.id)
        return url_for("rooms.show", room_id=self.room.id)


@blueprint.get("/reports/new")
def write() -> ResponseReturnValue:
    """The form, about the booking or the room that the address names."""
    asking = known_actor()
    return _form_page(ReportForm(), _about(asking), 200)


@blueprint.post("/reports/new")
def send() -> ResponseReturnValue:
    """Keep the report and tell who answers it."""
    asking = known_actor()
    about = _about(asking)
    form = ReportForm(request.form)
    if not form.validate():
        return _form_page(form, about, 422)
    try:
        once(form, asking, lambda session: _send(session, form, about, asking))
    except InvalidInput as error:
        return _form_page(form, about, status_of(error), explained(form, error))
    except TooMany as error:
        return _form_page(form, about, status_of(error), [text_of_error(error)])
    except KeyReused:
        return _form_page(form, about, 422, [text_of("sent_with_other_contents")])
    flash(_("Thank you. The site has been told, and answers you by e-mail."))
    return redirect(about.back, 303)


@blueprint.get("/staff/reports")
def queue() -> str:
    """The reports the reader is to answer, the one due first coming first, and those that were answered."""
    asking = _answerer()
    number = page_number()
    with edge.read() as session:
        waiting = open_reports(session, asking)
        done = page_of(
            number, lambda limit, offset: answered_reports(session, asking, limit, offset)
        )
    return render_template(
        "reports/queue.html",
        waiting=waiting,
        done=done,
        today=local(edge.now()).date(),
        kinds=KIND_WORDS,
    )


@blueprint.get("/staff/reports/<row:report_id>")
def show(report_id: int) -> ResponseReturnValue:
    """One report with its answer, or the form to answer it."""
    asking = _answerer()
    return _report_page(_report(report_id, asking), AnswerForm(), 200)


@blueprint.post("/staff/reports/<row:report_id>")
def answer(report_id: int) -> ResponseReturnValue:
    """Answer a report, once."""
    asking = _answerer()
    report = _report(report_id, asking)
    form = AnswerForm(request.form)
    if not form.validate():
        return _report_page(report, form, 422)
    try:
        once(form, asking, lambda session: _answer(session, report_id, form, asking))
    except WrongState as error:
        answered, reasons = _report(report_id, asking), [text_of("already_answered")]
        return _report_page(answered, form, status_of(error), reasons)
    except InvalidInput as error:
        return _report_page(report, form, status_of(error), explained(form, error))
    except KeyReused:
        return _report_page(report, form, 422, [text_of("sent_with_other_contents")])
    told = report.email is not None
    flash(_("The answer has been sent.") if told else _("The answer has been saved."))
    return redirect(url_for("reports.queue"), 303)


def _about(asking: Actor) -> _About:
    """What the address names, if the reader may report it. Raises NotFound, and Forbidden for a booking only seen."""
    booking_id, room_id = _row("booking"), _row("room")
    with edge.read() as session:
        rooms = catalogue(session).rooms
        if booking_id is not None:
            booking = booking_in_sight(session, booking_id, asking)
            if not asking.changes(booking.room.unit_id, booking.organisation_id):
                raise Forbidden("not_your_booking")
            return _About(rooms[booking.room_id], booking)
    room = rooms.get(room_id or 0)
    if room is None or not (room.published or asking.decides_for(room.unit_id)):
        raise NotFound("room")
    return _About(room, None)


def _row(name: str) -> int | None:
    """The id that the address names; what can't be one is 0, and nothing has that."""
    typed = request.args.get(name)
    if typed is None:
        return None
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _send(session: Session, form: ReportForm, about: _About, asking: Actor) -> int:
    report = add_report(
        session,
        form.kind.data,
        form.text.data or "",
        room_id=about.room.id,
        booking_id=None if about.booking is None else about.booking.id,
        locale=current_locale(),
        actor=asking,
        now=edge.now(),
    )
    return report.id


def _answer(session: Session, report_id: int, form: AnswerForm, asking: Actor) -> int:
    return answer_report(
        session, report_id, form.answer.data or "", actor=asking, now=edge.now()
    ).id


def _answerer() -> Actor:
    asking = known_actor()
    if not answers_reports(asking):
        raise Forbidden("forbidden")
    return asking


def _report(report_id: int, asking: Actor) -> Report:
    with edge.read() as session:
        return report_in_sight(session, report_id, asking)


def _form_page(
    form: ReportForm, about: _About, status: int, reasons: Sequence[str] = ()
) -> Response:
    page = render_template(
        "reports/new.html",
        form=form,
        about=about,
        incident_url=edge.settings().incident_url,
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)


def _report_page(
    report: Report, form: AnswerForm, status: int, reasons: Sequence[str] = ()
) -> Response:
    # What is reported may tell of somebody: that staff have read it is written down.
    asking, thing = known_actor(), ("report", report.id)
    edge.note(lambda rows: record_look_at(rows, thing, actor=asking, now=edge.now()))
    page = render_template(
        "reports/show.html",
        report=report,
        kind=str(KIND_WORDS[report.kind]),
        form=form,
        today=local(edge.now()).date(),
        reasons=reasons,
        failed=status >= 400,
    )
    return make_response(page, status)
