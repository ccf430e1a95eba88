"""How each kind of mail comes about in the fixed world. A kind without a scene fails `test_expected.py`.

A scene is called as its kind is; another one of the same kind has a word behind a hyphen.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.recurrence import Recurrence, Weekly
from booking.domain.requests import BookingEdit, SeriesChange, SeriesRequest
from booking.domain.series import Times
from booking.domain.texts import LocalText
from booking.models import Booking, OutboxMessage, Person, Room, Series, Unit
from booking.queries.catalogue import catalogue
from booking.services.bookings import cancel_booking, edit_booking, move_booking
from booking.services.decisions import decide_booking
from booking.services.digest import send_digest
from booking.services.escalation import escalate, remind_of_date
from booking.services.invitations import accept_invitation, invite
from booking.services.links import Kept, make_way
from booking.services.mail_settings import set_wishes
from booking.services.occupancy import release_booking
from booking.services.reports import add_report, answer_report
from booking.services.series import request_series
from booking.services.series_changes import change_series, planned_change
from booking.services.series_dates import cancel_series
from booking.services.series_decisions import decide_series
from booking.services.waiting import offer_all_freed, wait_for
from booking.services.ways_in import mail_way, tell_of_change
from tests.support.acts import do
from tests.support.series import seen
from tests.support.world import NOW, World, booking_request, make_booking, slot

Scene = Callable[[Database, World], object]
HOUR = timedelta(hours=1)
REASON = "Sali on remontissa.\r\nKokeilkaa Kabinettia."
CONDITION = "Tuolit järjestetään takaisin riviin.\nAvain palautetaan infoon."


def speak(database: Database, world: World, locale: str) -> None:
    """Let everybody read `locale`, and give some things a name in it."""

    def work(session: Session) -> None:
        for person in session.scalars(select(Person)):
            person.locale = locale
        session.get_one(Room, world.half_a).name = LocalText("Sali A", "Sal A")
        unit = session.get_one(Unit, world.rantakyla)
        unit.name = LocalText(unit.name.fi, None, "Rantakylä wellbeing house")
        unit.appeal = LocalText("Päätöksestä voi pyytää oikaisua.\nKirjaamo neuvoo.")

    transaction(database, work)
    for name, actor in world.actors.items():
        world.actors[name] = dataclasses.replace(actor, locale=locale)


def kind_of(scene: str) -> str:
    """The kind of mail that a scene is about."""
    return scene.partition("-")[0]


def mail_of(database: Database, world: World, scene: str) -> OutboxMessage:
    """Play a scene; the last mail of its kind."""
    SCENES[scene](database, world)
    with reading(database) as session:
        query = select(OutboxMessage).where(OutboxMessage.kind == kind_of(scene))
        return list(session.scalars(query.order_by(OutboxMessage.id)))[-1]


def approved(database: Database, world: World, condition: str | None = None) -> Booking:
    booking = make_booking(database, world)
    decided: Booking = do(
        database, decide_booking, booking.id, "approve", 1, None, condition, actor=world.veli
    )
    return decided


def rejected(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "reject", 1, REASON, actor=world.veli)


def changed(database: Database, world: World) -> None:
    booking = make_booking(database, world)
    edit = BookingEdit(title="Johtokunnan kokous", people=12)
    do(database, edit_booking, booking.id, 1, edit, actor=world.veli)


def moved(database: Database, world: World) -> None:
    booking = approved(database, world)
    place = (world.half_b, slot(11, 13))
    do(database, move_booking, booking.id, booking.version, *place, None, actor=world.anna)


def cancelled(database: Database, world: World, who: str = "veli") -> None:
    booking = approved(database, world)
    actor = world.actors[who]
    do(database, cancel_booking, booking.id, booking.version, "Vesivahinko", actor=actor)


def undecided(hours: int, **rules: Any) -> Scene:
    """A request that nobody decides for so long."""

    def scene(database: Database, world: World) -> None:
        booking = make_booking(database, world)

        def work(session: Session) -> None:
            unit = session.get_one(Unit, world.rantakyla)
            for name, value in rules.items():
                setattr(unit, name, value)
            escalate(session, booking.id, NOW + hours * HOUR)

        transaction(database, work)

    return scene


def date_reminder(database: Database, world: World) -> None:
    booking = approved(database, world)
    now = booking.starts_at - 48 * HOUR
    transaction(database, lambda session: remind_of_date(session, booking.id, now))


def slot_free(database: Database, world: World) -> None:
    booking = approved(database, world)
    period = slot(10, 10)
    wish = (world.half_a, world.toinen, period, "meeting", 5)
    do(database, wait_for, *wish, actor=world.toini)
    do(database, cancel_booking, booking.id, booking.version, None, actor=world.anna)


def slots_free(database: Database, world: World) -> None:
    for day in (9, 16):
        wish = (world.half_a, world.toinen, slot(day, 17), "meeting", 5)
        make_booking(database, world, period=slot(day, 17))
        do(database, wait_for, *wish, actor=world.toini)
    freed = [(world.half_a, slot(day, 17)) for day in (9, 16)]

    def free(session: Session) -> None:
        for booking in session.scalars(select(Booking)):
            booking.state = "cancelled"
            release_booking(session, booking.id)
        known = catalogue(session)
        offer_all_freed(session, [(known.room(room), period) for room, period in freed], NOW)

    transaction(database, free)


def digest(database: Database, world: World) -> None:
    do(database, set_wishes, {"to_decide": "daily"}, actor=world.veli)
    make_booking(database, world)
    make_booking(database, world, period=slot(11, 10), title="Vertaisryhmä")
    assert world.veli.person_id is not None
    person_id = world.veli.person_id
    transaction(database, lambda session: send_digest(session, person_id, NOW + 24 * HOUR))


def way_in(email: str, kept: Kept = ()) -> Scene:
    """Somebody asks for a link to sign in with."""

    def scene(database: Database, world: World) -> None:
        def work(session: Session) -> None:
            way = make_way(session, email, "client", world.anna.locale, None, kept, now=NOW)
            mail_way(session, way, NOW)

        transaction(database, work)

    return scene


def account(what: str) -> Scene:
    """Something of Veli's account has changed."""

    def scene(database: Database, world: World) -> None:
        def work(session: Session) -> None:
            tell_of_change(session, session.get_one(Person, world.veli.person_id), what, NOW)

        transaction(database, work)

    return scene


def invitation(email: str, role: str = "booker") -> Scene:
    """Pekka invites somebody to act for Virta; whom he invites as owner takes over from him."""

    def scene(database: Database, world: World) -> Any:
        wish = (world.virta, email, role, role == "owner")
        return do(database, invite, *wish, actor=world.pekka)

    return scene


def hand_over(database: Database, world: World) -> None:
    invited: Any = invitation("outi@demo.example", "owner")(database, world)
    do(database, accept_invitation, invited.token, None, actor=world.outi)


def report(database: Database, world: World) -> Any:
    booking = approved(database, world)

    def work(session: Session, *, actor: Any, now: Any) -> Any:
        text = "Induktiosilmukka ei toimi."
        words: dict[str, Any] = {"booking_id": booking.id, "locale": actor.locale}
        return add_report(session, "accessibility", text, **words, actor=actor, now=now)

    return do(database, work, actor=world.anna)


def report_answered(database: Database, world: World) -> None:
    row = report(database, world)
    answer = "Silmukka on korjattu.\nKiitos ilmoituksesta."
    do(database, answer_report, row.id, answer, actor=world.veli)


EVENING = Times(time(17), time(19))


def series(database: Database, world: World) -> Series:
    """Three Tuesdays asked for, of which the second is somebody else's."""
    make_booking(database, world, period=slot(16, 16), title="Toisten ilta")
    recurrence = Recurrence(Weekly((1,)), date(2027, 3, 9), count=3)
    request = SeriesRequest(booking_request(world), recurrence, EVENING, skips=True)
    return transaction(
        database, lambda session: request_series(session, request, world.anna, NOW)
    ).series


def series_decided(database: Database, world: World) -> Series:
    """The first date is approved on a condition, the last one refused."""
    row = series(database, world)
    query = select(Booking.id).where(Booking.series_id == row.id).order_by(Booking.series_day)
    with reading(database) as session:
        first, last = session.scalars(query)
    actions = {first: "approve", last: "reject"}
    decided: Series = do(
        database,
        decide_series,
        row.id,
        seen(database, row.id),
        actions,
        REASON,
        CONDITION,
        actor=world.veli,
    )
    return decided


def series_changed(database: Database, world: World) -> None:
    row = series(database, world)
    change = SeriesChange(row.first_day, times=Times(time(18), time(20)))
    with reading(database) as session:
        plan = planned_change(session, row.id, change, actor=world.anna, now=NOW).plan
    do(
        database,
        change_series,
        row.id,
        seen(database, row.id),
        change,
        plan.digest,
        actor=world.anna,
    )


def series_cancelled(database: Database, world: World) -> None:
    row = series(database, world)
    do(
        database,
        cancel_series,
        row.id,
        seen(database, row.id),
        row.first_day,
        "Vesivahinko",
        actor=world.veli,
    )


def series_lapsed(database: Database, world: World) -> None:
    row = series(database, world)

    def work(session: Session) -> None:
        session.get_one(Unit, world.rantakyla).lapse_after_hours = 24
        booking = session.scalars(select(Booking).where(Booking.series_id == row.id)).first()
        assert booking is not None
        escalate(session, booking.id, NOW + 25 * HOUR)

    transaction(database, work)


SCENES: dict[str, Scene] = {
    "asked": make_booking,
    "approved": lambda database, world: approved(database, world, CONDITION),
    "rejected": rejected,
    "changed": changed,
    "moved": moved,
    "cancelled": cancelled,
    "lapsed": undecided(25, lapse_after_hours=24),
    "date_reminder": date_reminder,
    "to_decide": make_booking,
    "reminder": undecided(49),
    "escalated": undecided(169),
    "changed_request": moved,
    "withdrawn": lambda database, world: cancelled(database, world, "anna"),
    "slot_free": slot_free,
    "slot_free-several": slots_free,
    "digest": digest,
    "sign_in": way_in("anna@demo.example"),
    "sign_in-new": way_in("uusi@demo.example"),
    "sign_in-asking": way_in("uusi@demo.example", [("title", "Kokous")]),
    **{
        f"account-{what}": account(what)
        for what in (
            "password_set",
            "password_removed",
            "second_factor_set",
            "second_factor_ended",
            "second_factor_reset",
        )
    },
    "invitation": invitation("uusi@demo.example"),
    "invitation-owner": invitation("outi@demo.example", "owner"),
    "handed_over": hand_over,
    "role_ended": hand_over,
    "series_asked": series,
    "series_decided": series_decided,
    "series_changed": series_changed,
    "series_cancelled": series_cancelled,
    "series_lapsed": series_lapsed,
    "to_decide-series": series,
    "report": report,
    "report_answered": report_answered,
}
