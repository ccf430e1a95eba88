"""Bodies of every wrong kind: told apart, never a fault of ours, and nothing is changed."""

from __future__ import annotations

import io
import json
import unicodedata
from typing import Any

import pytest
from werkzeug.exceptions import InternalServerError

from booking.db import Database
from booking.errors import DatabaseBusy
from booking.models import Booking
from booking.web.api.problems import on_http, on_refusal
from tests.support.world import World
from tests.web.api.calls import BASE_URL, Program, soon, wish
from tests.web.api.test_bookings import count, problem

JSON = "application/json"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What is refused before the database is asked does not hang on its kind."""
    return sqlite_url


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "code"),
    [
        (b"", JSON, 422, "invalid"),
        (b"{}", JSON, 422, "invalid"),
        (b"[]", JSON, 400, "not_an_object"),
        (b"null", JSON, 400, "not_an_object"),
        (b'"text"', JSON, 400, "not_an_object"),
        (b"{", JSON, 400, "malformed_json"),
        (b"[" * 100_000, JSON, 400, "malformed_json"),
        (b'{"a":' * 40_000, JSON, 400, "malformed_json"),
        (b'{"title": "a", "title": "b"}', JSON, 400, "malformed_json"),
        (b'{"people": NaN}', JSON, 400, "malformed_json"),
        (b'{"people": -Infinity}', JSON, 400, "malformed_json"),
        (b'{"people": ' + b"1" * 100_000 + b"}", JSON, 400, "malformed_json"),
        (b'{"people": 1e999}', JSON, 422, "invalid"),
        (b"\xff\xfe{\x00}\x00", JSON, 400, "malformed_json"),
        (b'{"title": "\xff"}', JSON, 400, "malformed_json"),
        (b"{}", "text/plain", 415, "wrong_media_type"),
        (b"{}", None, 415, "wrong_media_type"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "wrong_media_type"),
        (b"{}", "application/json; charset=utf-16", 415, "wrong_media_type"),
        (b"{}", "application/json; charset=UTF-8", 422, "invalid"),
        (b'{"\\ud800": 1}', JSON, 422, "invalid"),
        (json.dumps(dict.fromkeys(map(str, range(20_000)), 0)).encode(), JSON, 422, "invalid"),
        (b" " * 300_000 + b"{}", JSON, 413, "too_large"),
    ],
)
def test_a_body_that_is_none(
    anna: Program, database: Database, raw: bytes, content_type: str | None, status: int, code: str
) -> None:
    answer = anna.send("POST", "/bookings", raw, content_type)
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (
        status,
        "application/problem+json",
        code,
    )
    assert len(answer.data) < 5000
    assert count(database, Booking) == 0


def test_a_body_without_a_length_is_measured_too(anna: Program, database: Database) -> None:
    answer = anna.app.test_client().post(
        f"{BASE_URL}/api/v1/bookings",
        input_stream=io.BytesIO(b" " * 300_000 + b"{}"),
        content_type=JSON,
        headers={"Authorization": f"Bearer {anna.token}", "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
    assert count(database, Booking) == 0


def test_a_stretch_of_months_is_told_apart_from_the_rooms_own_limit(
    anna: Program, world: World
) -> None:
    answer = anna.post("/bookings", wish(world, ends_at=soon(12, days=32).isoformat()))
    assert answer.status_code == 422
    assert answer.json["errors"] == {
        "ends_at": [
            {
                "code": "too_many_days",
                "detail": "From start to end there may be at most 31 days here. A room's own limit may be shorter.",
            }
        ]
    }


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("title", "", "required"),
        ("title", " \t\n", "required"),
        ("title", None, "required"),
        ("title", ["a"], "not_text"),
        ("title", {"fi": "a"}, "not_text"),
        ("title", 5, "not_text"),
        ("title", "a\0b", "bad_characters"),
        ("title", "\ud800", "bad_characters"),
        ("title", "maksu\u202egnp.exe", "bad_characters"),
        ("title", "a\u2066b", "bad_characters"),
        ("title", "x" * 201, "too_long_text"),
        ("title", "x" * 200_000, "too_long_text"),
        ("needs", "x" * 2001, "too_long_text"),
        ("needs", "\0", "bad_characters"),
        ("needs", 5, "not_text"),
        ("people", "5", "not_whole_number"),
        ("people", 5.0, "not_whole_number"),
        ("people", True, "not_whole_number"),
        ("people", [5], "not_whole_number"),
        ("people", None, "required"),
        ("people", 0, "out_of_range"),
        ("people", -1, "out_of_range"),
        ("people", 2**63, "out_of_range"),
        ("room_id", "1", "not_whole_number"),
        ("room_id", 2**31, "out_of_range"),
        ("organisation_id", 0, "out_of_range"),
        ("activity", "party", "bad_choice"),
        ("activity", ["meeting"], "bad_choice"),
        ("public", 1, "not_true_or_false"),
        ("public", "true", "not_true_or_false"),
        ("public", None, "required"),
        ("starts_at", "2027-06-07T10:00:00", "bad_instant"),
        ("starts_at", 1_800_000_000, "bad_instant"),
        ("starts_at", None, "required"),
        ("ends_at", "1969-12-31T23:00:00Z", "bad_year"),
    ],
)
def test_a_value_that_is_none(
    anna: Program, database: Database, world: World, name: str, value: Any, code: str
) -> None:
    answer = anna.post("/bookings", wish(world, **{name: value}))
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert {
        key: [one["code"] for one in faults] for key, faults in answer.json["errors"].items()
    } == {name: [code]}
    assert count(database, Booking) == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Kokous  ", "Kokous"),
        ("Kokous\r\n\u2028 2", "Kokous 2"),
        ("a\x07b", "ab"),
        (unicodedata.normalize("NFD", "Pöytäkirja"), "Pöytäkirja"),
        ("👩‍🦽‍➡️ retki", "👩‍🦽‍➡️ retki"),
        ("{{7*7}} <script>alert(1)</script> ' \" --", "{{7*7}} <script>alert(1)</script> ' \" --"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_title_is_kept_tidy(anna: Program, world: World, given: str, kept: str) -> None:
    answer = anna.post("/bookings", wish(world, title=given))
    assert (answer.status_code, answer.json["title"]) == (201, kept)


@pytest.mark.parametrize(
    ("language", "code", "detail"),
    [("en-GB, fi;q=0.5", "en", "There is nothing here, or you may not know of it.")],
)
def test_a_problem_speaks_the_language_of_its_caller(
    nobody: Program, language: str, code: str, detail: str
) -> None:
    answer = nobody.get("/rooms/1", Accept_Language=language)
    assert (answer.headers["Content-Language"], answer.json["detail"]) == (code, detail)
    for other in ("sv", "fi"):
        assert nobody.get("/rooms/1", Accept_Language=other).headers["Content-Language"] == other


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/rooms"), ("TRACE", "/bookings"), ("POST", "/rooms/1")]
)
def test_a_wrong_method_keeps_its_allow_header(nobody: Program, method: str, path: str) -> None:
    answer = nobody.send(method, path, None, None)
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (
        405,
        "application/problem+json",
        "method_not_allowed",
    )
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/rooms", "/api/v1/rooms/"]
)
def test_an_unknown_address_is_a_problem_and_no_page(nobody: Program, path: str) -> None:
    answer = nobody.get(BASE_URL + path)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_pages_keep_their_own_errors(nobody: Program) -> None:
    client = nobody.app.test_client()
    assert client.get("/nothing", base_url=BASE_URL).mimetype == "text/html"
    wrong_method = client.put("/rooms", base_url=BASE_URL)
    assert wrong_method.mimetype == "text/html"


def test_method_override_is_not_listened_to(nobody: Program, anna: Program, world: World) -> None:
    made = anna.post("/bookings", wish(world)).json
    answer = anna.get(f"/bookings/{made['id']}?_method=PATCH", X_HTTP_Method_Override="PATCH")
    assert answer.status_code in (200, 422)
    assert anna.get(f"/bookings/{made['id']}").json["version"] == 1


def test_a_busy_database_says_when_to_try_again(nobody: Program) -> None:
    with nobody.app.test_request_context(headers={"Accept-Language": "en"}):
        answer = on_refusal(DatabaseBusy(3))
    assert answer.json == problem(
        503,
        "Service Unavailable",
        "database_busy",
        "The service is very busy just now. Nothing was saved. Try again in a moment.",
    )
    assert answer.headers["Retry-After"] == "3"


def test_a_fault_of_ours_says_nothing_of_what_it_was(nobody: Program) -> None:
    with nobody.app.test_request_context(headers={"Accept-Language": "en"}):
        answer = on_http(InternalServerError(original_exception=ValueError("secret")))
    assert answer.json == problem(
        500,
        "Internal Server Error",
        "internal_error",
        "Something went wrong on our side. Nothing you did caused this, and the fault has been recorded.",
    )


def test_a_foreign_host_is_a_problem_too(nobody: Program, world: World) -> None:
    answer = nobody.get("http://evil.example/api/v1/rooms")
    assert (answer.status_code, answer.json["code"]) == (400, "bad_request")
