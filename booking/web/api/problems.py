"""Errors as application/problem+json (RFC 9457). Knows codes, statuses and headers; no row and no rule.

`type`, `title`, `status` and `code` are stable; `detail` is a sentence in the language of Accept-Language. `errors` names what
is wrong by field; `conflicts` says when a taken room is taken, never by whom; `bookings` what a change would break; `dates`
which dates of a series can't be had.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Response, request
from werkzeug.exceptions import HTTPException

from booking.errors import (
    BookingError,
    BreaksBookings,
    Broken,
    Conflict,
    Forbidden,
    InvalidInput,
    InvalidValues,
    PolicyRefusal,
    RoomTaken,
    SeriesRefused,
    SignInRequired,
    Stale,
)
from booking.i18n import current_locale, negotiate, use_locale
from booking.web import errors as pages
from booking.web.api.texts import text_of, text_of_error

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:yhteistila:problem:"


@dataclass(frozen=True)
class Fault:
    """What is wrong with one value: a code and the parameters of its text."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


class NotUnderstood(BookingError):
    """A body that is not JSON of the kind we take: `malformed_json`, or `not_an_object`."""


class WrongMediaType(BookingError):
    """A body that says it is something else than JSON in UTF-8."""

    def __init__(self) -> None:
        super().__init__("wrong_media_type")


class VersionRequired(BookingError):
    """A change without If-Match: the caller has not said which version it has seen."""

    def __init__(self) -> None:
        super().__init__("version_required")


class BadValues(BookingError):
    """Values that can't be used; `faults` by the name of the field, never empty."""

    def __init__(self, faults: Mapping[str, Iterable[Fault]]) -> None:
        super().__init__("invalid")
        self.faults = faults


# Beside those that pages have too (`booking.web.errors`); for a stale version a program gets what If-Match promises.
_STATUSES: dict[type[BookingError], int] = {
    NotUnderstood: 400,
    WrongMediaType: 415,
    VersionRequired: 428,
    Stale: 412,
    BadValues: 422,
}
_HTTP_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "wrong_media_type",
    500: "internal_error",
}
_KEPT_HEADERS = frozenset({"Allow", "Retry-After"})
_MOST_FIELDS = 20  # named in one answer; a body may bring thousands of unknown ones
_LONGEST_NAME = 100


def on_refusal(error: BookingError) -> Response:
    """The answer to a refusal of a service, or of the API itself."""
    with use_locale(negotiate(request.headers.get("Accept-Language"))):
        more: dict[str, Any] = {}
        faults = _faults(error)
        if faults:
            more["errors"] = _errors(faults)
        more |= _facts(error)
        return _problem(_status_of(error), error.code, text_of_error(error), more, _headers(error))


def on_http(error: HTTPException) -> Response:
    """The answer to an error of HTTP itself: no such address, wrong method, too large."""
    status = error.code or 500
    code = _HTTP_CODES.get(status, "bad_request" if status < 500 else "internal_error")
    kept = {name: value for name, value in error.get_headers() if name in _KEPT_HEADERS}
    with use_locale(negotiate(request.headers.get("Accept-Language"))):
        return _problem(status, code, text_of(code), {}, kept)


def _status_of(error: BookingError) -> int:
    own = (status for kind, status in _STATUSES.items() if isinstance(error, kind))
    return next(own, None) or pages.status_of(error)


def _faults(error: BookingError) -> Mapping[str, Iterable[Fault]]:
    if isinstance(error, BadValues):
        return error.faults
    if isinstance(error, PolicyRefusal | InvalidValues):
        by_field: dict[str, list[Fault]] = {}
        for refusal in error.refusals if isinstance(error, PolicyRefusal) else error.faults:
            by_field.setdefault(refusal.field, []).append(Fault(refusal.code, refusal.params))
        return by_field
    if isinstance(error, SeriesRefused):
        return _faults_of_dates(error)
    if isinstance(error, InvalidInput) and "field" in error.params:
        return {error.params["field"]: [Fault(error.code, error.params)]}
    return {}


def _facts(error: BookingError) -> dict[str, Any]:
    """What a program needs to go on, beside the texts: when the room is taken, which rules of use count, what would break."""
    if isinstance(error, RoomTaken):
        return {"conflicts": [{"kind": met.kind, **_times(met)} for met in error.conflicts]}
    if isinstance(error, SeriesRefused):
        return _facts_of_dates(error)
    if isinstance(error, BreaksBookings):
        return {
            "bookings": [
                {"id": one.booking_id, "room_id": one.room_id, **_times(one), "code": one.code}
                for one in error.bookings
            ]
        }
    if isinstance(error, PolicyRefusal):
        for refusal in error.refusals:
            if refusal.code == "terms_not_accepted":
                return {"terms_version": refusal.params["terms_version"]}
    return {}


def _faults_of_dates(error: SeriesRefused) -> Mapping[str, Iterable[Fault]]:
    """Each rule that refuses some date, once; `dates` says which dates."""
    by_field: dict[str, dict[str, Fault]] = {}
    for date in error.dates:
        for refusal in date.refusals:
            by_field.setdefault(refusal.field, {}).setdefault(
                refusal.code, Fault(refusal.code, refusal.params)
            )
    return {name: list(faults.values()) for name, faults in by_field.items()}


def _facts_of_dates(error: SeriesRefused) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "dates": [
            {
                "day": one.day.isoformat(),
                "starts_at": one.starts_at.isoformat() if one.starts_at else None,
                "ends_at": one.ends_at.isoformat() if one.ends_at else None,
                "code": one.refusals[0].code if one.refusals else "room_taken",
            }
            for one in error.dates
        ]
    }
    met = [met for one in error.dates for met in one.conflicts]
    if met:
        facts["conflicts"] = [{"kind": one.kind, **_times(one)} for one in met]
    unaccepted = [
        refusal.params["terms_version"]
        for one in error.dates
        for refusal in one.refusals
        if refusal.code == "terms_not_accepted"
    ]
    return {**facts, "terms_version": unaccepted[0]} if unaccepted else facts


def _times(stretch: Conflict | Broken) -> dict[str, str]:
    return {
        "starts_at": stretch.starts_at.isoformat(),
        "ends_at": stretch.ends_at.isoformat(),
    }


def _errors(faults: Mapping[str, Iterable[Fault]]) -> dict[str, list[dict[str, str]]]:
    return {
        name[:_LONGEST_NAME]: [
            {"code": fault.code, "detail": text_of(fault.code, **fault.params)} for fault in found
        ]
        for name, found in list(faults.items())[:_MOST_FIELDS]
    }


def _headers(error: BookingError) -> dict[str, str]:
    if isinstance(error, SignInRequired):
        # RFC 6750 3.1: no error code when the request bore no token at all.
        unknown = ', error="invalid_token"' if error.code == "token_unknown" else ""
        return {"WWW-Authenticate": f'Bearer realm="yhteistila"{unknown}'}
    if isinstance(error, Forbidden) and error.code == "token_read_only":
        return {
            "WWW-Authenticate": 'Bearer realm="yhteistila", error="insufficient_scope", scope="write"'
        }
    if isinstance(error, Stale):
        return {"ETag": f'"{error.params["current_version"]}"'}
    if "retry_after_seconds" in error.params:
        return {"Retry-After": str(error.params["retry_after_seconds"])}
    return {}


def _problem(
    status: int, code: str, detail: str, more: Mapping[str, Any], headers: Mapping[str, str]
) -> Response:
    body = {
        "type": TYPE + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    # ASCII: an unknown field's name may hold half characters, which UTF-8 can't bear.
    answer = Response(json.dumps(body), status, mimetype=MEDIA_TYPE)
    answer.headers["Content-Language"] = current_locale()
    answer.headers.extend(headers)
    return answer
