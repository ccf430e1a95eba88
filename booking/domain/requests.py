"""What a person fills in to ask for a room or to change a booking. Pure values; no rule and no row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from booking.domain.bookings import Wish
from booking.domain.recurrence import Recurrence
from booking.domain.series import Times
from calendars.period import Period


@dataclass(frozen=True)
class BookingRequest:
    """What a person fills in. Contact left empty: the asker's own name and address.

    `needed_features` are codes of `booking.domain.rooms.FEATURES`; `terms_version` is that of the rules of use they accept.
    """

    room_id: int
    organisation_id: int
    title: str
    activity: str
    period: Period
    people: int
    needs: str | None = None
    needed_features: frozenset[str] = frozenset()
    is_public: bool = False
    contact_name: str | None = None
    contact_email: str | None = None
    terms_version: int | None = None

    @property
    def wish(self) -> Wish:
        """What the policy looks at."""
        return Wish(self.period, self.activity, self.people, self.terms_version)


@dataclass(frozen=True)
class BookingEdit:
    """New texts and numbers of a booking; None leaves as it is, an empty `needs` takes the needs away.

    A contact is somebody: neither its name nor its address can be taken away.
    """

    title: str | None = None
    activity: str | None = None
    people: int | None = None
    needs: str | None = None
    needed_features: frozenset[str] | None = None
    is_public: bool | None = None
    terms_version: int | None = None
    contact_name: str | None = None
    contact_email: str | None = None


@dataclass(frozen=True)
class Instead:
    """Where and when one date of a series is to be, other than the series says."""

    room_id: int
    period: Period


@dataclass(frozen=True)
class SeriesRequest:
    """The same wish for many dates. `template` says all but the times; its period is that of any one date.

    `instead`: for single days another time or room. `skips`: book what is free and keep the other days as skipped, with the
    reason; else all or none. `left_out`: only these days may be left out, since the asker has seen them; None: whichever.
    `waits`: stand on the waiting list for the days that somebody else has.
    """

    template: BookingRequest
    recurrence: Recurrence
    times: Times
    instead: Mapping[date, Instead] = field(default_factory=dict)
    skips: bool = False
    left_out: frozenset[date] | None = None
    waits: bool = False


@dataclass(frozen=True)
class SeriesChange:
    """What is to be different in a series from the day `since` on; None leaves as it is.

    `recurrence`: the days, counted from its own first one; those before `since` are left as they are. `edit`: texts and numbers.
    `reason`: why, for its people; staff have to say.
    """

    since: date
    recurrence: Recurrence | None = None
    times: Times | None = None
    room_id: int | None = None
    edit: BookingEdit | None = None
    reason: str | None = None
