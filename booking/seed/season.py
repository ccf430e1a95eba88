"""A season that awaits its decision: an association asks for one afternoon of each week, one of which is somebody else's.

Played after everything else, and further ahead than all of it: whoever looks at the demo finds a series at every step.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from booking.domain.local_time import local
from booking.domain.recurrence import Recurrence, Weekly
from booking.domain.requests import BookingRequest, Instead, SeriesRequest
from booking.domain.series import Times, period_on
from booking.queries.catalogue import catalogue
from booking.seed.people import People
from booking.seed.places import Places
from booking.services.bookings import request_booking
from booking.services.series import request_series

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_ROOM, _ASKS, _IS_FASTER = "rantakyla/ahma", "muisti", "nako"
_BEGINS_IN, _DATES, _TAKEN = timedelta(weeks=11), 12, timedelta(weeks=2)
_ASKED = timedelta(hours=3)
_TIMES = Times(time(14), time(16))
_LATER_IN, _LATER = timedelta(weeks=4), Times(time(15), time(17))


def ask_for_a_season(session: Session, places: Places, people: People, now: datetime) -> None:
    """Ask for the series, and before that for one of its dates in another's name; not for any that the rules refuse."""
    room_id = places.rooms[_ROOM]
    rules = catalogue(session).room(room_id)
    today = local(now).date()
    first = today + _BEGINS_IN - timedelta(days=today.weekday() - 1)  # a Tuesday

    def wish(organisation: str, title: str, number: int) -> BookingRequest:
        return BookingRequest(
            room_id=room_id,
            organisation_id=people.organisations[organisation],
            title=title,
            activity="group",
            period=period_on(first + number * _TAKEN, _TIMES),
            people=8,
            terms_version=rules.terms_version,
        )

    faster, asker = people.askers[_IS_FASTER], people.askers[_ASKS]
    request_booking(session, wish(_IS_FASTER, "Kevätkokous", 1), faster, now - 2 * _ASKED)
    recurrence = Recurrence(Weekly((first.weekday(),)), first, count=_DATES)
    template = wish(_ASKS, "Muistikahvila, koko kausi", 0)
    # On one day they meet an hour later.
    other_day = first + _LATER_IN
    later = {other_day: Instead(room_id, period_on(other_day, _LATER))}
    season = SeriesRequest(template, recurrence, _TIMES, later, skips=True, waits=True)
    request_series(session, season, asker, now - _ASKED)
