"""Calls to the API as a program makes them, each answer held to the OpenAPI document. Knows persons and tokens; no rule."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from openapi_schema_validator import OAS31Validator

from booking.db import Database, transaction
from booking.domain.local_time import HELSINKI
from booking.services.people import create_token
from tests.support.world import World

BASE_URL = "http://127.0.0.1:8000"
PREFIX = "/api/v1"


def soon(hour: int, minute: int = 0, days: int = 0) -> datetime:
    """A wall time, in UTC, of a Wednesday one to two weeks ahead, or `days` after it: the rooms are open 8–20 on weekdays."""
    today = datetime.now(HELSINKI).date()
    day = today + timedelta(days=7 + (2 - today.weekday()) % 7 + days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=HELSINKI).astimezone(UTC)


def wish(world: World, **changes: Any) -> dict[str, Any]:
    """The body by which Anna asks for half A, 10–12, for ten people of Virta ry."""
    body = {
        "room_id": world.half_a,
        "organisation_id": world.virta,
        "title": "Hallituksen kokous",
        "activity": "meeting",
        "starts_at": soon(10).isoformat(),
        "ends_at": soon(12).isoformat(),
        "people": 10,
    }
    return {**body, **changes}


@dataclass
class Program:
    """A program that calls the API; `token` is its person's, None for nobody's.

    Answers are werkzeug's TestResponse, typed as Any: its `json` would have to be asserted not to be None each time.
    """

    app: Flask
    document: dict[str, Any]
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    base_url: str = BASE_URL

    def get(self, path: str, **headers: str) -> Any:
        """GET `path` below /api/v1."""
        return self.call("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST a JSON body; header names are written with underscores."""
        return self.call("POST", path, body, headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        """PATCH with a JSON body."""
        return self.call("PATCH", path, body, headers)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Any:
        """Make a call and check that the document knows the answer."""
        raw = None if body is None else json.dumps(body).encode()
        return self.send(method, path, raw, "application/json", headers)

    def send(
        self,
        method: str,
        path: str,
        raw: bytes | None,
        content_type: str | None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Send a body as it is."""
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        address = path if path.startswith("http") else self.base_url + PREFIX + path
        answer = self.app.test_client().open(
            address,
            method=method,
            data=raw,
            content_type=content_type if raw is not None else None,
            headers={**self.headers, **bearer, **named},
        )
        hold_to(self.document, method, answer)
        return answer


def hold_to(document: dict[str, Any], method: str, answer: Any) -> None:
    """Assert that the document foretells this answer: its status, its kind and its shape."""
    if not document["paths"]:
        return  # a program that only prepares a test for others
    operation = _operation(document, method, answer.request.path)
    if operation is None:
        assert answer.status_code in (404, 405)
        return
    told = operation["responses"].get(str(answer.status_code))
    assert told is not None, (
        f"{method} {answer.request.path}: {answer.status} is not in the document"
    )
    if "$ref" in told:
        told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
    if "content" not in told:
        assert answer.data == b""
        return
    assert answer.mimetype in told["content"]
    shape = {**told["content"][answer.mimetype]["schema"], "components": document["components"]}
    OAS31Validator(shape).validate(json.loads(answer.data))


def _operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    for template, operations in document["paths"].items():
        parts, given = template.split("/"), path.split("/")
        if len(parts) == len(given) and all(
            part == found or (part.startswith("{") and found.isdigit())
            for part, found in zip(parts, given, strict=True)
        ):
            found_operation: dict[str, Any] | None = operations.get(method.lower())
            return found_operation
    return None


def token_of(database: Database, first_name: str, world: World, scope: str = "write") -> str:
    """A new token of one of the world's persons."""
    return transaction(
        database,
        lambda session: create_token(
            session,
            f"{first_name}@demo.example",
            scope,
            actor=world.yllapito,
            now=datetime.now(UTC),
        ),
    )
