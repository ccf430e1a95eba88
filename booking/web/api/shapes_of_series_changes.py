"""What answers about a series that is there look like (see `booking.web.api.shapes`). Knows names and kinds; no row."""

from __future__ import annotations

from booking.domain.bookings import STATES
from booking.web.api.json_schema import DAY, ID, TEXT, Shape, array_of, object_of, or_null, ref
from booking.web.api.shapes_of_series import OCCURRENCE

_DATE_EXAMPLE: Shape = {
    "id": 312,
    "version": 2,
    "uid": "1b4e28ba-2fa1-41d2-883f-0016d3cca427@6fa459ea-ee8a-4ca4-894e-db77e160355e",
    "starts_at": "2027-06-08T14:30:00+00:00",
    "ends_at": "2027-06-08T16:00:00+00:00",
    "day": "2027-06-08",
    "room_id": 7,
    "state": "approved",
}
SERIES_CHANGES: dict[str, Shape] = {
    "SeriesDate": object_of(
        {
            **OCCURRENCE["properties"],
            "room_id": ID,
            "state": {"type": "string", "enum": list(STATES)},
        },
        description="One date of a series: a booking of its own, see `/bookings/{booking_id}`.",
    ),
    "Series": object_of(
        {
            "id": ID,
            "version": {**ID, "description": "Rises with every change of the series or of a date."},
            "rrule": {
                **or_null(TEXT),
                "description": "When it comes again (RFC 5545), counted from `first_day`; null: on days that somebody listed.",
            },
            "first_day": DAY,
            "starts": {**TEXT, "description": "By the clock on the wall."},
            "ends": {**TEXT, "description": "By the clock; at or before `starts`: the next day."},
            "room_id": ID,
            "organisation_id": ID,
            "split_from": {
                **or_null(ID),
                "description": "The series whose later dates these were, until they became different.",
            },
            "occurrences": array_of(ref("SeriesDate")),
            "skipped": array_of(ref("Skipped")),
        },
        examples=[
            {
                "id": 9,
                "version": 2,
                "rrule": "FREQ=WEEKLY;BYDAY=TU;COUNT=2",
                "first_day": "2027-06-08",
                "starts": "17:30",
                "ends": "19:00",
                "room_id": 7,
                "organisation_id": 21,
                "split_from": None,
                "occurrences": [_DATE_EXAMPLE],
                "skipped": [{"day": "2027-06-15", "code": "room_taken"}],
            }
        ],
    ),
    "BookingOrSeries": {"anyOf": [ref("Booking"), ref("Series")]},
}
