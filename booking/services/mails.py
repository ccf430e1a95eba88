"""What is told by mail about a booking, and to whom. Knows the letters' words; must not know SMTP, pages or the worker.

Each function is called after the change it tells of, in its transaction, with the version it made: a mail is an edge and is told
once. Mails to a booking's people bear the booking as .ics (METHOD:PUBLISH) with the UID it has in every feed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from booking.calendar_items import own_item
from booking.config import base_url
from booking.domain.local_time import local
from booking.i18n import current_locale, lazy_gettext, period_in_words, short_day, use_locale
from booking.i18n import gettext as _
from booking.models import Booking, OutboxMessage, Person
from booking.queries.feeds import installation
from booking.queries.people import mail_reader
from booking.queries.series_deciding import about_series
from booking.services.letters import (
    Action,
    Envelope,
    Fact,
    Letter,
    one_line,
    paragraph,
    post,
    send_now,
)
from booking.services.letters import written_messages as written_messages
from calendars.ical import message_text, vevent_text
from calendars.period import Period

AskerKind = Literal[
    "asked", "approved", "rejected", "changed", "moved", "cancelled", "lapsed", "date_reminder"
]
DeciderKind = Literal["to_decide", "reminder", "escalated", "changed_request", "withdrawn"]

STATES = {
    "requested": lazy_gettext("awaiting decision"),
    "approved": lazy_gettext("approved"),
    "rejected": lazy_gettext("rejected"),
    "cancelled": lazy_gettext("cancelled"),
    "lapsed": lazy_gettext("lapsed"),
}


@dataclass(frozen=True)
class _Words:
    """What one kind of mail says: subject (with room and day), opening, what to do next, the words before its link."""

    subject: Callable[[str, str], str]
    opening: Callable[[Booking], tuple[str, ...]]
    next_steps: tuple[object, ...]
    link_text: object


_SEE = lazy_gettext("See the booking, or cancel it")
_SEE_ONLY = lazy_gettext("See what happened to the request")
_ASKER: Mapping[str, _Words] = {
    "asked": _Words(
        lambda room, day: _("We have received your request: %(room)s, %(day)s", room=room, day=day),
        lambda _b: (
            _("We have received your request. The room is held for you until it is decided."),
        ),
        (
            lazy_gettext(
                "What happens next: the approver of the site decides. We will write to you as soon as there is a decision. "
                "You need not do anything until then."
            ),
        ),
        _SEE,
    ),
    "approved": _Words(
        lambda room, day: _("Your booking is approved: %(room)s, %(day)s", room=room, day=day),
        lambda _b: (_("Your booking has been approved. The room is yours at the time below."),),
        (
            lazy_gettext(
                "What to do next: if your plans change, cancel the booking in good time, so that others can use the room."
            ),
        ),
        _SEE,
    ),
    "rejected": _Words(
        lambda room, day: _("Your request was rejected: %(room)s, %(day)s", room=room, day=day),
        lambda _b: (
            _("Unfortunately your request was rejected. The room is no longer held for you."),
        ),
        (),
        _SEE_ONLY,
    ),
    "changed": _Words(
        lambda room, day: _("Your booking was changed: %(room)s, %(day)s", room=room, day=day),
        lambda booking: (
            _("The details of your booking were changed. Below they are as they are now."),
            *_asks_again(booking),
        ),
        (),
        _SEE,
    ),
    "moved": _Words(
        lambda room, day: _("Your booking was moved: %(room)s, %(day)s", room=room, day=day),
        lambda booking: (
            _(
                "Your booking was moved. Below are its new time and room; the old time is free again."
            ),
            *_asks_again(booking),
        ),
        (),
        _SEE,
    ),
    "cancelled": _Words(
        lambda room, day: _("Your booking was cancelled: %(room)s, %(day)s", room=room, day=day),
        lambda _b: (_("Your booking was cancelled. The room is no longer held for you."),),
        (),
        _SEE_ONLY,
    ),
    "lapsed": _Words(
        lambda room, day: _("Your request lapsed: %(room)s, %(day)s", room=room, day=day),
        lambda _b: (
            _(
                "Nobody decided on your request in time, so it lapsed. We are sorry. The room is no longer held for you."
            ),
        ),
        (),
        _SEE_ONLY,
    ),
    "date_reminder": _Words(
        lambda room, day: _("Coming up: %(room)s, %(day)s", room=room, day=day),
        lambda _b: (
            _(
                "You have the room soon. If you do not need it after all, release it now, so that others can use it."
            ),
        ),
        (),
        lazy_gettext("See the booking, how to get there, or release the room"),
    ),
}
_DECIDER: Mapping[str, _Words] = {
    "to_decide": _Words(
        lambda room, day: _(
            "A request awaits your decision: %(room)s, %(day)s", room=room, day=day
        ),
        lambda _b: (
            _("Somebody asks for a room of your site. The room is held until you decide."),
        ),
        (),
        lazy_gettext("Look at the request and decide"),
    ),
    "reminder": _Words(
        lambda room, day: _("Still awaiting your decision: %(room)s, %(day)s", room=room, day=day),
        lambda booking: (
            _(
                "This request was made on %(day)s, and nobody has decided yet.",
                day=_day(booking.created_at),
            ),
        ),
        (),
        lazy_gettext("Look at the request and decide"),
    ),
    "escalated": _Words(
        lambda room, day: _(
            "Undecided request passed to you: %(room)s, %(day)s", room=room, day=day
        ),
        lambda booking: (
            _(
                "This request was made on %(day)s, and its approvers have not decided. It has been passed to you.",
                day=_day(booking.created_at),
            ),
        ),
        (),
        lazy_gettext("Look at the request and decide"),
    ),
    "changed_request": _Words(
        lambda room, day: _(
            "A booking asks for a new decision: %(room)s, %(day)s", room=room, day=day
        ),
        lambda _b: (
            _("An approved booking was changed by its people, so it needs your decision again."),
        ),
        (),
        lazy_gettext("Look at the request and decide"),
    ),
    "withdrawn": _Words(
        lambda room, day: _("A booking was cancelled: %(room)s, %(day)s", room=room, day=day),
        lambda _b: (_("Its people cancelled this booking of your site. The room is free again."),),
        (),
        lazy_gettext("See the booking"),
    ),
}


def tell_asker(
    session: Session,
    kind: AskerKind,
    booking: Booking,
    now: datetime,
    not_before: datetime | None = None,
    actions: Sequence[Action] = (),
    facts: Sequence[Fact] = (),
) -> None:
    """Tell a booking's contact what happened to it, in the language of `mail_reader`, with the booking as .ics.

    `not_before`: until then the mail can be withdrawn, so that a slip of the hand can be undone. `actions` stand before the
    mail's usual link, `facts` after its usual ones; both in that language.
    """
    # What still waited so can't be undone any more, and must not arrive after what happened later.
    earlier = OutboxMessage.cause.startswith(f"booking:{booking.id}:", autoescape=True)
    send_now(session, earlier, now)
    if booking.series_id is not None:
        send_now(session, about_series(booking.series_id), now)
    reader = mail_reader(session, booking)
    with use_locale(reader.locale):
        envelope = Envelope(
            kind=kind,
            cause=f"booking:{booking.id}:{booking.version}:{kind}",
            name=booking.contact_name,
            address=booking.contact_email,
            person_id=reader.person_id,
            not_before=not_before,
            calendar=_calendar(session, booking),
        )
        more = (*_appeal(kind, booking), *facts)
        letter = _letter(_ASKER[kind], booking, booking.contact_name, actions, more)
        post(session, envelope, letter, now)


def tell_deciders(
    session: Session,
    kind: DeciderKind,
    booking: Booking,
    persons: Iterable[Person],
    now: datetime,
) -> None:
    """Tell those who decide of a request, each in their language; a person is told once per change and kind."""
    for person in persons:
        with use_locale(person.locale):
            envelope = Envelope(
                kind=kind,
                cause=f"booking:{booking.id}:{booking.version}:{kind}:{person.id}",
                name=person.name,
                address=person.email,
                person_id=person.id,
            )
            post(session, envelope, _letter(_DECIDER[kind], booking, person.name), now)


def _letter(
    words: _Words,
    booking: Booking,
    name: str,
    first: Sequence[Action] = (),
    more: Sequence[Fact] = (),
) -> Letter:
    locale = current_locale()
    room, day = one_line(booking.room.name.choose(locale)[0]), _day(booking.starts_at)
    actions = [*first, Action(str(words.link_text), f"{base_url()}/bookings/{booking.id}")]
    if booking.state in {"rejected", "lapsed"}:
        actions.insert(0, Action(_("Look for another time or another room"), f"{base_url()}/"))
    return Letter(
        subject=words.subject(room, day),
        name=one_line(name),
        opening=words.opening(booking),
        facts=(*_facts(booking), *more),
        next_steps=tuple(str(text) for text in words.next_steps),
        actions=tuple(actions),
    )


def _facts(booking: Booking) -> Iterable[Fact]:
    locale, room = current_locale(), booking.room
    unit = room.unit
    yield Fact(_("What"), one_line(booking.title))
    yield Fact(_("Booked by"), one_line(booking.organisation.name))
    yield Fact(_("Room"), one_line(room.name.choose(locale)[0]))
    yield Fact(_("Site"), one_line(unit.name.choose(locale)[0]))
    yield Fact(_("Address"), one_line(unit.address))
    yield Fact(_("Time"), period_in_words(Period(booking.starts_at, booking.ends_at)))
    yield Fact(_("State"), str(STATES[booking.state]))
    if booking.state in {"approved", "rejected"} and booking.decided_by_name:
        yield Fact(_("Decided by"), one_line(booking.decided_by_name))
    if booking.condition:
        yield Fact(_("Condition"), paragraph(booking.condition))
    reason = booking.cancel_reason if booking.state == "cancelled" else booking.reason
    if reason:
        yield Fact(_("Reason"), paragraph(reason))


def _appeal(kind: AskerKind, booking: Booking) -> Iterable[Fact]:
    """How to appeal, where a decision did not grant all; in later mails it would name a time that is over."""
    appeal, locale = booking.room.unit.appeal, current_locale()
    if appeal is not None and (kind == "rejected" or (kind == "approved" and booking.condition)):
        text, lang = appeal.choose(locale)
        yield Fact(_("If you disagree"), paragraph(text), "" if lang == locale else lang)


def _asks_again(booking: Booking) -> tuple[str, ...]:
    if booking.state != "requested":
        return ()
    return (
        _(
            "The site decides anew. Until then the new time is held for you, and the old one is free."
        ),
    )


def _calendar(session: Session, booking: Booking) -> str:
    """The booking as an .ics that calendars take over: what its own people may know.

    A booking that is no more comes as METHOD:PUBLISH with STATUS:CANCELLED, not as METHOD:CANCEL: that (RFC 5546 3.2.5) is for
    an organizer who takes back an invitation, and we have invited nobody. Nor is there an ORGANIZER, which strict PUBLISH wants:
    calendars would offer to answer to it.
    """
    return message_text(vevent_text(own_item(booking, installation(session))))


def _day(instant: datetime) -> str:
    return short_day(local(instant).date())
