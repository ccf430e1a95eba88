"""The API's blueprint, and how a view says what it takes and what it answers. Knows OpenAPI; no noun.

`operation` registers a view and its part of the document in one place, so that neither can be forgotten. Which errors an
operation may answer follows from what it takes (`_errors_of`); the tests hold every answer to the document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Response
from flask_smorest import Blueprint

from booking.web.api.asked import Strict
from booking.web.api.fields import LARGEST, Choices, QueryIds
from booking.web.api.once import HEADER
from booking.web.api.problems import MEDIA_TYPE, TYPE
from booking.web.keys import LONGEST_KEY

View = TypeVar("View", bound=Callable[..., Response])
NAME = "api"
PREFIX = "/api/v1"
blueprint = Blueprint(NAME, __name__, url_prefix=PREFIX)

# For each status one answer an operation may give instead of what was asked for, as (code, text, more).
_PROBLEMS: dict[int, tuple[str, str, dict[str, Any]]] = {
    400: ("malformed_json", "The body is not valid JSON in UTF-8.", {}),
    401: (
        "token_required",
        "Send an API token in the header Authorization, as “Bearer TOKEN”.",
        {},
    ),
    403: (
        "organisation_not_yours",
        "You cannot book in this association's name. Choose one that you belong to.",
        {},
    ),
    404: ("not_found", "There is nothing here, or you may not know of it.", {}),
    409: (
        "room_taken",
        "The room is already taken at this time. Choose another time or another room.",
        {
            "conflicts": [
                {
                    "kind": "booking",
                    "starts_at": "2027-06-07T14:30:00+00:00",
                    "ends_at": "2027-06-07T16:00:00+00:00",
                }
            ]
        },
    ),
    412: (
        "stale",
        "Somebody has changed this meanwhile. Look at it as it is now, then decide.",
        {},
    ),
    413: ("too_large", "The body is too large. Send less.", {}),
    415: ("wrong_media_type", "Send the body as application/json in UTF-8.", {}),
    422: (
        "too_many_people",
        "At most 30 people may be in the room. Choose a larger room or bring fewer people.",
        {
            "errors": {
                "people": [
                    {
                        "code": "too_many_people",
                        "detail": "At most 30 people may be in the room. Choose a larger room or bring fewer people.",
                    }
                ]
            }
        },
    ),
    428: (
        "version_required",
        "Send the ETag of the version you have seen in the header If-Match.",
        {},
    ),
    429: ("too_many", "There have been too many attempts. Wait 24 hours and try again.", {}),
    503: (
        "database_busy",
        "The service is very busy just now. Nothing was saved. Try again in a moment.",
        {},
    ),
}
_ETAG = {"description": "The version of what is answered.", "schema": {"type": "string"}}
_HEADERS_OF = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    412: {"ETag": {"description": "The current version.", "schema": {"type": "string"}}},
    429: {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
    503: {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
}
# Shapes of things that have a version and an address, when they are made.
_WITH_VERSION = ("Booking", "BookingMade", "OrganisationInFull")
_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    "schema": {"type": "string"},
    "description": "The ETag of the version you have seen.",
    "example": '"1"',
}
_IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "The ETag of the version you have.",
}
_KEY = {
    "in": "header",
    "name": HEADER,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
    "description": "The same key again, for at least 24 hours, gives the same answer and does nothing.",
}


@dataclass(frozen=True)
class Takes:
    """What an operation takes: `token` "none", "read" or "write"; schemas of its body and query; versions; a key."""

    token: str = "read"
    query: type[Strict] | None = None
    body: type[Strict] | None = None
    body_may_be_missing: bool = False
    version: bool = False  # If-Match on a change, If-None-Match on a look
    key: bool = False
    may_break: bool = False  # may be refused because of bookings to come
    limited: bool = False  # may be done so many times a day only
    for_few: bool = False  # those who may see the thing, but not this of it, are told so


def operation(
    method: str, rule: str, takes: Takes, answers: dict[int, str | None]
) -> Callable[[View], View]:
    """Register a view at `rule` and in the document. `answers`: status → name of its shape, None for an empty body."""

    def register(view: View) -> View:
        doc: dict[str, Any] = {
            "operationId": view.__name__,
            "tags": [rule.split("/")[1]],
            "security": [{}, {"token": []}] if takes.token == "none" else [{"token": []}],
            "parameters": _parameters(method, takes),
            "responses": {
                **{str(status): _answer(status, shape, takes) for status, shape in answers.items()},
                **{
                    str(status): {"$ref": f"#/components/responses/{_name(status)}"}
                    for status in _errors_of(rule, takes)
                },
            },
        }
        if takes.body is not None:
            doc["requestBody"] = {
                "required": not takes.body_may_be_missing,
                "content": {"application/json": {"schema": takes.body}},
            }
        blueprint.add_url_rule(rule, view.__name__, blueprint.doc(**doc)(view), methods=[method])
        return view

    return register


def components(spec: Any) -> None:
    """Add what operations refer to: the problems, and how a token is sent."""
    for status in _PROBLEMS:
        spec.components.response(_name(status), _problem(status))
    spec.components.security_scheme(
        "token",
        {"type": "http", "scheme": "bearer", "description": "Made with `yhteistila token create`."},
    )


def row_id(_converter: object) -> dict[str, Any]:
    """How the document describes the id in an address."""
    return {"type": "integer", "minimum": 1, "maximum": LARGEST}


def by_commas(_converter: object, field: object, **_options: object) -> dict[str, Any]:
    """How the document describes a parameter of several words or ids: "a,b"."""
    return {"style": "form", "explode": False} if isinstance(field, Choices | QueryIds) else {}


def _parameters(method: str, takes: Takes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if takes.query is not None:
        found.append({"in": "query", "schema": takes.query})
    if takes.version:
        found.append(_IF_NONE_MATCH if method == "GET" else _IF_MATCH)
    if takes.key:
        found.append(_KEY)
    return found


def _answer(status: int, shape: str | None, takes: Takes) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if takes.version or shape in _WITH_VERSION:
        answer["headers"] = {"ETag": _ETAG}
    if shape in _WITH_VERSION and status == 201:
        answer["headers"]["Location"] = {
            "description": "Its address.",
            "schema": {"type": "string"},
        }
    if shape is not None:
        answer["content"] = {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{shape}"}}
        }
    return answer


def _errors_of(rule: str, takes: Takes) -> list[int]:
    # A Host that isn't ours is 400 everywhere, a token that isn't valid 401.
    found = {400, 401, 503}
    if "<" in rule:
        found.add(404)
    if takes.query is not None or takes.key:
        found.add(422)
    if takes.body is not None:
        found |= {404, 409, 413, 415, 422}
    if takes.may_break:
        found.add(409)
    if takes.limited:
        found.add(429)
    if takes.token == "write" or takes.for_few:
        found.add(403)
    if takes.version and takes.token == "write":
        found |= {412, 428}
    return sorted(found)


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _problem(status: int) -> dict[str, Any]:
    code, text, more = _PROBLEMS[status]
    title = HTTPStatus(status).phrase
    example = {
        "type": TYPE + code,
        "title": title,
        "status": status,
        "code": code,
        "detail": text,
        **more,
    }
    answer: dict[str, Any] = {
        "description": title,
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
        },
    }
    if status in _HEADERS_OF:
        answer["headers"] = _HEADERS_OF[status]
    return answer
