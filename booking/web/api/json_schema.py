"""How shapes of answers are written as JSON Schema (2020-12, as OpenAPI 3.1 has it). Knows kinds of values; no noun."""

from __future__ import annotations

from typing import Any

from booking.domain.rooms import ACTIVITIES
from booking.web.api.fields import CLOCK_PATTERN, LARGEST

Shape = dict[str, Any]


def ref(name: str) -> Shape:
    """Another shape by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(properties: Shape, optional: tuple[str, ...] = (), **more: Any) -> Shape:
    """An object with these properties, all of them there unless `optional`, and no others."""
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        **more,
    }


def list_of(name: str) -> Shape:
    """A page of a list of shapes of this name."""
    items = {"type": "array", "items": ref(name)}
    following = {**or_null(URL), "description": "The address of the next page."}
    return object_of({"items": items, "next": following})


def or_null(shape: Shape) -> Shape:
    """The shape, or null."""
    if "$ref" in shape:
        return {"anyOf": [shape, {"type": "null"}]}
    nullable = {**shape, "type": [shape["type"], "null"]}
    return {**nullable, "enum": [*shape["enum"], None]} if "enum" in shape else nullable


def array_of(items: Shape, **more: Any) -> Shape:
    """A list of these."""
    return {"type": "array", "items": items, **more}


URL: Shape = {"type": "string", "format": "uri"}
ID: Shape = {"type": "integer", "minimum": 1, "maximum": LARGEST}
WHOLE: Shape = {"type": "integer", "minimum": 0}
TEXT: Shape = {"type": "string"}
DAY: Shape = {"type": "string", "format": "date"}
INSTANT: Shape = {
    "type": "string",
    "format": "date-time",
    "description": "In UTC, with its offset.",
    "examples": ["2027-06-07T14:30:00+00:00"],
}
CLOCK: Shape = {
    "type": "string",
    "pattern": CLOCK_PATTERN,
    "description": "Wall time in Finland; 24:00 is the midnight that ends the day.",
}
STRETCH: Shape = {"opens": CLOCK, "closes": CLOCK}
THREE_VALUES: Shape = {
    "type": "string",
    "enum": ["yes", "no", "unknown"],
    "description": "`unknown`: nobody has looked; it is not `no`.",
}
ACTIVITY: Shape = {"type": "string", "enum": list(ACTIVITIES)}
TRUTH: Shape = {"type": "boolean"}
