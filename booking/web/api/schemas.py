"""What bodies and queries may hold, by route: names, kinds, limits. Knows the domain's words; no row and no rule.

A field that isn't here is refused: neither state nor version nor asker nor decider can be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marshmallow import ValidationError, validates_schema

from booking.domain.bookings import STATES
from booking.domain.rooms import ACTIVITIES, FEATURES
from booking.web.api.asked import Strict
from booking.web.api.fields import (
    Choice,
    Choices,
    Code,
    Instant,
    Line,
    Lines,
    QueryInstant,
    QueryNumber,
    Truth,
    WholeNumber,
)
from booking.web.api.paging import DEFAULT_LIMIT, LARGEST_LIMIT

MOST_PEOPLE = 100_000
# Opening hours of decades would be worked out before the room's own limit says no; that one is the service's to tell.
_LONGEST = timedelta(days=31)


def _in_order(values: Mapping[str, Any], longest: timedelta | None) -> None:
    starts_at, ends_at = values.get("starts_at"), values.get("ends_at")
    if starts_at is None or ends_at is None:
        return
    if ends_at <= starts_at:
        raise ValidationError(Code("end_before_start"), "ends_at")
    if longest is not None and ends_at - starts_at > longest:
        raise ValidationError(Code("too_many_days", limit=longest.days), "ends_at")


class _Page(Strict):
    limit = QueryNumber(highest=LARGEST_LIMIT, load_default=DEFAULT_LIMIT)
    cursor = Line(200, metadata={"description": "Where the page begins; take it from `next`."})


class RoomsQuery(_Page):
    """Which rooms a list shows."""

    municipality = Line(40, metadata={"examples": ["joensuu"]})
    unit = QueryNumber()
    people = QueryNumber(
        highest=MOST_PEOPLE, metadata={"description": "Room for at least so many."}
    )
    features = Choices(FEATURES, metadata={"description": "All of them, known to be there."})
    activity = Choice(ACTIVITIES)


class AvailabilityQuery(_Page):
    """The wish that rooms must allow."""

    starts_at = QueryInstant(required=True, metadata={"examples": ["2027-06-07T17:30:00+03:00"]})
    ends_at = QueryInstant(required=True, metadata={"examples": ["2027-06-07T19:00:00+03:00"]})
    people = QueryNumber(highest=MOST_PEOPLE, load_default=1)
    activity = Choice(ACTIVITIES, load_default="meeting")
    municipality = Line(40, metadata={"examples": ["joensuu"]})
    unit = QueryNumber()
    features = Choices(FEATURES, metadata={"description": "All of them, known to be there."})

    @validates_schema
    def _check_order(self, values: Mapping[str, Any], **_options: Any) -> None:
        _in_order(values, _LONGEST)


class OrganisationsQuery(_Page):
    """Nothing but the page."""


class BookingsQuery(_Page):
    """Which bookings a list shows; times bound those that touch [from, to)."""

    state = Choice(STATES)
    room_id = QueryNumber()
    organisation_id = QueryNumber()
    starts_before = QueryInstant(
        data_key="to", metadata={"examples": ["2027-07-01T00:00:00+03:00"]}
    )
    ends_after = QueryInstant(data_key="from", metadata={"examples": ["2027-06-01T00:00:00+03:00"]})


class BookingBody(Strict):
    """A room asked for."""

    room_id = WholeNumber(required=True)
    organisation_id = WholeNumber(required=True, metadata={"description": "See /organisations."})
    title = Line(200, required=True)
    activity = Choice(ACTIVITIES, required=True)
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    people = WholeNumber(highest=MOST_PEOPLE, required=True)
    needs = Lines(2000, allow_none=True, load_default=None)
    public = Truth(
        load_default=False, metadata={"description": "Whether everybody may read the title."}
    )

    @validates_schema
    def _check_order(self, values: Mapping[str, Any], **_options: Any) -> None:
        _in_order(values, _LONGEST)


class BookingEditBody(Strict):
    """What changes; at least one field. `needs: null` takes the needs away."""

    title = Line(200)
    activity = Choice(ACTIVITIES)
    people = WholeNumber(highest=MOST_PEOPLE)
    needs = Lines(2000, allow_none=True)
    public = Truth()

    @validates_schema
    def _check_title(self, values: Mapping[str, Any], **_options: Any) -> None:
        if not values:
            raise ValidationError(Code("nothing_to_change"), "body")
        if values.get("title") == "":
            raise ValidationError(Code("required"), "title")


class DecisionBody(Strict):
    """Why, told to the requester. A rejection needs it; so does approving over foreign busy time."""

    reason = Lines(2000, allow_none=True, load_default=None)


class MoveBody(Strict):
    """The new time, and the new room if it is another."""

    room_id = WholeNumber()
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    reason = Lines(2000, allow_none=True, load_default=None)

    @validates_schema
    def _check_order(self, values: Mapping[str, Any], **_options: Any) -> None:
        _in_order(values, _LONGEST)


class BlockBody(Strict):
    """The time a unit keeps for itself, and why; the reason is for staff."""

    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    reason = Line(300, required=True)

    @validates_schema
    def _check_order(self, values: Mapping[str, Any], **_options: Any) -> None:
        _in_order(values, None)
