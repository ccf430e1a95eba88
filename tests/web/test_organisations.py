"""The pages of associations: named, seen, changed, joined; and what those may not see who should not."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import reading, transaction
from booking.models import Agreement, AuditEntry, Invitation, Membership, Organisation, Person
from booking.services.merging import merge_organisations
from booking.services.organisations import add_organisation, set_active
from tests.support.acts import do
from tests.support.world import make_booking
from tests.web.conftest import Site, Statements

HOSTILE = ("<script>alert(1)</script>", "\u202eyr atriV", "{{7*7}}", "a\x00b", "x" * 200_000)


@pytest.fixture(autouse=True)
def in_english(site: Site) -> None:
    """Let everybody read English: the pages are asked in words."""

    def work(session: Session) -> None:
        for person in session.scalars(select(Person)):
            person.locale = "en"

    transaction(site.database, work)


def path(site: Site, more: str = "") -> str:
    return f"/organisations/{site.world.virta}{more}"


def virta(site: Site) -> Organisation:
    with reading(site.database) as session:
        return session.get_one(Organisation, site.world.virta)


def new(**changes: Any) -> dict[str, Any]:
    return {"kind": "association", "name": "Uusi Alku ry", **changes}


def edited(site: Site, **changes: Any) -> dict[str, Any]:
    version = str(virta(site).version)
    same = {"kind": "association", "name": "Virta ry", "y_tunnus": "0927140-5"}
    return {**same, "version": version, **changes}


def test_somebody_names_their_association_and_may_book_for_it(site: Site) -> None:
    browser = site.browser("outi")
    assert "do not act for any association" in browser.get("/organisations").text
    answer = browser.post("/organisations/new", new(y_tunnus="FI 3221317 – 4"))
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert ("Uusi Alku ry" in page, "Not verified yet" in page, "3221317-4" in page) == (True,) * 3
    assert "Uusi Alku ry" in browser.get("/organisations").text


def test_a_form_sent_twice_makes_one(site: Site) -> None:
    browser = site.browser("outi")
    page = browser.get("/organisations/new").text
    key = re.search(r'name="key" type="hidden" value="([^"]+)"', page)
    assert key
    first = browser.post("/organisations/new", new(key=key[1]))
    again = browser.post("/organisations/new", new(key=key[1]))
    assert (again.status_code, again.location) == (303, first.location)


def test_what_is_wrong_is_told_at_its_field_and_everything_typed_is_kept(site: Site) -> None:
    form = new(kind="unregistered", y_tunnus="123", contact_email="tupa@", register_number="12")
    answer = site.browser("outi").post("/organisations/new", form)
    assert answer.status_code == 422
    for said in ("did not understand the business ID", "Enter who is responsible"):
        assert said in answer.text
    for typed in ('value="Uusi Alku ry"', 'value="123"', 'value="tupa@"', 'value="12"'):
        assert typed in answer.text


def test_a_fourth_on_one_day_must_wait_and_is_kept_in_the_form(site: Site) -> None:
    browser = site.browser("outi")
    for number in range(3):
        assert browser.post("/organisations/new", new(name=f"Y{number}")).status_code == 303
    answer = browser.post("/organisations/new", new(name="Neljäs"))
    assert (answer.status_code, 'value="Neljäs"' in answer.text) == (429, True)
    assert int(answer.headers["Retry-After"]) > 86_000


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_do_no_harm(site: Site, name: str) -> None:
    browser = site.browser("outi")
    answer = browser.post("/organisations/new", new(name=name))
    if len(name) > 1000:
        assert answer.status_code == 422
        return
    assert answer.status_code == 303
    for page in (
        browser.get(answer.location).text,
        site.browser("veli").get("/organisations").text,
    ):
        assert "<script>alert" not in page
        assert ("\u202e" in page, "\x00" in page, ">49<" in page) == (False,) * 3


def test_fields_that_are_not_asked_are_not_read(site: Site) -> None:
    browser = site.browser("outi")
    more = {"verified_at": "2027-01-01", "is_active": "", "merged_into_id": "1", "version": "9"}
    location = browser.post("/organisations/new", new(**more)).location
    with reading(site.database) as session:
        row = session.get_one(Organisation, int(location.rsplit("/", 1)[1]))
    assert (row.verified_at, row.is_active, row.merged_into_id, row.version) == (
        None,
        True,
        None,
        1,
    )
    browser.post(location + "/edit", new(version="1", **{"verified_at": "now"}))
    with reading(site.database) as session:
        assert session.get_one(Organisation, row.id).verified_at is None


def test_members_mail_addresses_are_for_those_who_keep_it(site: Site) -> None:
    shown = {}
    for who in ("anna", "pekka", "viivi", "veli", "aino", "kaisa", "yllapito"):
        page = site.browser(who).get(path(site)).text
        assert ("Anna Virtanen" in page, "Pekka Virtanen" in page) == (True, True)
        shown[who] = "mailto:anna@demo.example" in page
    keepers = ("pekka", "kaisa", "yllapito")
    assert shown == {who: who in keepers for who in shown}


def test_the_mailbox_is_for_its_people_and_those_who_decide_and_their_look_is_kept(
    site: Site,
) -> None:
    def give(session: Session) -> None:
        session.get_one(Organisation, site.world.virta).contact_email = "virta@example.fi"

    transaction(site.database, give)
    readers = ("anna", "pekka", "viivi", "veli", "kaisa")
    shown = {who: "virta@example.fi" in site.browser(who).get(path(site)).text for who in readers}
    assert shown == {who: who != "viivi" for who in readers}
    with reading(site.database) as session:
        looks = select(AuditEntry.actor_name).where(AuditEntry.action == "read_contact")
        assert sorted(filter(None, session.scalars(looks))) == [
            "Kaisa Koordinoija",
            "Veli Vastaava",
        ]


def test_a_stranger_learns_of_no_association_by_its_number(site: Site) -> None:
    browser = site.browser("outi")
    virtas, nobodys = browser.get(path(site)), browser.get("/organisations/99999")
    assert (virtas.status_code, nobodys.status_code) == (404, 404)
    strip = re.compile(r'value="[^"]*"|organisations/\d+|[0-9a-f]{16}')
    assert strip.sub("", virtas.text) == strip.sub("", nobodys.text)
    for number in ("0", "-1", "9999999999", "x", "2147483648"):
        assert browser.get(f"/organisations/{number}").status_code == 404
    assert "Virta ry" not in browser.get("/organisations?q=virta&unverified=y").text


def test_the_owner_changes_it_and_is_told_what_a_new_name_means(site: Site) -> None:
    browser = site.browser("pekka")
    assert "staff verify the association anew" in browser.get(path(site, "/edit")).text
    form = edited(site, name="Uoma ry", contact_email="uoma@example.fi", field="culture")
    assert browser.post(path(site, "/edit"), form).status_code == 303
    row = virta(site)
    assert (row.name, row.contact_email, row.field, row.verified_at) == (
        "Uoma ry",
        "uoma@example.fi",
        "culture",
        None,
    )
    assert site.browser("anna").post(path(site, "/edit"), form).status_code == 403


def test_who_comes_late_sees_what_has_changed_and_saves_again(site: Site) -> None:
    browser, stale = site.browser("pekka"), edited(site, name="Minun nimi ry")
    taken = edited(site, field="sports", contact_email="uusi@example.fi")
    site.browser("kaisa").post(path(site, "/edit"), taken)
    answer = browser.post(path(site, "/edit"), stale)
    assert answer.status_code == 409
    for said in ("What others have saved", "Sports and exercise", "Shared e-mail address"):
        assert said in answer.text
    assert ('value="Minun nimi ry"' in answer.text, "Kaisa Koordinoija" in answer.text) == (
        True,
        True,
    )
    assert virta(site).name == "Virta ry"
    version = re.search(r'name="version" type="hidden" value="(\d+)"', answer.text)
    assert version
    again = browser.post(path(site, "/edit"), {**stale, "version": version[1]})
    assert (again.status_code, virta(site).name) == (303, "Minun nimi ry")


def test_staff_find_narrow_and_leaf(site: Site) -> None:
    def many(session: Session) -> None:
        session.add_all(
            Organisation(name=f"Seura {number:02}", kind="association", field="sports")
            for number in range(25)
        )

    transaction(site.database, many)
    browser = site.browser("veli")
    page = browser.get("/organisations?q=seura&field=sports").text
    assert ("25 associations" in page, "Seura 19" in page, "Seura 20" in page) == (
        True,
        True,
        False,
    )
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older
    second = browser.get(older[1].replace("&amp;", "&")).text
    assert ("Seura 24" in second, "Virta ry" in second) == (True, False)
    assert "Virta ry" not in browser.get("/organisations?unverified=y").text
    nonsense = "/organisations?q=%27%22%3Cscript%3E&field=x&municipality=-1&at_rest=y"
    assert browser.get(nonsense).status_code == 200
    for wrong in ("0", "-1", "x", "99999999"):
        assert browser.get(f"/organisations?page={wrong}").status_code == 404


def test_a_list_of_many_asks_the_database_little(site: Site, statements: Statements) -> None:
    def many(session: Session) -> None:
        session.add_all(
            Organisation(name=f"Seura {number:03}", kind="association") for number in range(200)
        )

    transaction(site.database, many)
    browser = site.browser("veli")
    browser.get("/organisations")
    statements.clear()
    browser.get("/organisations?q=seura")
    assert len(statements) < 20


def test_staff_verify_what_they_have_seen(site: Site) -> None:
    other = f"/organisations/{site.world.toinen}"
    browser = site.browser("veli")
    assert "Verify the association" in browser.get(other).text
    browser.post(f"{other}/verify", {"version": "7"})
    assert "Look at it as it is now" in browser.get(other).text
    browser.post(f"{other}/verify", {"version": "1"})
    page = browser.get(other).text
    assert ("Verify the association" in page, "Not verified yet" in page) == (False, False)


def test_its_people_read_why_it_is_at_rest_and_whom_to_ask(site: Site) -> None:
    kaisa = site.browser("kaisa")
    empty = kaisa.post(path(site, "/rest"), {"reason": " "})
    assert (empty.status_code, "Write a reason" in empty.text) == (422, True)
    reason = "<b>Yhdistys on purettu.</b>"
    assert kaisa.post(path(site, "/rest"), {"reason": reason}).status_code == 303
    page = site.browser("anna").get(path(site)).text
    assert "&lt;b&gt;Yhdistys on purettu.&lt;/b&gt;" in page
    assert "mailto:kaisa@demo.example" in page
    assert kaisa.post(path(site, "/wake"), {"reason": "Jatkaa"}).status_code == 303
    assert "At rest" not in site.browser("anna").get(path(site)).text


def test_two_are_made_one_after_they_were_seen_side_by_side(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    kaisa, other = site.browser("kaisa"), site.world.toinen
    found = kaisa.get(path(site, "/merge?q=toinen")).text
    assert f'href="{path(site)}/merge/{other}"' in found
    page = kaisa.get(path(site, f"/merge/{other}")).text
    assert ("1 booking<" in page, "2 people who act for it" in page) == (True, True)
    assert kaisa.post(path(site, f"/merge/{other}"), {}).status_code == 422
    assert kaisa.post(path(site, f"/merge/{other}"), {"kept": "99"}).status_code == 422
    answer = kaisa.post(path(site, f"/merge/{other}"), {"kept": str(other)})
    assert (answer.status_code, answer.location) == (303, f"/organisations/{other}")
    # The old address leads on, for all who may see the one that stays, to whatever was asked of it.
    for who in ("anna", "toini", "kaisa", "viivi"):
        moved = site.browser(who).get(path(site, "/edit"))
        assert (moved.status_code, moved.location) == (303, f"/organisations/{other}")
    late = kaisa.post(path(site, "/edit"), new())
    assert (late.status_code, late.location) == (303, f"/organisations/{other}")
    assert site.browser("outi").get(path(site)).status_code == 404
    assert site.browser("toini").get(f"/bookings/{booking.id}").status_code == 200


def test_one_is_not_joined_with_itself_nor_with_one_that_is_gone(site: Site) -> None:
    kaisa, world = site.browser("kaisa"), site.world
    assert kaisa.get(path(site, f"/merge/{world.virta}")).status_code == 422
    third = do(site.database, add_organisation, {"name": "K", "kind": "other"}, actor=world.kaisa)
    do(site.database, merge_organisations, world.toinen, third.id, actor=world.kaisa)
    assert kaisa.get(path(site, f"/merge/{world.toinen}")).status_code == 422
    assert kaisa.get(path(site, "/merge/99999")).status_code == 404


def test_likely_doubles_are_shown_to_staff_only(site: Site) -> None:
    values = {"name": "VIRTA r.y.", "kind": "association"}
    do(site.database, add_organisation, values, actor=site.world.kaisa)
    assert "VIRTA r.y." in site.browser("veli").get(path(site)).text
    assert "compare and join" in site.browser("kaisa").get(path(site)).text
    assert "VIRTA r.y." not in site.browser("pekka").get(path(site)).text


def test_an_agreement_is_written_down_and_changed(site: Site) -> None:
    kaisa = site.browser("kaisa")
    form = {"kind": "partnership", "valid_from": "1.1.2027", "file_number": "=12/2027"}
    assert kaisa.post(path(site, "/agreements/new"), form).status_code == 303
    with reading(site.database) as session:
        row = session.scalars(select(Agreement)).one()
    own = path(site, f"/agreements/{row.id}")
    assert 'value="1.1.2027"' in kaisa.get(own).text
    backwards = kaisa.post(own, {**form, "valid_until": "1.1.2026"})
    assert (backwards.status_code, "end must be after the start" in backwards.text) == (422, True)
    assert kaisa.post(own, {**form, "valid_until": "31.12.2027"}).status_code == 303
    with reading(site.database) as session:
        assert session.get_one(Agreement, row.id).valid_until == date(2027, 12, 31)
    page = site.browser("anna").get(path(site)).text
    assert ("in force" in page, "=12/2027" in page) == (True, True)
    stranger = f"/organisations/{site.world.toinen}/agreements/{row.id}"
    assert kaisa.get(stranger).status_code == 404


def test_somebody_is_invited_and_the_invitation_taken_back(site: Site) -> None:
    pekka = site.browser("pekka")
    form = {"email": "uusi@example.fi", "role": "owner"}
    assert pekka.post(path(site, "/invite"), form).status_code == 303
    assert len(site.mails) == 1
    page = pekka.get(path(site)).text
    assert "uusi@example.fi" in page
    assert "uusi@example.fi" not in site.browser("anna").get(path(site)).text
    again = pekka.post(path(site, "/invite"), {"email": "anna@demo.example", "role": "booker"})
    assert (again.status_code, "acts for the association already" in again.text) == (422, True)
    for wrong in ({"email": "x"}, {"email": ""}, {**form, "role": "admin"}):
        assert pekka.post(path(site, "/invite"), {"role": "booker", **wrong}).status_code == 422
    revoke = re.search(r'action="([^"]+/revoke)"', page)
    assert revoke
    assert site.browser("anna").post(revoke[1]).status_code == 403
    assert pekka.post(revoke[1]).status_code == 303
    assert "uusi@example.fi" not in pekka.get(path(site)).text


def test_an_invitation_of_another_association_is_not_taken_back_from_here(site: Site) -> None:
    kaisa = site.browser("kaisa")
    kaisa.post(
        f"/organisations/{site.world.toinen}/invite",
        {"email": "uusi@example.fi", "role": "booker"},
    )
    with reading(site.database) as session:
        invitation = session.scalars(select(Invitation)).one()
    assert kaisa.post(path(site, f"/invitations/{invitation.id}/revoke")).status_code == 404
    with reading(site.database) as session:
        assert session.get_one(Invitation, invitation.id).revoked_at is None


def test_a_hand_over_says_what_will_happen(site: Site) -> None:
    pekka = site.browser("pekka")
    assert "Your role ends" in pekka.get(path(site, "/hand-over")).text
    form = {"email": "seuraava@example.fi"}
    assert pekka.post(path(site, "/hand-over"), form).status_code == 303
    assert "new contact person instead of Pekka Virtanen" in pekka.get(path(site)).text
    assert site.browser("kaisa").post(path(site, "/hand-over"), form).status_code == 403


def test_a_role_is_ended_after_asking_once_more_and_the_last_owner_stays(site: Site) -> None:
    pekka, world = site.browser("pekka"), site.world
    own = path(site, f"/members/{world.pekka.person_id}/end")
    stays = pekka.post(own)
    assert (stays.status_code, "needs at least one owner" in stays.text) == (422, True)
    annas = path(site, f"/members/{world.anna.person_id}/end")
    assert "is told so by e-mail" in pekka.get(annas).text
    assert site.browser("anna").get(own).status_code == 403
    answer = site.browser("anna").post(annas)
    assert (answer.status_code, answer.location) == (303, "/organisations")
    assert pekka.get(annas).status_code == 404
    assert site.browser("anna").get(path(site)).status_code == 404
    with reading(site.database) as session:
        left = select(Membership.person_id).where(Membership.organisation_id == world.virta)
        assert list(session.scalars(left)) == [world.pekka.person_id]


def test_one_at_rest_is_not_offered_for_booking(site: Site) -> None:
    do(site.database, set_active, site.world.virta, False, "Lepo", actor=site.world.kaisa)
    room = f"/bookings/new?room={site.world.half_a}"
    assert "Virta ry" not in site.browser("anna").get(room).text
    assert "Virta ry" not in site.browser("kaisa").get(room).text
