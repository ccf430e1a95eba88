"""/openapi.json: valid, whole, and honest about security."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from booking.domain.bookings import REFUSALS
from booking.web.api import texts
from booking.web.texts import TEXTS
from tests.web.api.calls import Program


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The document does not hang on the database's kind."""
    return sqlite_url


def operations(program: Program) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each path, method and operation of the document."""
    for path, item in program.document["paths"].items():
        for method in ("get", "post", "patch", "put", "delete"):
            if method in item:
                yield path, method, item[method]


def test_the_document_is_openapi_3_1(nobody: Program) -> None:
    assert nobody.document["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(nobody.document).iter_errors()) == []


def test_every_route_of_the_api_is_in_the_document(nobody: Program) -> None:
    routes = {
        (rule.rule.replace("<row:", "{").replace(">", "}"), method.lower())
        for rule in nobody.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    told = {(path, method) for path, method, _ in operations(nobody)}
    assert told == routes


def test_only_looks_at_rooms_units_and_the_document_need_no_token(nobody: Program) -> None:
    free = {path for path, _, operation in operations(nobody) if {} in operation["security"]}
    assert all(
        method == "get"
        for _, method, operation in operations(nobody)
        if {} in operation["security"]
    )
    assert free == {
        "/api/v1/rooms",
        "/api/v1/rooms/{room_id}",
        "/api/v1/rooms/{room_id}/next-free",
        "/api/v1/availability",
        "/api/v1/units",
        "/api/v1/units/{unit_id}",
        "/api/v1/units/{unit_id}/closures",
        "/api/v1/openapi.json",
    }


def test_the_document_is_sent_again_only_when_it_has_changed(nobody: Program) -> None:
    etag = nobody.get("/openapi.json").headers["ETag"]
    assert nobody.get("/openapi.json", If_None_Match=etag).status_code == 304


def test_every_refusal_has_a_text() -> None:
    assert set(REFUSALS) | {"room_taken", "stale", "wrong_state", "already_started"} <= set(
        TEXTS
    ) | set(texts.TEXTS)
