"""What could be had instead on the dates of a series that can't be had: another time in the room, another room at the time.

Changes nothing. Rooms are looked for near by first: of the same unit, then of the same municipality.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.domain.bookings import Wish
from booking.domain.requests import Instead
from booking.domain.rooms import RoomRules
from booking.domain.series import Around, Weighed, nearest_other_time
from booking.queries.availability import Wanted
from booking.queries.next_free import LONGEST_SEASON, SeasonFound, season_found

# Refusals that neither another time of that day nor another room would lift.
_HOPELESS = frozenset({"missing_hour", "doubled_hour", "too_late", "quota_exceeded"})


@dataclass(frozen=True, slots=True)
class Offer:
    """What one date could be instead; either may be None."""

    other_time: Instead | None
    other_room: Instead | None


def offers(
    session: Session,
    refused: Sequence[Weighed],
    wish: Wish,
    features: frozenset[str],
    around: Around,
    now: datetime,
) -> dict[date, Offer]:
    """The nearest alternatives of each refused date, by its day; days without any are left out.

    `features` must all be there in another room. Of more than LONGEST_SEASON dates only the first are looked at: nobody reads
    more. `around`: what was weighed with, the accepted dates counted.
    """
    looked_at = [one for one in refused if one.code not in _HOPELESS][:LONGEST_SEASON]
    rooms = _other_rooms(session, looked_at, wish, features, now)
    found = {}
    for one in looked_at:
        period = one.wished.period
        assert period is not None  # what has no time is hopeless
        time = nearest_other_time(one.wished.rules, period, wish, around, now)
        room = rooms.get(one.wished.day)
        if time is not None or room is not None:
            found[one.wished.day] = Offer(
                None if time is None else Instead(one.wished.rules.id, time),
                None if room is None else Instead(room.id, period),
            )
    return found


def _other_rooms(
    session: Session,
    refused: Sequence[Weighed],
    wish: Wish,
    features: frozenset[str],
    now: datetime,
) -> dict[date, RoomRules]:
    if not refused:
        return {}
    here = refused[0].wished.rules
    periods = [one.wished.period for one in refused]
    wanted = Wanted(
        replace(wish, period=periods[0] or wish.period), here.municipality, features=features
    )
    sure, _unsure = season_found(session, wanted, periods, now)
    # Rules of use of another unit would have to be accepted first; and a room must not be offered instead of itself.
    near = [
        one
        for one in sure
        if one.room.id != here.id
        and (one.room.terms_version is None or one.room.unit_id == here.unit_id)
    ]
    near.sort(key=lambda one: (one.room.unit_id != here.unit_id, one.room.capacity))
    taken = {one.room.id: one.taken for one in near}
    found = {}
    for index, one in enumerate(refused):
        room = _first_free(near, taken, index)
        if room is not None:
            found[one.wished.day] = room
    return found


def _first_free(
    near: Sequence[SeasonFound], taken: dict[int, dict[int, str]], index: int
) -> RoomRules | None:
    return next((one.room for one in near if index not in taken[one.room.id]), None)
