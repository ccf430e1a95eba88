"""The ways a use case may refuse. Knows codes and parameters; no texts, no HTTP, no database.

A class per thing the *caller* does differently; the `code` says which rule spoke. Codes are stable and part of the API;
texts in three languages are looked up at the edge (`booking.web.texts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from typing import Any


class BookingError(Exception):
    """A refusal with a stable code; `params` fill the placeholders of its text."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}" if self.params else self.code


class InvalidInput(BookingError):
    """A value that can't be understood; `params["field"]`, where given, names the input it came in."""


class SignInRequired(BookingError):
    """The caller is not known, or no longer."""


class NotFound(BookingError):
    """There is no such thing, or this actor may not know that there is."""

    def __init__(self, what: str) -> None:
        super().__init__("not_found", what=what)


class Forbidden(BookingError):
    """The actor may see the thing, but not do this to it."""


class Stale(BookingError):
    """Somebody changed the row since the caller saw it; look again, then decide."""

    def __init__(self, current_version: int) -> None:
        super().__init__("stale", current_version=current_version)


class WrongState(BookingError):
    """The action is not one of those its state allows: `wrong_state`, or `already_started` when it is too late for any."""

    def __init__(self, state: str, action: str, code: str = "wrong_state") -> None:
        super().__init__(code, state=state, action=action)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One rule's no: stable code, the parameters of its text, and the field it speaks of."""

    code: str
    field: str
    params: dict[str, Any] = dataclass_field(default_factory=dict)


class PolicyRefusal(BookingError):
    """The room's rules say no; `refusals` holds each reason, in the order of the policy, never empty."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(refusals[0].code, **refusals[0].params)
        self.refusals = tuple(refusals)


class InvalidValues(BookingError):
    """Values of a thing can't be kept; `faults` holds each reason with its field, never empty."""

    def __init__(self, faults: Sequence[Refusal]) -> None:
        super().__init__(faults[0].code, **faults[0].params)
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Broken:
    """A booking to come that a change would leave against the rules, or without its time; `code` says which rule speaks."""

    booking_id: int
    room_id: int
    starts_at: datetime
    ends_at: datetime
    title: str
    organisation: str
    code: str


class BreaksBookings(BookingError):
    """A change would break bookings to come: `bookings`, by start, never empty. Nothing was changed.

    The caller shows them; who has seen them may say which ones are accepted, and try again.
    """

    def __init__(self, bookings: Sequence[Broken]) -> None:
        super().__init__("breaks_bookings")
        self.bookings = tuple(bookings)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Time that is held already. Says what kind and when; never whose or why."""

    kind: str  # 'booking' | 'block' | 'foreign'
    starts_at: datetime
    ends_at: datetime


class RoomTaken(BookingError):
    """The room's time is held; `conflicts` is sorted by start and may be empty when a race was lost in the database."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__("room_taken")
        self.conflicts = tuple(conflicts)


@dataclass(frozen=True, slots=True)
class DateRefused:
    """One date of a series that can't be had: the policy's reasons, or what holds the room then."""

    day: date
    starts_at: datetime | None
    ends_at: datetime | None
    refusals: tuple[Refusal, ...]
    conflicts: tuple[Conflict, ...]


class SeriesRefused(BookingError):
    """Some dates of a series can't be had and none was to be left out; `dates`: all of them, by day. Nothing was booked.

    `room_taken` when nothing but held time is in the way, else the first rule's code.
    """

    def __init__(self, dates: Sequence[DateRefused]) -> None:
        first = next((date.refusals[0] for date in dates if date.refusals), None)
        super().__init__(
            "room_taken" if first is None else first.code, **(first.params if first else {})
        )
        self.dates = tuple(dates)


class PlanChanged(BookingError):
    """A change would do something else now than what was shown; `plan` is what it would do. Nothing was done."""

    def __init__(self, plan: Any) -> None:
        super().__init__("plan_changed")
        self.plan = plan


class TooMany(BookingError):
    """A limit counted in rows is reached; `params["retry_after_seconds"]` says when to try again."""


class KeyReused(BookingError):
    """An Idempotency-Key came again with another body."""

    def __init__(self) -> None:
        super().__init__("key_reused")


class DatabaseBusy(BookingError):
    """No turn to write could be had in time; the caller may try again after `retry_after_seconds`."""

    def __init__(self, retry_after_seconds: int = 2) -> None:
        super().__init__("database_busy", retry_after_seconds=retry_after_seconds)


class Misconfigured(Exception):
    """A setting is missing or unsafe; the text says which one and what to set. Shown to the person who starts the service."""
