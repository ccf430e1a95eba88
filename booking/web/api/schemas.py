"""What bodies and queries may hold, by route: names, kinds, limits. Knows the domain's words; no row and no rule.

A field that isn't here is refused: neither state nor version nor asker nor decider can be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from booking.domain.bookings import STATES
from booking.domain.local_time import YEARS, local
from booking.domain.recurrence import LONGEST_RRULE
from booking.domain.room_values import is_email
from booking.domain.rooms import ACTIVITIES, FEATURES
from booking.queries.next_free import LONGEST_SEASON
from booking.services.blocks import MOST_AT_ONCE
from booking.web.api.asked import Strict
from booking.web.api.fields import (
    Choice,
    Choices,
    Code,
    Codes,
    Day,
    Instant,
    Line,
    Lines,
    QueryInstant,
    QueryNumber,
    QueryTruth,
    Truth,
    WholeNumber,
)
from booking.web.api.paging import DEFAULT_LIMIT, LARGEST_LIMIT

MOST_PEOPLE = 100_000
# Opening hours of decades would be worked out before the room's own limit says no; that one is the service's to tell.
_LONGEST = timedelta(days=31)
_DAY = timedelta(days=1)


def _in_order(values: Mapping[str, Any], longest: timedelta | None) -> None:
    starts_at, ends_at = values.get("starts_at"), values.get("ends_at")
    if starts_at is None or ends_at is None:
        return
    if ends_at <= starts_at:
        raise ValidationError(Code("end_before_start"), "ends_at")
    if longest is not None and ends_at - starts_at > longest:
        raise ValidationError(Code("too_many_days", limit=longest.days), "ends_at")


def _within_a_day(starts_at: datetime, ends_at: datetime) -> None:
    """Refuse what can't come again each week at the same time of day: `weekly_slots` knows a start and an end by the clock."""
    length = local(ends_at).replace(tzinfo=None) - local(starts_at).replace(tzinfo=None)
    if not timedelta(0) < length <= _DAY:
        raise ValidationError(Code("weekly_within_a_day"), "ends_at")


class PageQuery(Strict):
    """Which page of a list."""

    limit = QueryNumber(highest=LARGEST_LIMIT, load_default=DEFAULT_LIMIT)
    cursor = Line(200, metadata={"description": "Where the page begins; take it from `next`."})


class PlacesQuery(PageQuery):
    """Where the things of a list are."""

    municipality = Line(40, metadata={"description": "Its key.", "examples": ["joensuu"]})
    region = Line(40, metadata={"description": "The key of a region of several municipalities."})


class _Rooms(PlacesQuery):
    unit = QueryNumber()
    features = Choices(FEATURES, metadata={"description": "All of them, known to be there."})
    hybrid = QueryTruth(
        load_default=False,
        metadata={"description": "true: only rooms in which those far away can take part."},
    )


class RoomsQuery(_Rooms):
    """Which rooms a list shows."""

    people = QueryNumber(
        highest=MOST_PEOPLE, metadata={"description": "Room for at least so many."}
    )
    activity = Choice(ACTIVITIES)


class AvailabilityQuery(_Rooms):
    """The wish that rooms must allow."""

    starts_at = QueryInstant(required=True, metadata={"examples": ["2027-06-07T17:30:00+03:00"]})
    ends_at = QueryInstant(required=True, metadata={"examples": ["2027-06-07T19:00:00+03:00"]})
    people = QueryNumber(highest=MOST_PEOPLE, load_default=1)
    activity = Choice(ACTIVITIES, load_default="meeting")
    weekly = QueryNumber(
        lowest=2,
        highest=LONGEST_SEASON,
        metadata={
            "description": "On so many dates, a week apart, at the same time by the clock on the wall: the answer is another."
        },
    )

    @validates_schema
    def _check_order(self, values: Mapping[str, Any], **_options: Any) -> None:
        _in_order(values, _LONGEST)
        if "weekly" in values and "starts_at" in values and "ends_at" in values:
            _within_a_day(values["starts_at"], values["ends_at"])
            first = local(values["starts_at"]).date()
            last = local(values["ends_at"]).date() + values["weekly"] * timedelta(days=7)
            if first.year not in YEARS or last.year not in YEARS:
                raise ValidationError(
                    Code("bad_year", lowest=YEARS.start, highest=YEARS.stop - 1), "weekly"
                )


class NextFreeQuery(Strict):
    """For how long, and from when on."""

    minutes = QueryNumber(
        required=True, metadata={"description": "Within the room's rules of length."}
    )
    start = QueryInstant(
        data_key="from",
        metadata={
            "description": "Without it: from now on.",
            "examples": ["2027-06-07T00:00:00+03:00"],
        },
    )


class BookingsQuery(PageQuery):
    """Which bookings a list shows; times bound those that touch [from, to)."""

    state = Choice(STATES)
    room_id = QueryNumber()
    unit_id = QueryNumber()
    organisation_id = QueryNumber()
    starts_before = QueryInstant(
        data_key="to", metadata={"examples": ["2027-07-01T00:00:00+03:00"]}
    )
    ends_after = QueryInstant(data_key="from", metadata={"examples": ["2027-06-01T00:00:00+03:00"]})


def _needed(**options: Any) -> Codes:
    about = {"description": "What its people need of the room's accessibility; seen by few."}
    return Codes(FEATURES, metadata=about, **options)


def _accepted_terms() -> WholeNumber:
    about = {"description": "The version of the unit's rules of use that is accepted."}
    return WholeNumber(metadata=about)


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
    needed_features = _needed(load_default=())
    terms_version = _accepted_terms()
    public = Truth(
        load_default=False, metadata={"description": "Whether everybody may read the title."}
    )
    rrule = Line(
        LONGEST_RRULE,
        metadata={
            "description": (
                "Makes it a series: when it comes again (RFC 5545), by the clock on the wall, counted from the day of "
                "`starts_at`; weekly with BYDAY, or monthly with BYMONTHDAY or one numbered BYDAY, with UNTIL or COUNT, "
                "at most 366 dates."
            ),
            "examples": ["FREQ=WEEKLY;BYDAY=TU;COUNT=26"],
        },
    )
    skip_taken = Truth(
        load_default=False,
        metadata={
            "description": "Of a series: true leaves out the dates that cannot be had; false asks for all dates or none."
        },
    )
    fold = WholeNumber(
        lowest=0,
        highest=1,
        metadata={
            "description": (
                "Of a series: which of the two hours on the night when the clocks are put back, 0 the first, 1 the second. "
                "Without it a date that would need it cannot be had (`doubled_hour`)."
            )
        },
    )

    @validates_schema
    def _check_order(self, values: Mapping[str, Any], **_options: Any) -> None:
        _in_order(values, _LONGEST)
        if "rrule" not in values:
            if values.get("skip_taken") or "fold" in values:
                raise ValidationError(Code("required"), "rrule")
        elif "starts_at" in values and "ends_at" in values:
            _within_a_day(values["starts_at"], values["ends_at"])


class BookingContactPart(Strict):
    """Whom to reach about a booking; neither can be taken away."""

    name = Line(120)
    email = Line(254)

    @validates_schema
    def _check_blank(self, values: Mapping[str, Any], **_options: Any) -> None:
        for name, value in values.items():
            if not value:
                raise ValidationError(Code("required"), name)
        if "email" in values and not is_email(values["email"]):
            raise ValidationError(Code("bad_email"), "email")


SCOPES = ("one", "following", "all")
# Fields of an edit that only the dates of a series have: a single booking is moved, and that is where its reason goes.
OF_SERIES_ONLY = ("room_id", "starts_at", "ends_at", "reason")
_ONLY_OF_SERIES = "Only with `scope` following or all; a single booking is moved."


class ScopeQuery(Strict):
    """How much of a series a call is about."""

    scope = Choice(
        SCOPES,
        load_default="one",
        metadata={
            "description": (
                "Of a date of a series: this date only, this one and all that follow, or all dates to come. "
                "The past is not touched."
            )
        },
    )


class BookingEditBody(Strict):
    """What changes; at least one field. `needs: null` takes the needs away."""

    room_id = WholeNumber(metadata={"description": _ONLY_OF_SERIES})
    starts_at = Instant(
        metadata={"description": f"On the same day, for its time by the clock. {_ONLY_OF_SERIES}"}
    )
    ends_at = Instant(metadata={"description": _ONLY_OF_SERIES})
    reason = Lines(
        2000,
        allow_none=True,
        metadata={
            "description": (
                "Why dates of a series change; needed of whoever isn't of its organisation, whose people read it. Only with "
                "`scope` following or all."
            )
        },
    )
    title = Line(200)
    activity = Choice(ACTIVITIES)
    people = WholeNumber(highest=MOST_PEOPLE)
    needs = Lines(2000, allow_none=True)
    needed_features = _needed()
    terms_version = _accepted_terms()
    public = Truth()
    contact = fields.Nested(
        BookingContactPart, error_messages={"type": "not_an_object", "null": "required"}
    )

    @validates_schema
    def _check_order(self, values: Mapping[str, Any], **_options: Any) -> None:
        _in_order(values, _LONGEST)

    @validates_schema
    def _check_title(self, values: Mapping[str, Any], **_options: Any) -> None:
        if not values.keys() - {"reason"}:
            raise ValidationError(Code("nothing_to_change"), "body")
        if values.get("title") == "":
            raise ValidationError(Code("required"), "title")


class DecisionBody(Strict):
    """Why, told to the requester. A rejection needs it."""

    reason = Lines(2000, allow_none=True, load_default=None)


class ApprovalBody(DecisionBody):
    """A message to the requester, a condition, and why to approve although another calendar claims the time."""

    condition = Lines(
        2000,
        allow_none=True,
        load_default=None,
        metadata={"description": "What must be kept; told to the requester."},
    )
    over_foreign = Lines(
        2000,
        allow_none=True,
        load_default=None,
        metadata={
            "description": "Why to approve although another calendar claims the time; only staff read it."
        },
    )


class NoBody(Strict):
    """Nothing is asked."""


class MoveBody(Strict):
    """The new time, and the new room if it is another. Staff say why; the booking's people are told."""

    room_id = WholeNumber()
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    reason = Lines(2000, allow_none=True, load_default=None)
    terms_version = _accepted_terms()

    @validates_schema
    def _check_order(self, values: Mapping[str, Any], **_options: Any) -> None:
        _in_order(values, _LONGEST)


class BlockBody(Strict):
    """The time a unit keeps for itself, and why; the reason is for staff."""

    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    reason = Line(300, required=True)
    weekly_until = Day(
        metadata={
            "description": "Also on the same weekday of each week until this day, at the same time by the clock on the wall."
        }
    )

    @validates_schema
    def _check_order(self, values: Mapping[str, Any], **_options: Any) -> None:
        _in_order(values, None)
        if "weekly_until" in values and "starts_at" in values and "ends_at" in values:
            _within_a_day(values["starts_at"], values["ends_at"])
            first, until = local(values["starts_at"]).date(), values["weekly_until"]
            if until < first:
                raise ValidationError(Code("end_before_start"), "weekly_until")
            if until - first >= MOST_AT_ONCE * timedelta(days=7):
                raise ValidationError(Code("too_many_dates", limit=MOST_AT_ONCE), "weekly_until")


class LiftQuery(Strict):
    """How much is given back."""

    series = QueryTruth(
        load_default=False,
        metadata={"description": "true: also what is to come of the blocks made with this one."},
    )
