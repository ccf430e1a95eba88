"""What is told by mail about a series: one mail for all its dates, with all of them as .ics. Knows the letters' words only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from booking.calendar_items import own_item
from booking.config import base_url
from booking.domain.local_time import local
from booking.i18n import clock_range, current_locale, lazy_gettext, short_day, use_locale
from booking.i18n import gettext as _
from booking.models import Booking, Person, Series, SkippedOccurrence
from booking.queries.feeds import installation
from booking.queries.people import mail_reader
from booking.queries.series_deciding import about_series, letters_of
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
from booking.services.mails import STATES
from booking.services.series_words import series_in_words
from calendars.ical import message_text, vevent_text
from calendars.period import Period

AskerKind = Literal["asked", "decided", "changed", "cancelled", "lapsed"]
DeciderKind = Literal["to_decide", "reminder", "escalated", "changed_request", "withdrawn"]

# More are counted, not listed: a mail of a year's days is read by nobody.
_MOST_LISTED = 60


@dataclass(frozen=True)
class _Words:
    """Subject with the title of the series, and what the mail opens with."""

    subject: object
    opening: object


_ASKER: Mapping[AskerKind, _Words] = {
    "asked": _Words(
        lazy_gettext("We have received your request for a series: %(title)s"),
        lazy_gettext(
            "We have received your request. The room is held for you on the days below until they are decided. "
            "We will write to you as soon as there is a decision."
        ),
    ),
    "decided": _Words(
        lazy_gettext("A decision on your series: %(title)s"),
        lazy_gettext("Your request for a series has been decided. Below you see each date."),
    ),
    "changed": _Words(
        lazy_gettext("Your series was changed: %(title)s"),
        lazy_gettext("Your series was changed. Below its dates are as they are now."),
    ),
    "cancelled": _Words(
        lazy_gettext("Dates of your series were cancelled: %(title)s"),
        lazy_gettext("Dates of your series were cancelled. Below you see each date as it is now."),
    ),
    "lapsed": _Words(
        lazy_gettext("Your request for a series lapsed: %(title)s"),
        lazy_gettext(
            "Nobody decided on your request in time, so it lapsed. We are sorry. The room is no longer held for you."
        ),
    ),
}
_DECIDER: Mapping[DeciderKind, _Words] = {
    "to_decide": _Words(
        lazy_gettext("A series awaits your decision: %(title)s"),
        lazy_gettext(
            "Somebody asks for a room of your site on many days. The room is held until you decide, "
            "on all of them at once or one by one."
        ),
    ),
    "reminder": _Words(
        lazy_gettext("A series still awaits your decision: %(title)s"),
        lazy_gettext("Nobody has decided yet on this request for many days."),
    ),
    "escalated": _Words(
        lazy_gettext("An undecided series passed to you: %(title)s"),
        lazy_gettext(
            "The approvers have not decided on this request for many days. It has been passed to you."
        ),
    ),
    "changed_request": _Words(
        lazy_gettext("A series asks for a new decision: %(title)s"),
        lazy_gettext(
            "Approved dates of a series were changed by its people, so they need your decision again."
        ),
    ),
    "withdrawn": _Words(
        lazy_gettext("Dates of a series were cancelled: %(title)s"),
        lazy_gettext("The people of a series cancelled dates of it. The room is free again then."),
    ),
}


def tell_asker_of_series(
    session: Session,
    kind: AskerKind,
    series: Series,
    told: Sequence[Booking],
    skipped: Sequence[SkippedOccurrence] = (),
    *,
    reason: str | None = None,
    now: datetime,
    not_before: datetime | None = None,
) -> None:
    """Tell each contact of a series what happened to its dates, in the language of `mail_reader`; `told`, not empty, by day.

    `reason`: why it was changed. `not_before`: until then the mail can be withdrawn.
    """
    # What still waited to be sent can't be undone any more, and must not arrive after what happened later.
    send_now(session, about_series(series.id), now)
    cause = f"{letters_of(series.id)}{series.version}:{kind}"
    own = installation(session)
    for number, dates in enumerate(_by_contact(told)):
        reader = mail_reader(session, dates[0])
        with use_locale(reader.locale):
            envelope = Envelope(
                kind=f"series_{kind}",
                cause=cause if number == 0 else f"{cause}:{number}",
                name=dates[0].contact_name,
                address=dates[0].contact_email,
                person_id=reader.person_id,
                not_before=not_before,
                calendar=message_text(*(vevent_text(own_item(one, own)) for one in dates)),
            )
            letter = _letter(_ASKER[kind], series, dates, skipped, dates[0].contact_name)
            more = tuple(_appeals(dates)) if kind == "decided" else ()
            if reason and all(one.cancel_reason != reason for one in dates):
                more = (Fact(_("Reason for the change"), paragraph(reason)),)
            post(session, envelope, replace(letter, facts=(*letter.facts, *more)), now)


def _appeals(dates: Iterable[Booking]) -> Iterable[Fact]:
    """How to appeal, by site, where a decision did not grant all."""
    locale, said = current_locale(), set()
    for one in dates:
        unit, limits = one.room.unit, one.state == "rejected" or one.condition
        if limits and unit.appeal is not None and unit.id not in said:
            said.add(unit.id)
            text, lang = unit.appeal.choose(locale)
            yield Fact(_("If you disagree"), paragraph(text), "" if lang == locale else lang)


def _by_contact(told: Sequence[Booking]) -> Iterable[list[Booking]]:
    """The dates of each contact: some may have one of their own."""
    found: dict[tuple[str, str], list[Booking]] = {}
    for one in told:
        found.setdefault((one.contact_name, one.contact_email), []).append(one)
    return found.values()


def tell_deciders_of_series(
    session: Session,
    kind: DeciderKind,
    series: Series,
    told: Sequence[Booking],
    persons: Iterable[Person],
    step: str = "",
    *,
    now: datetime,
) -> None:
    """Tell those who decide of a series, each in their language; a person is told once per change or step, and kind.

    `told`: dates of one unit, or of all of which the person decides. `step`: what happens without a change of the series.
    """
    unit_id = told[0].room.unit_id
    for person in persons:
        with use_locale(person.locale):
            envelope = Envelope(
                kind=kind,
                cause=f"{letters_of(series.id)}{series.version}{step}:{kind}:{unit_id}:{person.id}",
                name=person.name,
                address=person.email,
                person_id=person.id,
            )
            post(session, envelope, _letter(_DECIDER[kind], series, told, (), person.name), now)


def _letter(
    words: _Words,
    series: Series,
    told: Sequence[Booking],
    skipped: Sequence[SkippedOccurrence],
    name: str,
) -> Letter:
    title = one_line(told[0].title)
    return Letter(
        subject=str(words.subject) % {"title": title},
        name=one_line(name),
        opening=(str(words.opening),),
        facts=tuple(_facts(series, told, skipped)),
        actions=(
            Action(_("See the series and each of its dates"), f"{base_url()}/series/{series.id}"),
        ),
    )


def _facts(
    series: Series, told: Sequence[Booking], skipped: Sequence[SkippedOccurrence]
) -> Iterable[Fact]:
    locale, room = current_locale(), series.room
    yield Fact(_("What"), one_line(told[0].title))
    yield Fact(_("Booked by"), one_line(series.organisation.name))
    yield Fact(_("Room"), one_line(room.name.choose(locale)[0]))
    yield Fact(_("Site"), one_line(room.unit.name.choose(locale)[0]))
    yield Fact(_("Address"), one_line(room.unit.address))
    yield Fact(_("When"), series_in_words(series))
    for state in STATES:
        dates = [booking for booking in told if booking.state == state]
        if dates:
            yield Fact(str(STATES[state]), _listed([_date(series, one) for one in dates]))
    if skipped:
        yield Fact(_("Left out"), _listed([short_day(one.day) for one in skipped]))
    decided = next((one for one in told if one.decided_by_name), None)
    if decided is not None:
        yield Fact(_("Decided by"), one_line(decided.decided_by_name or ""))
    for label, texts in (
        (_("Condition"), {one.condition for one in told}),
        (_("Reason"), {one.reason or one.cancel_reason for one in told}),
    ):
        for text in sorted(text for text in texts if text):
            yield Fact(label, paragraph(text))


def _date(series: Series, booking: Booking) -> str:
    period = Period(booking.starts_at, booking.ends_at)
    day = short_day(local(booking.starts_at).date())
    said = f"{day} {clock_range(period)}"
    if booking.room_id != series.room_id:
        said = f"{said}, {one_line(booking.room.name.choose(current_locale())[0])}"
    return said


def _listed(lines: Sequence[str]) -> str:
    shown = [*lines[:_MOST_LISTED]]
    if len(lines) > _MOST_LISTED:
        shown.append(_("and %(number)s more", number=len(lines) - _MOST_LISTED))
    return "\n    ".join(shown)
