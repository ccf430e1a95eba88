"""Counts what could not be had, once the answer is known: vain searches and refused requests. Knows requests; no page.

Written in a short transaction of its own, after which the page goes on as if nothing had been: a page must not fail because it
could not be counted. Not counted: HEAD, further pages of a list, what a browser fetches ahead, times that have passed, places
that are not ours (a caller may write any text there), and the same within a minute (`booking.web.recent`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import current_app, request

from booking.config import logger
from booking.domain.bookings import WHATEVER_THE_TIME, Wish
from booking.domain.demand import HYBRID, Miss, Place, coarse, nearest_reason, refusal_code
from booking.errors import (
    DatabaseBusy,
    DateRefused,
    PolicyRefusal,
    Refusal,
    RoomTaken,
    SeriesRefused,
)
from booking.queries.availability import Found, Wanted, rooms_found
from booking.queries.catalogue import Catalogue, catalogue
from booking.services.demand import count_miss
from booking.web import edge
from booking.web.recent import Recent
from calendars.period import Period

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from booking.domain.requests import BookingRequest
    from booking.queries.next_free import SeasonFound

_KEY = "yhteistila.recent"
# Query values that ask for more of an answer.
_FURTHER = frozenset({"cursor", "page", "all"})


def count_vain_search(wanted: Wanted, found: Found | None = None) -> None:
    """Count a search for one time that found no room with all that is needed; nothing if `found` has one.

    Without `found` the caller has seen that there is none, and the reason is looked up here.
    """
    if found is not None and found.free:
        return

    def miss(session: Session) -> Miss | None:
        known = catalogue(session)
        place = _place(known, wanted)
        if place is None:
            return None
        seen = found or rooms_found(session, wanted, edge.now(), explained=0)
        not_then, never = [one.code for one in seen.not_free], _why_never(seen)
        code = nearest_reason(bool(seen.unsure), not_then, never)
        return coarse("search", code, wanted.wish, place, _needs(wanted))

    _count(hash(("search", wanted)), wanted.wish, miss)


def count_vain_season(
    wanted: Wanted, sure: Sequence[SeasonFound], unsure: Sequence[SeasonFound]
) -> None:
    """Count a weekly search in which no room with all that is needed has a single free date; `wanted` is for its first date."""
    if any(one.free for one in sure):
        return

    def miss(session: Session) -> Miss | None:
        place = _place(catalogue(session), wanted)
        if place is None:
            return None
        taken = [code for one in sure for code in one.taken.values()]
        unfit: Sequence[str] = ()
        if not sure and not unsure:
            unfit = _why_never(rooms_found(session, wanted, edge.now(), explained=0))
        code = nearest_reason(any(one.free for one in unsure), taken, unfit)
        return coarse("search", code, wanted.wish, place, _needs(wanted))

    dates = max((one.dates for one in (*sure, *unsure)), default=0)
    _count(hash(("season", wanted, dates)), wanted.wish, miss)


@contextmanager
def refusals_counted(asked: BookingRequest) -> Iterator[None]:
    """Count it if the request is refused within the block, by a rule or since the room is taken; the refusal goes on its way.

    A refused series is one request, however many of its dates can't be had: it is counted as the first such date.
    """
    try:
        yield
    except (PolicyRefusal, RoomTaken) as error:
        refusals = error.refusals if isinstance(error, PolicyRefusal) else ()
        _count_refusal(asked, _codes(refusals, error.code))
        raise
    except SeriesRefused as error:
        count_refused_dates(asked, error.dates)
        raise


def count_refused_dates(asked: BookingRequest, dates: Iterable[DateRefused]) -> None:
    """Count a series of which these dates can't be had, as the first of them that is worth counting; none: nothing."""
    for date in dates:
        codes = _codes(date.refusals, "room_taken")
        # A day without such a time, in spring, is nobody's fault and no demand.
        if date.starts_at is not None and date.ends_at is not None and refusal_code(codes):
            _count_refusal(replace(asked, period=Period(date.starts_at, date.ends_at)), codes)
            return


def _codes(refusals: Sequence[Refusal], otherwise: str) -> list[str]:
    return [refusal.code for refusal in refusals] or [otherwise]


def _count_refusal(asked: BookingRequest, codes: Sequence[str]) -> None:
    code = refusal_code(codes)
    if code is None:
        return
    wish = Wish(asked.period, asked.activity, asked.people)
    features = sorted(asked.needed_features)

    def miss(session: Session) -> Miss:
        room = catalogue(session).room(asked.room_id)
        return coarse("refusal", code, wish, Place(room.municipality, room.unit_id), features)

    _count(hash(("refusal", code, wish, asked.room_id, *features)), wish, miss)


def _why_never(found: Found) -> list[str]:
    """Why rooms would not do at any time: a rule says so, or the room lacks what is needed."""
    codes = [[refusal.code for refusal in one.refusals] for one in found.unfit]
    return [
        next((code for code in told if code in WHATEVER_THE_TIME), "feature_missing")
        for told in codes
    ]


def _needs(wanted: Wanted) -> frozenset[str]:
    return wanted.features | {HYBRID} if wanted.is_hybrid else wanted.features


def _place(known: Catalogue, wanted: Wanted) -> Place | None:
    """The place as it is counted; None for one that isn't ours. A region, or nothing, is the whole county."""
    if wanted.unit_id is not None:
        towns = {room.unit_id: room.municipality for room in known.rooms.values()}
        town = towns.get(wanted.unit_id)
        return None if town is None else Place(town, wanted.unit_id)
    if wanted.municipality is None:
        return Place()
    return Place(wanted.municipality) if wanted.municipality in known.municipalities else None


def _count(hashed: int, wish: Wish, miss_of: Callable[[Session], Miss | None]) -> None:
    now = edge.now()
    if wish.period.start < now or not _is_asked_for():
        return
    met = current_app.extensions.setdefault(_KEY, Recent()).meet(hashed, now)
    if met == "too many":
        logger.warning("demand_not_counted", reason="too many within a minute")
    if met != "new":
        return
    with edge.read() as session:
        miss = miss_of(session)
    if miss is None:
        return
    try:
        edge.note(lambda rows: count_miss(rows, miss, now))
    except DatabaseBusy:
        logger.warning("demand_not_counted", reason="database busy")


def _is_asked_for() -> bool:
    """Whether a person or a program has just asked this, and wants to see the answer from its beginning."""
    ahead = request.headers.get("Sec-Purpose", "").startswith("prefetch")
    return request.method != "HEAD" and not ahead and request.args.keys().isdisjoint(_FURTHER)
