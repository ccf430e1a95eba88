"""Organisations by the API: found, added, read, changed; each answer held to the document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import Database, reading
from booking.models import AuditEntry, Membership, Organisation
from booking.services.merging import merge_organisations
from booking.services.organisations import add_organisation, set_active, set_agreement
from tests.support.acts import do
from tests.support.world import World
from tests.web.api.calls import Program

ProgramOf = Callable[..., Program]
NEW = {"name": "Uusi Alku ry", "kind": "association"}


def names(answer: Any) -> list[str]:
    return [one["name"] for one in answer.json["items"]]


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_staff_search_and_leaf(database: Database, program_of: ProgramOf, world: World) -> None:
    for name in ("Äänekäs kuoro", "Kuoro Kaiku", "Hiljaisuus"):
        do(database, add_organisation, {**NEW, "name": name}, actor=world.kaisa)
    veli = program_of("veli")
    assert names(veli.get("/organisations?q=KUORO")) == ["Kuoro Kaiku", "Äänekäs kuoro"]
    assert names(veli.get("/organisations?q=0927140-5")) == ["Virta ry"]
    first = veli.get("/organisations?q=kuoro&limit=1")
    second = veli.get(first.json["next"])
    assert (names(first) + names(second), second.json["next"]) == (
        ["Kuoro Kaiku", "Äänekäs kuoro"],
        None,
    )
    assert names(program_of("outi").get("/organisations?q=kuoro")) == []
    for cursor in ("x", "r99999", "r0"):
        assert code(veli.get(f"/organisations?cursor={cursor}")) == (422, "invalid")
    # Nobody may learn by a cursor where another's name stands.
    assert code(program_of("toini").get(f"/organisations?cursor=r{world.virta}"))[0] == 422


def test_a_list_is_of_those_one_may_book_for(
    database: Database, program_of: ProgramOf, world: World
) -> None:
    do(database, set_active, world.virta, False, "Lepo", actor=world.kaisa)
    assert names(program_of("anna").get("/organisations")) == []
    assert names(program_of("veli").get("/organisations")) == ["Toinen yhdistys", "Virta ry"]
    do(database, merge_organisations, world.virta, world.toinen, actor=world.kaisa)
    assert names(program_of("veli").get("/organisations")) == ["Toinen yhdistys"]


def test_somebody_adds_their_own_and_the_coordinator_a_verified_one(
    database: Database, program_of: ProgramOf, world: World
) -> None:
    body = {**NEW, "y_tunnus": "FI32213174", "municipality": "kitee", "field": "culture"}
    own = program_of("outi").post("/organisations", body)
    assert own.status_code == 201
    facts = {name: own.json[name] for name in ("name", "y_tunnus", "municipality", "verified")}
    assert facts == {
        "name": "Uusi Alku ry",
        "y_tunnus": "3221317-4",
        "municipality": "kitee",
        "verified": False,
    }
    assert own.headers["Location"].endswith(f"/organisations/{own.json['id']}")
    with reading(database) as session:
        roles = select(Membership.role).where(Membership.organisation_id == own.json["id"])
        assert list(session.scalars(roles)) == ["owner"]
    other = program_of("kaisa").post("/organisations", {"name": "Kaupunki", "kind": "municipality"})
    assert (other.json["verified"], other.json["agreements"]) == (True, [])


def test_a_call_sent_twice_adds_one_and_keeps_no_contact(
    program_of: ProgramOf, world: World
) -> None:
    outi = program_of("outi")
    body = {**NEW, "contact_email": "alku@example.fi"}
    first = outi.post("/organisations", body, **{"Idempotency-Key": "a"})
    again = outi.post("/organisations", body, **{"Idempotency-Key": "a"})
    assert (again.status_code, again.json) == (201, first.json)
    assert "contact_email" not in first.json
    changed = outi.post("/organisations", NEW, **{"Idempotency-Key": "a"})
    assert code(changed) == (422, "key_reused")


@pytest.mark.parametrize(
    ("changes", "field", "fault"),
    [
        ({"name": " "}, "name", "required"),
        ({"name": "x" * 201}, "name", "too_long_text"),
        ({"name": "a\u202eb"}, "name", "bad_characters"),
        ({"name": None}, "name", "required"),
        ({"name": ["x"]}, "name", "not_text"),
        ({"kind": "county"}, "kind", "bad_choice"),
        ({"kind": "sect"}, "kind", "bad_choice"),
        ({"kind": "unregistered"}, "responsible_name", "responsible_required"),
        ({"y_tunnus": "0927140-6"}, "y_tunnus", "bad_y_tunnus"),
        ({"y_tunnus": "0927140-5"}, "y_tunnus", "organisation_known"),
        ({"register_number": "x"}, "register_number", "bad_register_number"),
        ({"municipality": "atlantis"}, "municipality", "bad_choice"),
        ({"contact_email": "a@b.fi\r\nBcc: x@y.fi"}, "contact_email", "bad_email"),
        ({"verified": True}, "verified", "unknown_field"),
        ({"merged_into": 1}, "merged_into", "unknown_field"),
        ({"version": 9}, "version", "unknown_field"),
    ],
)
def test_what_is_wrong_is_named(
    program_of: ProgramOf, changes: dict[str, Any], field: str, fault: str
) -> None:
    answer = program_of("outi").post("/organisations", {**NEW, **changes})
    assert (answer.status_code, answer.json["errors"][field][0]["code"]) == (422, fault)


def test_a_fourth_on_one_day_must_wait(program_of: ProgramOf) -> None:
    outi = program_of("outi")
    for number in range(3):
        assert outi.post("/organisations", {**NEW, "name": f"Y{number}"}).status_code == 201
    answer = outi.post("/organisations", NEW)
    assert (code(answer), int(answer.headers["Retry-After"]) > 0) == ((429, "too_many"), True)


def test_one_is_read_with_its_agreements_and_contact_by_few(
    database: Database, program_of: ProgramOf, world: World
) -> None:
    agreed = {"kind": "partnership", "valid_from": DAY, "valid_until": None, "file_number": "1"}
    do(database, set_agreement, world.virta, None, agreed, actor=world.kaisa)
    shown = {}
    for who in ("anna", "pekka", "viivi", "veli", "kaisa"):
        answer = program_of(who).get(f"/organisations/{world.virta}")
        assert answer.json["agreements"][0]["valid_from"] == "2027-01-01"
        shown[who] = "contact_email" in answer.json
    assert shown == {who: who != "viivi" for who in shown}
    with reading(database) as session:
        looks = select(AuditEntry.actor_name).where(AuditEntry.action == "read_contact")
        assert sorted(map(str, session.scalars(looks))) == ["Kaisa Koordinoija", "Veli Vastaava"]
    for who in ("outi", "toini"):
        answer = program_of(who).get(f"/organisations/{world.virta}")
        assert code(answer) == (404, "not_found")


DAY = date(2027, 1, 1)


def test_a_known_version_is_not_sent_again(program_of: ProgramOf, world: World) -> None:
    anna = program_of("anna")
    etag = anna.get(f"/organisations/{world.virta}").headers["ETag"]
    again = anna.get(f"/organisations/{world.virta}", **{"If-None-Match": etag})
    assert (again.status_code, again.headers["ETag"]) == (304, etag)


def test_one_is_changed_on_the_version_that_was_seen(
    database: Database, program_of: ProgramOf, world: World
) -> None:
    pekka, path = program_of("pekka"), f"/organisations/{world.virta}"
    etag = pekka.get(path).headers["ETag"]
    body = {"municipality": "kitee", "contact_email": "virta@example.fi", "y_tunnus": None}
    assert code(pekka.patch(path, body)) == (428, "version_required")
    answer = pekka.patch(path, body, **{"If-Match": etag})
    assert answer.status_code == 200
    told = {name: answer.json[name] for name in ("municipality", "y_tunnus", "verified", "version")}
    assert told == {"municipality": "kitee", "y_tunnus": None, "verified": False, "version": 2}
    late = pekka.patch(path, {"field": "culture"}, **{"If-Match": etag})
    assert (code(late), late.headers["ETag"]) == ((412, "stale"), '"2"')
    assert pekka.patch(path, {"field": "culture"}, **{"If-Match": '"2"'}).status_code == 200
    with reading(database) as session:
        row = session.get_one(Organisation, world.virta)
        assert (row.contact_email, row.field) == ("virta@example.fi", "culture")


def test_who_may_not_is_told_so_before_anything_else(program_of: ProgramOf, world: World) -> None:
    path = f"/organisations/{world.virta}"
    answers = {
        who: code(program_of(who).patch(path, {"nonsense": 1}))
        for who in ("outi", "anna", "veli", "pekka")
    }
    assert answers == {
        "outi": (404, "not_found"),
        "anna": (403, "owners_only"),
        "veli": (403, "owners_only"),
        "pekka": (428, "version_required"),
    }
    empty = program_of("pekka").patch(path, {}, **{"If-Match": '"1"'})
    assert empty.json["errors"]["body"][0]["code"] == "nothing_to_change"
    blank = program_of("pekka").patch(path, {"name": " "}, **{"If-Match": '"1"'})
    assert blank.json["errors"]["name"][0]["code"] == "required"


def test_one_that_was_merged_says_into_which(
    database: Database, program_of: ProgramOf, world: World
) -> None:
    do(database, merge_organisations, world.virta, world.toinen, actor=world.kaisa)
    path = f"/organisations/{world.virta}"
    answer = program_of("anna").get(path)
    assert (answer.json["active"], answer.json["merged_into"]) == (False, world.toinen)
    late = program_of("kaisa").patch(path, {"field": "culture"}, **{"If-Match": "*"})
    assert code(late) == (422, "already_merged")
