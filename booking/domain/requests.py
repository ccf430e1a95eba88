"""What a person fills in to ask for a room or to change a booking. Pure values; no rule and no row."""

from __future__ import annotations

from dataclasses import dataclass

from booking.domain.bookings import Wish
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
