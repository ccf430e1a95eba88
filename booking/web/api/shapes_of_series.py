"""What answers about series look like (see `booking.web.api.shapes`). Knows names and kinds; no row and no request."""

from __future__ import annotations

from booking.domain.bookings import STATES
from booking.web.api.json_schema import (
    DAY,
    ID,
    INSTANT,
    TEXT,
    Shape,
    array_of,
    object_of,
    or_null,
    ref,
)

DATE_REFUSED: Shape = object_of(
    {
        "day": DAY,
        "starts_at": {**or_null(INSTANT), "description": "null: that day has no such time."},
        "ends_at": or_null(INSTANT),
        "code": {**TEXT, "description": "`room_taken`, or the rule that says no."},
    }
)
OCCURRENCE: Shape = object_of(
    {
        "id": ID,
        "version": {**ID, "description": "Of the booking; its ETag is made of it."},
        "uid": {**TEXT, "description": "The UID of its calendar entries."},
        "starts_at": INSTANT,
        "ends_at": INSTANT,
        "day": {**DAY, "description": "The day of the series that it stands for."},
    },
    description="One date: a booking of its own, see `/bookings/{booking_id}`.",
)
SKIPPED: Shape = object_of(
    {"day": DAY, "code": {**TEXT, "description": "Why it could not be had."}},
    description="A day of the series without a booking.",
)

SERIES: dict[str, Shape] = {
    "Occurrence": OCCURRENCE,
    "Skipped": SKIPPED,
    "SeriesMade": object_of(
        {
            "series_id": ID,
            "state": {
                "type": "string",
                "enum": list(STATES),
                "description": "Of the dates; `requested` while any of them waits for its decision.",
            },
            "occurrences": array_of(ref("Occurrence")),
            "skipped": array_of(ref("Skipped")),
        },
        examples=[
            {
                "series_id": 9,
                "state": "requested",
                "occurrences": [
                    {
                        "id": 312,
                        "version": 1,
                        "uid": "1b4e28ba-2fa1-41d2-883f-0016d3cca427@6fa459ea-ee8a-4ca4-894e-db77e160355e",
                        "starts_at": "2027-06-08T14:30:00+00:00",
                        "ends_at": "2027-06-08T16:00:00+00:00",
                        "day": "2027-06-08",
                    }
                ],
                "skipped": [{"day": "2027-06-15", "code": "room_taken"}],
            }
        ],
    ),
    "BookingMade": {"anyOf": [ref("Booking"), ref("SeriesMade")]},
}
