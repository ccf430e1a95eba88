"""What answers about organisations look like, as JSON Schema. Part of `booking.web.api.shapes`; a promise like all of it."""

from __future__ import annotations

from booking.domain.organisations import AGREEMENT_KINDS, FIELDS, KINDS
from booking.web.api.json_schema import (
    DAY,
    ID,
    TEXT,
    TRUTH,
    Shape,
    array_of,
    list_of,
    object_of,
    or_null,
)

_ORGANISATION: Shape = {
    "id": ID,
    "name": TEXT,
    "kind": {"type": "string", "enum": list(KINDS)},
    "municipality": or_null(TEXT),
    "verified": {"type": "boolean"},
}
_EXAMPLE: Shape = {
    "id": 21,
    "name": "Virta ry",
    "kind": "association",
    "municipality": "joensuu",
    "verified": True,
}
_AGREEMENT = object_of(
    {
        "kind": {"type": "string", "enum": list(AGREEMENT_KINDS)},
        "valid_from": DAY,
        "valid_until": {**or_null(DAY), "description": "The last day; null: until further notice."},
        "file_number": or_null(TEXT),
    }
)
_IN_FULL: Shape = {
    **_ORGANISATION,
    "version": {**ID, "description": "Rises with every change; the ETag begins with it."},
    "y_tunnus": or_null(TEXT),
    "register_number": or_null(TEXT),
    "field": or_null({"type": "string", "enum": list(FIELDS)}),
    "active": {**TRUTH, "description": "Whether it may ask for rooms."},
    "merged_into": {
        **or_null(ID),
        "description": "The organisation that this one is by now; it can no longer be booked for.",
    },
    "agreements": array_of(_AGREEMENT, description="With the county, the latest first."),
}
_SEEN_BY_FEW: Shape = {
    "contact_email": {
        **or_null(TEXT),
        "description": "Its shared mailbox. Only for its own people and staff who decide; their looks are written down.",
    },
    "responsible_name": {
        **or_null(TEXT),
        "description": "Who answers for an unregistered association. Seen by the same few.",
    },
}

ORGANISATIONS: dict[str, Shape] = {
    "Organisation": object_of(_ORGANISATION, examples=[_EXAMPLE]),
    "Organisations": list_of("Organisation"),
    "OrganisationInFull": object_of(
        {**_IN_FULL, **_SEEN_BY_FEW},
        optional=tuple(_SEEN_BY_FEW),
        examples=[
            {
                **_EXAMPLE,
                "version": 3,
                "y_tunnus": "0927140-5",
                "register_number": "123.123",
                "field": "culture",
                "active": True,
                "merged_into": None,
                "agreements": [
                    {
                        "kind": "partnership",
                        "valid_from": "2027-01-01",
                        "valid_until": None,
                        "file_number": "1234/00.01/2026",
                    }
                ],
            }
        ],
    ),
}
