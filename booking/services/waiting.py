"""A waiting list for a taken slot: first come, first served, offered with a deadline, declined or run out: the next.

An offer holds nothing. It is a mail with a link to the booking form, and for as long as it lasts nobody else of the list is
written to; who asks first gets the room, as everywhere. That keeps one truth about held time: the occupancy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.config import base_url
from booking.domain.access import Actor
from booking.domain.bookings import Wish, refusals_of_room
from booking.domain.local_time import local
from booking.domain.rooms import RoomRules
from booking.errors import Forbidden, InvalidInput, NotFound, PolicyRefusal
from booking.i18n import clock, period_in_words, short_day, use_locale
from booking.i18n import gettext as _
from booking.models import Membership, Organisation, Room, WaitingEntry
from booking.queries.availability import holds
from booking.queries.deciding import may_come_back
from booking.queries.waiting import LIVING, period_waited_for, waiting_entry
from booking.services.audit import record
from booking.services.letters import Action, Envelope, Fact, Letter, one_line, post
from booking.services.occupancy import locked_rules
from booking.services.standing import keep_from_merging, require_may_book
from calendars.period import Period

# Assumed: a day to answer suits volunteers who read mail in the evening; the closer the date, the shorter.
OFFER_LASTS = timedelta(hours=24)
_SHORTEST_OFFER = timedelta(hours=2)
_FAR = timedelta(days=1100)  # behind every room's horizon
_MOST_WAITING = 20  # of one organisation, to come; what its series wait for has a bound of its own


def wait_for(
    session: Session,
    room_id: int,
    organisation_id: int,
    period: Period,
    activity: str,
    people: int,
    *,
    actor: Actor,
    now: datetime,
) -> WaitingEntry:
    """Wait for a slot that is taken. The same wish twice is one entry.

    Raises NotFound, Forbidden, PolicyRefusal (it could not be had even if it were free), InvalidInput(`in_the_past`,
    `slot_is_free`, `too_many_waiting`).
    """
    if actor.person_id is None or organisation_id not in actor.organisations:
        raise Forbidden("organisation_not_yours")
    keep_from_merging(session, organisation_id)
    rules = locked_rules(session, room_id)
    if not rules.published:
        raise NotFound("room")
    require_may_book(session, session.get_one(Organisation, organisation_id))
    _require_worth_waiting(session, rules, Wish(period, activity, people), now)
    living = living_waits(session, organisation_id, now)
    for entry in living:
        if entry.room_id == room_id and period_waited_for(entry) == period:
            return entry
    if sum(entry.series_id is None for entry in living) >= _MOST_WAITING:
        raise InvalidInput("too_many_waiting", field="room_id", limit=_MOST_WAITING)
    entry = WaitingEntry(
        room=session.get_one(Room, room_id),
        organisation=session.get_one(Organisation, organisation_id),
        asker_id=actor.person_id,
        starts_at=period.start,
        ends_at=period.end,
        activity=activity,
        people=people,
        state="waiting",
        created_at=now,
    )
    session.add(entry)
    session.flush()
    record(session, "wait_for", ("waiting", entry.id), actor=actor, now=now)
    return entry


def _require_worth_waiting(session: Session, rules: RoomRules, wish: Wish, now: datetime) -> None:
    """Raise unless the time is to come, could be had if nobody held it, and is held."""
    if wish.period.start <= now:
        raise InvalidInput("in_the_past", field="starts_at")
    refusals = refusals_of_room(rules, wish, now)
    if refusals:
        raise PolicyRefusal(refusals)
    if not holds(session, rules.space_ids, wish.period):
        raise InvalidInput("slot_is_free", field="starts_at")


def living_waits(session: Session, organisation_id: int, now: datetime) -> Sequence[WaitingEntry]:
    """What an organisation still waits for."""
    return session.scalars(
        select(WaitingEntry).where(
            WaitingEntry.organisation_id == organisation_id,
            WaitingEntry.state.in_(LIVING),
            WaitingEntry.ends_at > now,
        )
    ).all()


def leave_waiting(session: Session, entry_id: int, *, actor: Actor, now: datetime) -> WaitingEntry:
    """Decline an offer, or wait no longer; the next in line is written to. Doing it twice is doing it once. Raises NotFound."""
    entry = waiting_entry(session, entry_id, actor)
    rules = locked_rules(session, entry.room_id)
    session.refresh(entry, with_for_update={"of": WaitingEntry})
    if entry.state in LIVING:
        entry.state = "declined" if entry.state == "offered" else "cancelled"
        entry.offered_until = None
        record(session, "leave_waiting", ("waiting", entry.id), actor=actor, now=now)
        session.flush()
        offer_freed(session, rules, period_waited_for(entry), now)
    return entry


def offer_freed(session: Session, rules: RoomRules, freed: Period, now: datetime) -> None:
    """Offer time that has become free to those who wait first for it. Call with the spaces locked, after the release."""
    offer_all_freed(session, [(rules, freed)], now)


def offer_all_freed(
    session: Session, freed: Iterable[tuple[RoomRules, Period]], now: datetime
) -> None:
    """The same for many times at once: who waits for several of them gets one letter."""
    offered: dict[int, list[WaitingEntry]] = {}
    for rules, period in freed:
        for entry in _offered(session, rules, period, now):
            offered.setdefault(entry.asker_id, []).append(entry)
    for entries in offered.values():
        _tell(session, sorted(entries, key=lambda entry: entry.starts_at), now)


def _offered(
    session: Session, rules: RoomRules, freed: Period, now: datetime
) -> Iterator[WaitingEntry]:
    """Offer the freed time in turn; those it is offered to."""
    entries = session.scalars(
        select(WaitingEntry)
        .where(
            WaitingEntry.room_id.in_(rules.neighbours),
            WaitingEntry.state.in_(LIVING),
            WaitingEntry.starts_at > now,
            WaitingEntry.starts_at < freed.end,
            WaitingEntry.ends_at > freed.start,
        )
        .order_by(WaitingEntry.created_at, WaitingEntry.id)
        .options(joinedload(WaitingEntry.room), joinedload(WaitingEntry.asker))
        .options(joinedload(WaitingEntry.organisation))
        # Who waits for the whole hall is found by those who free either half of it: only one of them may write.
        .with_for_update(of=WaitingEntry)
        .execution_options(populate_existing=True)
    ).all()
    if not entries:
        return
    held = [period_waited_for(one) for one in entries if one.state == "offered"]
    # What was rejected by a slip of the hand is held again within minutes; if not, the worker's next look offers it.
    held += may_come_back(session, rules.neighbours, freed, now)
    for entry in entries:
        period = period_waited_for(entry)
        if entry.state == "waiting" and not _may_ask(session, entry):
            entry.state = "cancelled"
        if entry.state != "waiting" or any(period.overlaps(other) for other in held):
            continue
        spaces = [space.id for space in entry.room.spaces]
        if holds(session, spaces, period):
            continue
        entry.state = "offered"
        lasts = max(_SHORTEST_OFFER, min(OFFER_LASTS, (entry.starts_at - now) / 4))
        entry.offered_until = now + lasts
        held.append(period)
        yield entry


def _may_ask(session: Session, entry: WaitingEntry) -> bool:
    """Whether who waits may still ask in the organisation's name: an offer to anybody else would only hold up the next."""
    membership = select(Membership.id).where(
        Membership.person_id == entry.asker_id,
        Membership.organisation_id == entry.organisation_id,
    )
    is_member = session.scalars(membership).first() is not None
    return is_member and entry.asker.is_active and entry.organisation.is_active


def note_taken(
    session: Session, organisation_id: int, taken: Sequence[tuple[RoomRules, Period]]
) -> None:
    """Times were taken: their organisation waits for them no longer; to whom they were offered, waits on.

    Call with the spaces locked, once the times are held.
    """
    if not taken:
        return
    rooms = {room_id for rules, _period in taken for room_id in rules.neighbours}
    entries = session.scalars(
        select(WaitingEntry)
        .where(
            WaitingEntry.room_id.in_(rooms),
            WaitingEntry.state.in_(LIVING),
            WaitingEntry.starts_at < max(period.end for _rules, period in taken),
            WaitingEntry.ends_at > min(period.start for _rules, period in taken),
        )
        .order_by(WaitingEntry.id)
        .with_for_update(of=WaitingEntry)
        .execution_options(populate_existing=True)
    ).all()
    for entry in entries:
        met = [rules for rules, period in taken if period.overlaps(period_waited_for(entry))]
        if entry.organisation_id == organisation_id and entry.room_id in {one.id for one in met}:
            entry.state, entry.offered_until = "taken", None
        elif entry.state == "offered" and any(entry.room_id in one.neighbours for one in met):
            entry.state, entry.offered_until = "waiting", None
    session.flush()


def waiting_rooms(session: Session, now: datetime) -> list[int]:
    """Rooms that somebody waits for, to come; the worker looks after each in a transaction of its own."""
    living = WaitingEntry.state.in_(LIVING), WaitingEntry.starts_at > now
    return list(session.scalars(select(WaitingEntry.room_id).where(*living).distinct()))


def look_after_waiting(session: Session, room_id: int, now: datetime) -> None:
    """Let offers run out that nobody answered, and offer what has become free meanwhile, however it did.

    Who was offered what a block or another calendar has taken since, waits on.
    """
    rules = locked_rules(session, room_id)
    offered = session.scalars(
        select(WaitingEntry)
        .where(WaitingEntry.room_id == room_id, WaitingEntry.state == "offered")
        .with_for_update(of=WaitingEntry)
        .execution_options(populate_existing=True)
    )
    for entry in offered.all():
        if holds(session, rules.space_ids, period_waited_for(entry)):
            entry.state, entry.offered_until = "waiting", None
        elif entry.offered_until is None or entry.offered_until <= now:
            entry.state = "expired"
    session.flush()
    offer_freed(session, rules, Period(now, now + _FAR), now)


def _tell(session: Session, entries: Sequence[WaitingEntry], now: datetime) -> None:
    """Write to who waits; `entries`: theirs, by day, at least one."""
    first, person = entries[0], entries[0].asker
    assert first.offered_until is not None  # set just now
    with use_locale(person.locale):
        envelope = Envelope(
            kind="slot_free",
            cause=f"waiting:{first.id}:{first.offered_until:%Y%m%d%H%M%S%f}",
            name=person.name,
            address=person.email,
            person_id=person.id,
        )
        letter = _letter_of_one(first) if len(entries) == 1 else _letter_of_many(entries)
        post(session, envelope, letter, now)


def _room_of(entry: WaitingEntry) -> str:
    return one_line(entry.room.name.choose(entry.asker.locale)[0])


def _first_until(entry: WaitingEntry) -> dict[str, str]:
    assert entry.offered_until is not None  # it is offered
    until = local(entry.offered_until)
    return {"day": short_day(until.date()), "time": clock(until)}


def _letter_of_one(entry: WaitingEntry) -> Letter:
    room, day = _room_of(entry), short_day(local(entry.starts_at).date())
    return Letter(
        subject=_("The time you wait for is free: %(room)s, %(day)s", room=room, day=day),
        name=one_line(entry.asker.name),
        opening=(
            _(
                "%(room)s is free after all: %(when)s.",
                room=room,
                when=period_in_words(period_waited_for(entry)),
            ),
            _(
                "You are first in line until %(day)s at %(time)s. Nothing is booked yet: ask for the room to get it.",
                **_first_until(entry),
            ),
        ),
        actions=(
            Action(
                _("Ask for the room, or let the next in line have it"),
                f"{base_url()}/waiting/{entry.id}",
            ),
        ),
    )


def _letter_of_many(entries: Sequence[WaitingEntry]) -> Letter:
    return Letter(
        subject=_("Times you wait for are free: %(number)s", number=len(entries)),
        name=one_line(entries[0].asker.name),
        opening=(
            _("Several times that you wait for are free after all. They are listed below."),
            _("Nothing is booked yet: ask for each of them to get it."),
        ),
        facts=tuple(
            Fact(
                period_in_words(period_waited_for(entry)),
                _(
                    "%(room)s; you are first in line until %(day)s at %(time)s",
                    room=_room_of(entry),
                    **_first_until(entry),
                ),
            )
            for entry in entries
        ),
        actions=(Action(_("See what you wait for"), f"{base_url()}/bookings"),),
    )
