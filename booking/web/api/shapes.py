"""What answers look like, as JSON Schema with examples, for the OpenAPI document. Knows names and kinds; no row and no request.

A promise (DESIGN 5): change it only with a changelog entry. The tests hold every answer of the API to it. Rooms and units are in
`booking.web.api.shapes_of_rooms`.
"""

from __future__ import annotations

from booking.domain.bookings import STATES
from booking.domain.rooms import FEATURES
from booking.web.api.json_schema import (
    ACTIVITY,
    DAY,
    ID,
    INSTANT,
    TEXT,
    Shape,
    array_of,
    list_of,
    object_of,
    or_null,
    ref,
)
from booking.web.api.shapes_of_organisations import ORGANISATIONS
from booking.web.api.shapes_of_rooms import ROOMS_AND_UNITS
from booking.web.api.shapes_of_series import DATE_REFUSED, SERIES
from booking.web.api.shapes_of_series_changes import SERIES_CHANGES

_BOOKING: Shape = {
    "id": ID,
    "uid": {**TEXT, "description": "The UID of its calendar entries."},
    "state": {"type": "string", "enum": list(STATES)},
    "version": {**ID, "description": "Rises with every change; the ETag is made of it."},
    "room_id": ID,
    "organisation_id": ID,
    "series_id": {
        **or_null(ID),
        "description": "Of whose dates it is one, see `/series/{series_id}`.",
    },
    "title": TEXT,
    "activity": ACTIVITY,
    "starts_at": INSTANT,
    "ends_at": INSTANT,
    "people": ID,
    "public": {"type": "boolean", "description": "Whether everybody may read the title."},
    "decided_by": {**or_null(TEXT), "description": "Name and title of the one who decided."},
    "reason": {**or_null(TEXT), "description": "Of the decision."},
    "condition": {**or_null(TEXT), "description": "On which it was approved."},
    "decided_at": or_null(INSTANT),
    "on_behalf": {"type": "boolean", "description": "Whether staff asked for its organisation."},
    "cancel_reason": {**or_null(TEXT), "description": "Why it was called off."},
    "created_at": INSTANT,
    "changed_at": INSTANT,
}
_SEEN_BY_FEW: Shape = {
    "needs": {
        **or_null(TEXT),
        "description": "Only for those who may know; each look is written down.",
    },
    "needed_features": {
        **array_of({"type": "string", "enum": list(FEATURES)}),
        "description": "Seen by the same few.",
    },
    "terms_version": {**or_null(ID), "description": "Of the rules of use that were accepted."},
    "contact": object_of({"name": TEXT, "email": TEXT}),
}
_FAULTS: Shape = {
    "type": "object",
    "additionalProperties": {
        "type": "array",
        "items": object_of({"code": TEXT, "detail": TEXT}),
        "minItems": 1,
    },
    "description": "What is wrong, by field.",
}
_CONFLICT = object_of(
    {
        "kind": {"type": "string", "enum": ["booking", "block", "foreign"]},
        "starts_at": INSTANT,
        "ends_at": INSTANT,
    }
)
_BOOKING_EXAMPLE: Shape = {
    "id": 312,
    "uid": "1b4e28ba-2fa1-41d2-883f-0016d3cca427@6fa459ea-ee8a-4ca4-894e-db77e160355e",
    "state": "requested",
    "version": 1,
    "room_id": 7,
    "organisation_id": 21,
    "series_id": None,
    "title": "Hallituksen kokous",
    "activity": "meeting",
    "starts_at": "2027-06-07T14:30:00+00:00",
    "ends_at": "2027-06-07T16:00:00+00:00",
    "people": 12,
    "public": False,
    "decided_by": None,
    "reason": None,
    "condition": None,
    "decided_at": None,
    "on_behalf": False,
    "cancel_reason": None,
    "created_at": "2027-05-20T07:12:45.120000+00:00",
    "changed_at": "2027-05-20T07:12:45.120000+00:00",
}

_BLOCK: Shape = {
    "id": ID,
    "room_id": ID,
    "starts_at": INSTANT,
    "ends_at": INSTANT,
    "reason": TEXT,
    "series": {
        **or_null(TEXT),
        "description": "The same for blocks that were made in one act, every week.",
    },
    "created_at": INSTANT,
}
_BLOCK_EXAMPLE: Shape = {
    "id": 4,
    "room_id": 7,
    "starts_at": "2027-06-07T05:00:00+00:00",
    "ends_at": "2027-06-07T17:00:00+00:00",
    "reason": "Lattian vahaus",
    "series": None,
    "created_at": "2027-05-20T07:12:45.120000+00:00",
}
_BROKEN = object_of(
    {
        "id": ID,
        "room_id": ID,
        "starts_at": INSTANT,
        "ends_at": INSTANT,
        "code": {**TEXT, "description": "The rule that would say no."},
    }
)

SHAPES: dict[str, Shape] = {
    **ROOMS_AND_UNITS,
    "LocalText": object_of(
        {"fi": TEXT, "sv": TEXT, "en": TEXT},
        optional=("sv", "en"),
        description="A text in the languages it has; Finnish always.",
        examples=[{"fi": "Sali", "sv": "Sal", "en": "Hall"}],
    ),
    **ORGANISATIONS,
    "Booking": object_of(_BOOKING, examples=[_BOOKING_EXAMPLE]),
    "BookingInFull": object_of(
        {**_BOOKING, **_SEEN_BY_FEW}, optional=tuple(_SEEN_BY_FEW), examples=[_BOOKING_EXAMPLE]
    ),
    "Bookings": list_of("Booking"),
    **SERIES,
    **SERIES_CHANGES,
    "Block": object_of(_BLOCK, examples=[_BLOCK_EXAMPLE]),
    "Blocks": list_of("Block"),
    "BlockMade": {
        "anyOf": [
            ref("Block"),
            object_of(
                {
                    "series": TEXT,
                    "blocks": array_of(ref("Block")),
                    "skipped": array_of(DAY, description="Dates whose clocks skip the time."),
                },
                description="With `weekly_until`.",
            ),
        ]
    },
    "Problem": object_of(
        {
            "type": {
                "type": "string",
                "format": "uri",
                "description": "Stable; one for each code.",
            },
            "title": {**TEXT, "description": "The name of the status."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": {**TEXT, "description": "Stable."},
            "detail": {
                **TEXT,
                "description": "What is wrong and what to do, in the language of Accept-Language.",
            },
            "errors": _FAULTS,
            "conflicts": {
                "type": "array",
                "items": _CONFLICT,
                "description": "With `room_taken`: when the room is taken. Empty when a race was lost.",
            },
            "bookings": array_of(
                _BROKEN,
                description="With `breaks_bookings`: bookings to come that would be left against the rules.",
            ),
            "dates": array_of(
                DATE_REFUSED, description="Of a series: every date that can't be had, by day."
            ),
            "terms_version": {
                **ID,
                "description": "With `terms_not_accepted`: the version in force.",
            },
        },
        optional=("errors", "conflicts", "bookings", "dates", "terms_version"),
    ),
}
