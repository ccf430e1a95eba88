"""Answers as plain mappings and JSON, and the versions they bear. Knows rows and their names in the API; no rule.

Written by hand and not by marshmallow: a list of a hundred rooms is dumped in a millisecond. What an answer looks like is
promised in `booking.web.api.shapes`; the tests hold every answer to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, request

from booking.calendar_items import booking_uid
from booking.domain.rooms import ACTIVITIES, FEATURES, RoomRules
from booking.domain.texts import LocalText
from booking.errors import Stale
from booking.models import Block, Booking, Organisation, Room, RoomFeature
from booking.web.api.problems import VersionRequired

_NOTHING_KNOWN = dict.fromkeys(FEATURES, "unknown")


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


def room_in_list(room: RoomRules) -> dict[str, Any]:
    """A room as lists show it."""
    return {
        "id": room.id,
        "name": local_text(room.name),
        "unit": {
            "id": room.unit_id,
            "name": local_text(room.unit_name),
            "open_for_booking": room.unit_is_open,
        },
        "municipality": room.municipality,
        "address": room.address,
        "capacity": room.capacity,
        "activities": [code for code in ACTIVITIES if code in room.activities],
        "features": {**_NOTHING_KNOWN, **room.features},
    }


def room_in_full(rules: RoomRules, room: Room, today: date) -> dict[str, Any]:
    """A room with its texts, hours, rules, and what is known of each feature; exceptions of the hours from `today` on."""
    hours = rules.hours
    return {
        **room_in_list(rules),
        "description": local_text(room.description),
        "arrival": local_text(room.unit.arrival),
        "features": _features(room.features),
        "opening_hours": [
            {"weekday": weekday + 1, **_stretch(stretch)}
            for weekday in sorted(hours.weekly)
            for stretch in hours.weekly[weekday]
        ],
        "opening_exceptions": [
            {
                "day": day.isoformat(),
                "hours": [_stretch(stretch) for stretch in stretches],
                "reason": local_text(hours.closed_because.get(day)),
            }
            for day, stretches in sorted(hours.exceptions.items())
            if day >= today
        ],
        "rules": {
            "step_minutes": rules.step_minutes,
            "min_minutes": rules.min_minutes,
            "max_minutes": rules.max_minutes,
            "notice_minutes": rules.notice_minutes,
            "horizon_days": rules.horizon_days,
        },
        "shares_space_with": [room_id for room_id in rules.neighbours if room_id != rules.id],
    }


def _features(rows: Iterable[RoomFeature]) -> dict[str, dict[str, Any]]:
    known = {row.code: row for row in rows}
    return {code: _feature(known.get(code)) for code in FEATURES}


def _feature(row: RoomFeature | None) -> dict[str, Any]:
    if row is None:
        return {
            "value": "unknown",
            "note": None,
            "measure_cm": None,
            "checked_on": None,
            "checked_by": None,
        }
    return {
        "value": row.value,
        "note": local_text(row.note),
        "measure_cm": row.measure_cm,
        "checked_on": row.checked_on.isoformat() if row.checked_on else None,
        "checked_by": row.checked_by,
    }


def _stretch(stretch: tuple[int, int]) -> dict[str, str]:
    opens, closes = (f"{minute // 60:02}:{minute % 60:02}" for minute in stretch)
    return {"opens": opens, "closes": closes}


def organisation(row: Organisation) -> dict[str, Any]:
    """An organisation one may book for."""
    return {
        "id": row.id,
        "name": row.name,
        "kind": row.kind,
        "municipality": row.municipality.key if row.municipality else None,
        "verified": row.verified_at is not None,
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
        "title": row.title,
        "activity": row.activity,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "people": row.people,
        "public": row.is_public,
        "decided_by": row.decided_by_name,
        "reason": row.reason,
        "cancel_reason": row.cancel_reason,
        "created_at": row.created_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
    }


def contact(row: Booking) -> dict[str, Any]:
    """Whom to call about a booking, and what its people need; reading it is audited."""
    return {"needs": row.needs, "contact": {"name": row.contact_name, "email": row.contact_email}}


def block(row: Block) -> dict[str, Any]:
    """Time a unit keeps for itself, as its staff see it."""
    return {
        "id": row.id,
        "room_id": row.room.id,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "reason": row.reason,
        "created_at": row.created_at.isoformat(),
    }
