"""What answers look like, as JSON Schema with examples, for the OpenAPI document. Knows names and kinds; no row and no request.

A promise (DESIGN 5): change it only with a changelog entry. The tests hold every answer of the API to it.
"""

from __future__ import annotations

from typing import Any

from booking.domain.bookings import STATES
from booking.domain.rooms import ACTIVITIES, FEATURES
from booking.web.api.fields import LARGEST

Shape = dict[str, Any]


def _ref(name: str) -> Shape:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Shape, optional: tuple[str, ...] = (), **more: Any) -> Shape:
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        **more,
    }


def _list_of(name: str) -> Shape:
    items = {"type": "array", "items": _ref(name)}
    following = {**_or_null(_URL), "description": "The address of the next page."}
    return _object({"items": items, "next": following})


def _or_null(shape: Shape) -> Shape:
    if "$ref" in shape:
        return {"anyOf": [shape, {"type": "null"}]}
    return {**shape, "type": [shape["type"], "null"]}


_URL: Shape = {"type": "string", "format": "uri"}
_ID: Shape = {"type": "integer", "minimum": 1, "maximum": LARGEST}
_WHOLE: Shape = {"type": "integer", "minimum": 0}
_TEXT: Shape = {"type": "string"}
_DAY: Shape = {"type": "string", "format": "date"}
_INSTANT: Shape = {
    "type": "string",
    "format": "date-time",
    "description": "In UTC, with its offset.",
    "examples": ["2027-06-07T14:30:00+00:00"],
}
_CLOCK: Shape = {
    "type": "string",
    "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$",
    "description": "Wall time in Finland; 24:00 is the midnight that ends the day.",
}
_STRETCH: Shape = {"opens": _CLOCK, "closes": _CLOCK}
_FEATURE_VALUE: Shape = {
    "type": "string",
    "enum": ["yes", "no", "unknown"],
    "description": "`unknown`: nobody has looked; it is not `no`.",
}
_ACTIVITY: Shape = {"type": "string", "enum": list(ACTIVITIES)}

_ROOM: Shape = {
    "id": _ID,
    "name": _ref("LocalText"),
    "unit": _object(
        {"id": _ID, "name": _ref("LocalText"), "open_for_booking": {"type": "boolean"}}
    ),
    "municipality": {**_TEXT, "description": "Its key.", "examples": ["joensuu"]},
    "address": _TEXT,
    "capacity": {**_WHOLE, "description": "People at most."},
    "activities": {"type": "array", "items": _ACTIVITY},
    "features": _object(dict.fromkeys(FEATURES, _FEATURE_VALUE)),
}
_FEATURE = _object(
    {
        "value": _FEATURE_VALUE,
        "note": _or_null(_ref("LocalText")),
        "measure_cm": _or_null(_WHOLE),
        "checked_on": _or_null(_DAY),
        "checked_by": _or_null({**_TEXT, "description": "An office or a role."}),
    }
)
_ROOM_IN_FULL: Shape = {
    **_ROOM,
    "description": _or_null(_ref("LocalText")),
    "arrival": {**_or_null(_ref("LocalText")), "description": "How to get there."},
    "features": _object(dict.fromkeys(FEATURES, _FEATURE)),
    "opening_hours": {
        "type": "array",
        "items": _object(
            {
                "weekday": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": 7,
                    "description": "1 is Monday.",
                },
                **_STRETCH,
            }
        ),
    },
    "opening_exceptions": {
        "type": "array",
        "description": "Days from today on that keep other hours than the weekly ones; no hours: closed.",
        "items": _object(
            {
                "day": _DAY,
                "hours": {"type": "array", "items": _object(_STRETCH)},
                "reason": _or_null(_ref("LocalText")),
            }
        ),
    },
    "rules": _object(
        dict.fromkeys(
            ("step_minutes", "min_minutes", "max_minutes", "notice_minutes", "horizon_days"), _WHOLE
        )
    ),
    "shares_space_with": {
        "type": "array",
        "items": _ID,
        "description": "Rooms that are taken when this one is, and the other way round.",
    },
}
_BOOKING: Shape = {
    "id": _ID,
    "uid": {**_TEXT, "description": "The UID of its calendar entries."},
    "state": {"type": "string", "enum": list(STATES)},
    "version": {**_ID, "description": "Rises with every change; the ETag is made of it."},
    "room_id": _ID,
    "organisation_id": _ID,
    "title": _TEXT,
    "activity": _ACTIVITY,
    "starts_at": _INSTANT,
    "ends_at": _INSTANT,
    "people": _ID,
    "public": {"type": "boolean", "description": "Whether everybody may read the title."},
    "decided_by": {**_or_null(_TEXT), "description": "Name and title of the one who decided."},
    "reason": {**_or_null(_TEXT), "description": "Of the decision."},
    "cancel_reason": {**_or_null(_TEXT), "description": "Why it was called off."},
    "created_at": _INSTANT,
    "changed_at": _INSTANT,
}
_SEEN_BY_FEW: Shape = {
    "needs": {
        **_or_null(_TEXT),
        "description": "Only for those who may know; each look is written down.",
    },
    "contact": _object({"name": _TEXT, "email": _TEXT}),
}
_FAULTS: Shape = {
    "type": "object",
    "additionalProperties": {
        "type": "array",
        "items": _object({"code": _TEXT, "detail": _TEXT}),
        "minItems": 1,
    },
    "description": "What is wrong, by field.",
}
_CONFLICT = _object(
    {
        "kind": {"type": "string", "enum": ["booking", "block", "foreign"]},
        "starts_at": _INSTANT,
        "ends_at": _INSTANT,
    }
)
_BOOKING_EXAMPLE: Shape = {
    "id": 312,
    "uid": "1b4e28ba-2fa1-41d2-883f-0016d3cca427@6fa459ea-ee8a-4ca4-894e-db77e160355e",
    "state": "requested",
    "version": 1,
    "room_id": 7,
    "organisation_id": 21,
    "title": "Hallituksen kokous",
    "activity": "meeting",
    "starts_at": "2027-06-07T14:30:00+00:00",
    "ends_at": "2027-06-07T16:00:00+00:00",
    "people": 12,
    "public": False,
    "decided_by": None,
    "reason": None,
    "cancel_reason": None,
    "created_at": "2027-05-20T07:12:45.120000+00:00",
    "changed_at": "2027-05-20T07:12:45.120000+00:00",
}

SHAPES: dict[str, Shape] = {
    "LocalText": _object(
        {"fi": _TEXT, "sv": _TEXT, "en": _TEXT},
        optional=("sv", "en"),
        description="A text in the languages it has; Finnish always.",
        examples=[{"fi": "Sali", "sv": "Sal", "en": "Hall"}],
    ),
    "Room": _object(_ROOM),
    "Rooms": _list_of("Room"),
    "RoomInFull": _object(_ROOM_IN_FULL),
    "Organisation": _object(
        {
            "id": _ID,
            "name": _TEXT,
            "kind": {
                "type": "string",
                "enum": ["association", "unregistered", "county", "municipality", "other"],
            },
            "municipality": _or_null(_TEXT),
            "verified": {"type": "boolean"},
        },
        examples=[
            {
                "id": 21,
                "name": "Virta ry",
                "kind": "association",
                "municipality": "joensuu",
                "verified": True,
            }
        ],
    ),
    "Organisations": _list_of("Organisation"),
    "Booking": _object(_BOOKING, examples=[_BOOKING_EXAMPLE]),
    "BookingInFull": _object(
        {**_BOOKING, **_SEEN_BY_FEW}, optional=("needs", "contact"), examples=[_BOOKING_EXAMPLE]
    ),
    "Bookings": _list_of("Booking"),
    "Block": _object(
        {
            "id": _ID,
            "room_id": _ID,
            "starts_at": _INSTANT,
            "ends_at": _INSTANT,
            "reason": _TEXT,
            "created_at": _INSTANT,
        },
        examples=[
            {
                "id": 4,
                "room_id": 7,
                "starts_at": "2027-06-07T05:00:00+00:00",
                "ends_at": "2027-06-07T17:00:00+00:00",
                "reason": "Lattian vahaus",
                "created_at": "2027-05-20T07:12:45.120000+00:00",
            }
        ],
    ),
    "Problem": _object(
        {
            "type": {
                "type": "string",
                "format": "uri",
                "description": "Stable; one for each code.",
            },
            "title": {**_TEXT, "description": "The name of the status."},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": {**_TEXT, "description": "Stable."},
            "detail": {
                **_TEXT,
                "description": "What is wrong and what to do, in the language of Accept-Language.",
            },
            "errors": _FAULTS,
            "conflicts": {
                "type": "array",
                "items": _CONFLICT,
                "description": "With `room_taken`: when the room is taken. Empty when a race was lost.",
            },
        },
        optional=("errors", "conflicts"),
    ),
}
