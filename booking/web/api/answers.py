"""Answers as plain mappings and JSON, and the versions they bear. Knows rows and their names in the API; no rule.

Rooms and units, of which there is much to say, have a module of their own: `booking.web.api.facts`.

Written by hand and not by marshmallow: a list of a hundred rooms is dumped in a millisecond. What an answer looks like is
promised in `booking.web.api.shapes`; the tests hold every answer to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from booking.calendar_items import booking_uid
from booking.domain.rooms import FEATURES
from booking.domain.texts import LocalText
from booking.errors import Stale
from booking.models import Agreement, Block, Booking, Organisation
from booking.web.api.problems import VersionRequired


@dataclass(frozen=True)
class Answer:
    """What a call is told; `etag` without its quotation marks."""

    status: int
    body: Mapping[str, Any]
    etag: str | None = None
    location: str | None = None

    def response(self) -> Response:
        """The HTTP answer."""
        answer = json_answer(self.body, self.status)
        if self.etag is not None:
            answer.headers["ETag"] = f'"{self.etag}"'
        if self.location is not None:
            answer.headers["Location"] = self.location
        return answer


def json_answer(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, mimetype="application/json")


def is_known(etag: str) -> bool:
    """Whether the caller has what bears this ETag already (If-None-Match; compared weakly, RFC 9110 13.1.2)."""
    return request.if_none_match.contains_weak(etag)


def not_modified(etag: str) -> Response:
    """The answer to one who has it already."""
    answer = Response(status=304)
    answer.headers["ETag"] = f'"{etag}"'
    return answer


def require_seen(version: int) -> int:
    """`version`, if the caller has seen it (If-Match; compared strongly, RFC 9110 13.1.1). Raises VersionRequired or Stale."""
    if not request.headers.get("If-Match", "").strip():
        raise VersionRequired
    tags = request.if_match
    if not (tags.star_tag or tags.is_strong(str(version))):
        raise Stale(version)
    return version


def version_etag(version: int, of: str) -> str:
    """The ETag of an answer that shows more than a row of this version: `of` stands for the rest.

    Whoever changes the row needs to have seen this version of it only (`require_seen_row`).
    """
    return f"{version}-{of}"


def require_seen_row(version: int) -> int:
    """Like `require_seen`, for a row whose answers bear a `version_etag`, or its bare version: what else they show may change."""
    if not request.headers.get("If-Match", "").strip():
        raise VersionRequired
    tags = request.if_match
    if not (tags.star_tag or any(tag.partition("-")[0] == str(version) for tag in tags)):
        raise Stale(version)
    return version


def local_text(text: LocalText | None) -> dict[str, str] | None:
    """A text in the languages it has."""
    if text is None:
        return None
    found = {"fi": text.fi}
    if text.sv is not None:
        found["sv"] = text.sv
    if text.en is not None:
        found["en"] = text.en
    return found


def organisation(row: Organisation) -> dict[str, Any]:
    """An organisation in a list."""
    return {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "municipality": row.municipality.key if row.municipality else None,
        "verified": row.verified_at is not None,
    }


def organisation_in_full(row: Organisation, agreements: Iterable[Agreement]) -> dict[str, Any]:
    """An organisation with what its people and staff may know of it, contact apart."""
    return {
        **organisation(row),
        "version": row.version,
        "y_tunnus": row.y_tunnus,
        "register_number": row.register_number,
        "field": row.field,
        "active": row.is_active,
        "merged_into": row.merged_into_id,
        "agreements": [
            {
                "kind": one.kind,
                "valid_from": one.valid_from.isoformat(),
                "valid_until": None if one.valid_until is None else one.valid_until.isoformat(),
                "file_number": one.file_number,
            }
            for one in agreements
        ],
    }


def booking(row: Booking, installation: str) -> dict[str, Any]:
    """A booking as everybody in whose sight it is may see it: without needs and contact."""
    return {
        "id": row.id,
        "uid": booking_uid(row, installation),
        "state": row.state,
        "version": row.version,
        "room_id": row.room.id,
        "organisation_id": row.organisation.id,
        "series_id": row.series_id,
        "title": row.title,
        "activity": row.activity,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "people": row.people,
        "public": row.is_public,
        "decided_by": row.decided_by_name,
        "reason": row.reason,
        "condition": row.condition,
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        "on_behalf": row.is_on_behalf,
        "cancel_reason": row.cancel_reason,
        "created_at": row.created_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
    }


def contact(row: Booking) -> dict[str, Any]:
    """Whom to call about a booking, and what its people need; reading it is audited."""
    return {
        "needs": row.needs,
        "needed_features": [code for code in FEATURES if code in row.needed_features],
        "terms_version": row.terms_version,
        "contact": {"name": row.contact_name, "email": row.contact_email},
    }


def block(row: Block) -> dict[str, Any]:
    """Time a unit keeps for itself, as its staff see it."""
    return {
        "id": row.id,
        "room_id": row.room_id,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "reason": row.reason,
        "series": row.series,
        "created_at": row.created_at.isoformat(),
    }
