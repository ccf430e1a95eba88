"""A person planted in every personal column, each text bearing a mark that can be looked for afterwards. Erases nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import update

from booking.db import Database, transaction
from booking.models import (
    Absence,
    ApiToken,
    AuditEntry,
    Booking,
    CalendarText,
    IdempotencyKey,
    Invitation,
    MailedLink,
    MailSetting,
    Membership,
    Organisation,
    OutboxMessage,
    Person,
    Report,
    Room,
    SignIn,
    SignInAttempt,
    Unit,
    WaitingEntry,
)
from booking.services.decisions import decide_booking
from booking.services.limits import MAILS_TO, limit_key
from tests.support.acts import do
from tests.support.world import NOW, World, make_booking

# After the date of every booking here.
LATER = NOW + timedelta(days=30)
EMAIL = "vainu-0@demo.example"
NAME = "Vainu Nimi"


def mark(column: str) -> str:
    return f"vainu:{column}"


def plant(database: Database, world: World) -> None:
    """Give veli, who is a booker of Virta too, a row in every table with personal columns, each text bearing a mark."""
    booking = make_booking(database, world)
    do(database, decide_booking, booking.id, "approve", 1, None, actor=world.veli)
    veli = world.veli.person_id
    names = {"contact_name": mark("booking.contact_name"), "contact_email": EMAIL}
    person = {"email": EMAIL, "name": NAME, "title": mark("person.title")}
    hashes = {name: mark(f"person.{name}") for name in ("password_hash", "totp_secret")}
    asked = {
        "asker_id": veli,
        "title": mark("booking.title"),
        "needs": mark("booking.needs"),
        "needed_features": [mark("booking.needed_features")],
        "decided_by_name": mark("booking.decided_by_name"),
        "release_hash": mark("booking.release_hash"),
        **names,
    }

    def write(session: Any) -> None:
        session.execute(update(Person).where(Person.id == veli).values(**person, **hashes))
        session.execute(update(Booking).values(**asked))
        texts = {name: mark(f"calendar_text.{name}") for name in ("summary", "text")}
        session.execute(update(CalendarText).values(**texts))
        session.add_all(_rows(world))
        alone = Organisation(
            name="Yhden hengen yhdistys", kind="unregistered", responsible_name=NAME
        )
        session.add(alone)
        session.flush()
        session.add(Membership(person_id=veli, organisation_id=alone.id, role="owner"))
        for model, kind in ((Unit, "unit"), (Room, "room")):
            row = session.get_one(model, world.rantakyla if kind == "unit" else world.half_a)
            row.contact_email, row.contact_phone = EMAIL, mark(f"{kind}.contact_phone")[:40]
        row.contact_name = mark("room.contact_name")
        session.get_one(Organisation, world.virta).contact_email = EMAIL

    transaction(database, write)


def _rows(world: World) -> list[Any]:
    return [*_of_the_account(world), *_of_associations(world), *_of_deeds(world)]


def _of_the_account(world: World) -> list[Any]:
    veli, day = world.veli.person_id, date(2027, 3, 1)
    times = {"created_at": NOW, "expires_at": LATER}
    return [
        Membership(person_id=veli, organisation_id=world.virta, role="booker"),
        MailSetting(person_id=veli, kind="to_decide", how="daily"),
        Absence(
            person_id=veli,
            stand_in_id=world.aino.person_id,
            unit_id=world.rantakyla,
            first_day=day,
            last_day=day,
        ),
        SignIn(
            person_id=veli,
            token_hash=mark("sign_in.token_hash"),
            device=mark("sign_in.device"),
            last_seen_at=NOW,
            **times,
        ),
        MailedLink(
            email=EMAIL,
            token_hash=mark("mailed_link.token_hash"),
            browser_hash=mark("mailed_link.browser_hash"),
            code_hash=mark("mailed_link.code_hash"),
            kept=[("title", mark("mailed_link.kept"))],
            **times,
        ),
        SignInAttempt(key=limit_key(MAILS_TO, EMAIL), at=NOW),
        ApiToken(
            person_id=veli, token_hash=mark("api_token.token_hash"), scope="read", created_at=NOW
        ),
    ]


def _of_associations(world: World) -> list[Any]:
    veli = world.veli.person_id
    times = {"created_at": NOW, "expires_at": LATER}
    slot = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=1)}
    return [
        Invitation(
            organisation_id=world.toinen,
            email=EMAIL,
            role="booker",
            invited_by_id=world.kaisa.person_id,
            token_hash=mark("invitation.token_hash"),
            **times,
        ),
        WaitingEntry(
            room_id=world.half_a,
            organisation_id=world.virta,
            asker_id=veli,
            activity="meeting",
            people=2,
            created_at=NOW,
            **slot,
        ),
    ]


def _of_deeds(world: World) -> list[Any]:
    veli, day = world.veli.person_id, date(2027, 3, 1)
    return [
        Report(
            kind="a11y",
            person_id=veli,
            email=EMAIL,
            text=mark("report.text"),
            state="answered",
            created_at=NOW,
            due_on=day,
            answer=mark("report.answer"),
            answered_at=NOW,
        ),
        IdempotencyKey(
            person_id=veli,
            route="web",
            key="k",
            body_hash="h",
            answer=mark("idempotency_key.answer"),
            created_at=NOW,
        ),
        *(_mail(veli, state) for state in ("waiting", "sent")),
        AuditEntry(
            at=NOW,
            actor_id=veli,
            actor_name=mark("audit_entry.actor_name"),
            action="edit_person",
            object_kind="person",
            object_id=veli,
            before={"email": mark("audit_entry.before"), "role": "approver"},
            after={},
        ),
    ]


def _mail(person_id: int | None, state: str) -> OutboxMessage:
    texts = {
        name: mark(f"outbox_message.{name}")
        for name in ("recipient_name", "subject", "body", "html", "calendar")
    }
    return OutboxMessage(
        cause=state,
        kind="asked",
        locale="fi",
        recipient=EMAIL,
        person_id=person_id,
        message_id=state,
        state=state,
        last_error=f"550 no such user: {EMAIL}",
        created_at=NOW,
        next_try_at=NOW,
        **texts,
    )
