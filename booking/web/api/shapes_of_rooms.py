"""What answers say of rooms, their free time and their units, as JSON Schema. Knows names and kinds; no row and no request."""

from __future__ import annotations

from booking.domain.accessibility import SIDES
from booking.domain.bookings import REFUSALS
from booking.domain.rooms import ACTIVITIES, EQUIPMENT, FEATURES, LAYOUTS, QUOTA_PERIODS
from booking.web.api.json_schema import (
    ACTIVITY,
    CLOCK,
    DAY,
    ID,
    INSTANT,
    STRETCH,
    TEXT,
    THREE_VALUES,
    TRUTH,
    URL,
    WHOLE,
    Shape,
    array_of,
    list_of,
    object_of,
    or_null,
    ref,
)

_LOCAL = ref("LocalText")
_LOCAL_OR_NULL = or_null(_LOCAL)
_FOR_STAFF = "For staff of the unit only."
_KEY: Shape = {**TEXT, "description": "Its key.", "examples": ["joensuu"]}
_UNIT: Shape = {"id": ID, "name": _LOCAL, "open_for_booking": TRUTH}
_CONTACT: Shape = {"email": or_null(TEXT), "phone": or_null(TEXT)}
_ROOM: Shape = {
    "id": ID,
    "name": _LOCAL,
    "unit": object_of(_UNIT),
    "municipality": _KEY,
    "region": or_null({**_KEY, "examples": ["keski-karjala"]}),
    "address": TEXT,
    "capacity": {**WHOLE, "description": "People at most."},
    "activities": array_of(ACTIVITY),
    "features": object_of(dict.fromkeys(FEATURES, THREE_VALUES)),
    "hybrid_ready": {**TRUTH, "description": "Whether those far away can see, hear and speak."},
    "outside_use": {**THREE_VALUES, "description": "Whether its owner lets others use it."},
    "available_until": or_null({**DAY, "description": "The last day it can be had."}),
    "elsewhere_url": {
        **or_null(URL),
        "description": "The room is not booked here but at this address.",
    },
}
_FEATURE: Shape = {
    "value": THREE_VALUES,
    "note": _LOCAL_OR_NULL,
    "measure_cm": or_null(WHOLE),
    "count": {**or_null(WHOLE), "description": "How many there are."},
    "side": or_null(
        {
            "type": "string",
            "enum": list(SIDES),
            "description": "From which one moves over, as one sits.",
        }
    ),
    "checked_on": or_null(DAY),
    "checked_by": or_null({**TEXT, "description": "An office or a role."}),
}
_HOURS = array_of(
    object_of(
        {
            "weekday": {
                "type": "integer",
                "minimum": 1,
                "maximum": 7,
                "description": "1 is Monday.",
            },
            **STRETCH,
        }
    )
)
_OPEN: Shape = {
    "opening_hours": {**_HOURS, "description": "The usual week."},
    "seasons": array_of(
        object_of({"first_day": DAY, "last_day": DAY, "opening_hours": _HOURS}),
        description="Other weeks, both days included, that are not over. Of two the one that begins later counts.",
    ),
    "opening_exceptions": array_of(
        object_of(
            {
                "first_day": DAY,
                "last_day": DAY,
                "hours": array_of(object_of(STRETCH)),
                "reason": _LOCAL_OR_NULL,
            }
        ),
        description="Days from today on, both included, with hours of their own; no hours: closed.",
    ),
    "holidays": array_of(
        object_of({"day": DAY, "name": _LOCAL}),
        description="Holidays on which it is closed, a year ahead. An exception of the day comes first.",
    ),
}
_RULES: Shape = dict.fromkeys(
    (
        "step_minutes",
        "min_minutes",
        "max_minutes",
        "notice_minutes",
        "horizon_days",
        "buffer_before_minutes",
        "buffer_after_minutes",
    ),
    WHOLE,
)
_TERMS = or_null(
    object_of(
        {"version": ID, "text": _LOCAL},
        description="Rules of use. Who asks must send `version` as `terms_version`.",
    )
)
_QUOTAS = array_of(
    object_of({"per": {"type": "string", "enum": list(QUOTA_PERIODS)}, "limit_minutes": ID}),
    description="How long one organisation may hold the unit's rooms in a week, month or year.",
)
_PICTURE = object_of(
    {
        "alt": _LOCAL,
        "width": ID,
        "height": ID,
        "files": array_of(
            object_of(
                {
                    "url": URL,
                    "type": {"type": "string", "enum": ["image/avif", "image/webp"]},
                    "width": {**ID, "description": "Pixels."},
                }
            )
        ),
    }
)
_SAFETY: Shape = {
    "noise_allowed": THREE_VALUES,
    "food_allowed": THREE_VALUES,
    "latest_end": or_null({**CLOCK, "description": "When it must be empty, the same day."}),
    "fire_max_people": or_null(WHOLE),
    "emergency_number": or_null(TEXT),
    "keys": {**_LOCAL_OR_NULL, "description": _FOR_STAFF},
    "alarm": {**_LOCAL_OR_NULL, "description": _FOR_STAFF},
}
_VERSION: Shape = {**ID, "description": "Rises with every edit; the ETag begins with it."}
_ROOM_IN_FULL: Shape = {
    **_ROOM,
    "version": _VERSION,
    "unit": object_of({**_UNIT, "arrival": _LOCAL_OR_NULL, "contact": object_of(_CONTACT)}),
    "description": _LOCAL_OR_NULL,
    "arrival": {**_LOCAL_OR_NULL, "description": "How to find it within its unit."},
    "contact": object_of({"name": or_null(TEXT), **_CONTACT}),
    "owner": or_null(TEXT),
    "layouts": object_of(
        dict.fromkeys(LAYOUTS, ID), optional=LAYOUTS, description="People by layout."
    ),
    "equipment": array_of({"type": "string", "enum": list(EQUIPMENT)}),
    "features": object_of(dict.fromkeys(FEATURES, object_of(_FEATURE))),
    "activity_reasons": object_of(
        dict.fromkeys(ACTIVITIES, _LOCAL),
        optional=ACTIVITIES,
        description="Why an activity is not allowed.",
    ),
    "safety": object_of(_SAFETY, optional=("keys", "alarm")),
    "photos": array_of(_PICTURE),
    "floor_plan": or_null(_PICTURE),
    "floor_plan_text": {**_LOCAL_OR_NULL, "description": "The floor plan in words."},
    **_OPEN,
    "rules": object_of(_RULES),
    "terms": _TERMS,
    "quotas": _QUOTAS,
    "shares_space_with": array_of(
        ID, description="Rooms that are taken when this one is, and the other way round."
    ),
    "published": {**TRUTH, "description": _FOR_STAFF},
    "external_id": {**or_null(TEXT), "description": _FOR_STAFF},
}
_UNIT_IN_LIST: Shape = {
    **_UNIT,
    "municipality": _KEY,
    "region": or_null({**_KEY, "examples": ["keski-karjala"]}),
    "address": TEXT,
    "rooms": array_of(ID),
}
_UNIT_IN_FULL: Shape = {
    **_UNIT_IN_LIST,
    "version": _VERSION,
    "division": _LOCAL_OR_NULL,
    "arrival": {**_LOCAL_OR_NULL, "description": "How to get there."},
    "contact": object_of(_CONTACT),
    **_OPEN,
    "terms": _TERMS,
    "quotas": _QUOTAS,
}
_REASON: Shape = {
    "type": "string",
    "enum": [*REFUSALS, "room_taken", "missing_hour"],
    "description": "The first reason why not.",
}
_SEASON = object_of(
    {
        "room_id": ID,
        "free": {**WHOLE, "description": "How many of the dates may be asked for."},
        "taken": array_of(DAY, description="The other dates."),
        "reasons": {"type": "object", "additionalProperties": _REASON},
    },
    examples=[
        {
            "room_id": 7,
            "free": 25,
            "taken": ["2027-06-14"],
            "reasons": {"2027-06-14": "room_taken"},
        }
    ],
)

ROOMS_AND_UNITS: dict[str, Shape] = {
    "Room": object_of(_ROOM),
    "Rooms": list_of("Room"),
    "RoomInFull": object_of(_ROOM_IN_FULL, optional=("published", "external_id")),
    "NextFree": or_null(object_of({"starts_at": INSTANT, "ends_at": INSTANT})),
    "Season": _SEASON,
    "Seasons": {**list_of("Season"), "description": "With `weekly`."},
    "Availability": {"anyOf": [ref("Rooms"), ref("Seasons")]},
    "Unit": object_of(_UNIT_IN_LIST),
    "Units": list_of("Unit"),
    "UnitInFull": object_of(_UNIT_IN_FULL),
    "Closure": object_of(
        {
            "id": ID,
            "unit_id": ID,
            "first_day": DAY,
            "last_day": {**DAY, "description": "Included."},
            "opens": or_null(CLOCK),
            "closes": {**or_null(CLOCK), "description": "Without hours: closed."},
            "reason": _LOCAL_OR_NULL,
        }
    ),
    "Closures": list_of("Closure"),
}
