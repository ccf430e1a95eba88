"""Reports of rooms and of these pages, and their answers: kept, told to who answers, answered in time. Knows no form.

A room's damage, danger or missing accessibility is its unit's to answer; what is wrong with the pages themselves (`a11y`) is the
coordinator's. No patient data belongs here: the form says so, and the text goes into no mail and no audit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.config import base_url
from booking.domain.access import Actor
from booking.domain.local_time import local
from booking.domain.texts import many_lines
from booking.errors import Forbidden, InvalidInput, NotFound, SignInRequired, WrongState
from booking.i18n import gettext as _
from booking.i18n import lazy_gettext, short_day, use_locale
from booking.models import Person, Report, Room
from booking.queries.bookings import booking_in_sight
from booking.queries.catalogue import catalogue
from booking.queries.people import administrators, coordinators, deciders_of
from booking.queries.reports import open_reports as open_reports
from booking.queries.reports import report_in_sight
from booking.services.audit import record
from booking.services.letters import Action, Envelope, Fact, Letter, one_line, paragraph, post
from booking.services.limits import REPORTS, reserve
from booking.services.people import folded_email

OF_ROOMS = ("damage", "safety", "accessibility")
OF_PAGES = "a11y"
KINDS = (*OF_ROOMS, OF_PAGES)
LONGEST_TEXT = 5000  # characters, of a report and of its answer
# 306/2019, 11 §: accessibility feedback is answered within 14 days. Assumed: the same for rooms.
ANSWERED_WITHIN = timedelta(days=14)

KIND_WORDS = {
    "damage": lazy_gettext("Something is broken or missing"),
    "safety": lazy_gettext("Danger or risk"),
    "accessibility": lazy_gettext("Accessibility of the room"),
    "a11y": lazy_gettext("Accessibility of these pages"),
}


def add_report(
    session: Session,
    kind: str,
    text: str,
    *,
    room_id: int | None = None,
    booking_id: int | None = None,
    email: str | None = None,
    locale: str = "fi",
    actor: Actor,
    now: datetime,
) -> Report:
    """Keep a report and tell who answers it. `locale` is the answer's language; without `email` it goes to a known actor's own.

    Only `a11y` is for everybody: its caller limits strangers. Raises InvalidInput, SignInRequired, NotFound, Forbidden, TooMany.
    """
    if kind not in KINDS:
        raise InvalidInput("bad_choice", field="kind")
    if kind != OF_PAGES:
        room_id = _room_of(session, room_id, booking_id, actor)
    cleaned = _cleaned(text, "report_text_required", "text")
    address = folded_email(email) if email else (actor.email or None)
    if actor.person_id is not None:
        reserve(session, REPORTS, str(actor.person_id), now)
    report = Report(
        kind=kind,
        room=None if kind == OF_PAGES or room_id is None else session.get_one(Room, room_id),
        booking_id=None if kind == OF_PAGES else booking_id,
        person_id=actor.person_id,
        email=address,
        locale=locale,
        text=cleaned,
        state="open",
        created_at=now,
        due_on=local(now + ANSWERED_WITHIN).date(),
    )
    session.add(report)
    session.flush()
    after = {"kind": kind, "room_id": room_id}
    record(session, "add_report", ("report", report.id), after=after, actor=actor, now=now)
    _tell_answerers(session, report, now)
    return report


def answer_report(
    session: Session, report_id: int, answer: str, *, actor: Actor, now: datetime
) -> Report:
    """Answer a report, once; whoever left an address gets the answer there.

    Raises NotFound, InvalidInput, WrongState(`already_answered`).
    """
    report = report_in_sight(session, report_id, actor)
    session.refresh(report, with_for_update={"of": Report})
    if report.state != "open":
        raise WrongState(report.state, "answer", code="already_answered")
    report.answer = _cleaned(answer, "answer_required", "answer")
    report.state, report.answered_at, report.answered_by_id = "answered", now, actor.person_id
    record(session, "answer_report", ("report", report.id), actor=actor, now=now)
    if report.email:
        _tell_reporter(session, report, actor, now)
    return report


def _room_of(
    session: Session, room_id: int | None, booking_id: int | None, actor: Actor
) -> int | None:
    """The room a report is about: that of a booking of one's own, or one that the reporter may know of."""
    if not actor.is_known:
        raise SignInRequired("sign_in_required")
    if booking_id is not None:
        booking = booking_in_sight(session, booking_id, actor)
        if not actor.changes(booking.room.unit_id, booking.organisation_id):
            raise Forbidden("not_your_booking")
        return booking.room_id
    rules = catalogue(session).rooms.get(room_id or 0)
    if rules is None or not (rules.published or actor.decides_for(rules.unit_id)):
        raise NotFound("room")
    return rules.id


def _cleaned(text: str, missing: str, field: str) -> str:
    cleaned = many_lines(text)
    if not cleaned:
        raise InvalidInput(missing, field=field)
    if len(cleaned) > LONGEST_TEXT:
        raise InvalidInput("too_long_text", field=field, limit=LONGEST_TEXT)
    return cleaned


def _answerers(session: Session, report: Report, now: datetime) -> Iterable[Person]:
    if report.room is not None:
        found = deciders_of(session, report.room.unit_id, local(now).date())
        if found:
            return found
    # A room whose unit has nobody, and what is told of these pages.
    return coordinators(session) or administrators(session)


def _tell_answerers(session: Session, report: Report, now: datetime) -> None:
    for person in _answerers(session, report, now):
        with use_locale(person.locale):
            kind, about = str(KIND_WORDS[report.kind]), _about(report, person.locale)
            letter = Letter(
                subject=_("A report to answer: %(about)s", about=about),
                name=one_line(person.name),
                opening=(_("Somebody has reported something. Read it in the service and answer."),),
                facts=(
                    Fact(_("About"), about),
                    Fact(_("Kind"), kind),
                    Fact(_("Answer at the latest"), short_day(report.due_on)),
                ),
                actions=(
                    Action(
                        _("Read the report and answer"), f"{base_url()}/staff/reports/{report.id}"
                    ),
                ),
            )
            envelope = Envelope(
                kind="report",
                cause=f"report:{report.id}:report:{person.id}",
                name=person.name,
                address=person.email,
                person_id=person.id,
            )
            post(session, envelope, letter, now)


def _tell_reporter(session: Session, report: Report, actor: Actor, now: datetime) -> None:
    # The caller has looked.
    assert report.email is not None
    assert report.answer is not None
    person = session.get(Person, report.person_id) if report.person_id is not None else None
    name = person.name if person is not None else report.email
    with use_locale(report.locale):
        about, day = _about(report, report.locale), short_day(local(report.created_at).date())
        letter = Letter(
            subject=_("An answer to your report: %(about)s", about=about),
            name=one_line(name),
            opening=(_("You reported something on %(day)s. Here is the answer.", day=day),),
            facts=(
                Fact(_("About"), about),
                Fact(_("Answer"), paragraph(report.answer)),
                Fact(
                    _("Answered by"), one_line(", ".join(filter(None, (actor.name, actor.title))))
                ),
            ),
        )
        envelope = Envelope(
            kind="report_answered",
            cause=f"report:{report.id}:answered",
            name=name,
            address=report.email,
            person_id=report.person_id,
        )
        post(session, envelope, letter, now)


def _about(report: Report, locale: str) -> str:
    """What a report is about, on one line."""
    if report.room is None:
        return str(KIND_WORDS[report.kind])
    room, unit = report.room, report.room.unit
    return one_line(f"{room.name.choose(locale)[0]}, {unit.name.choose(locale)[0]}")
