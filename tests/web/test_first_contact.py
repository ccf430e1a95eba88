"""From a free slot to a request, for who has never been here: three steps, and nothing typed is lost at any of them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from booking.db import reading, transaction
from booking.models import (
    Booking,
    CountySetting,
    MailedLink,
    Membership,
    Organisation,
    OutboxMessage,
    Person,
)
from tests.support.world import NOW, PASSWORD, make_booking
from tests.web.asking import count, errors, form
from tests.web.conftest import Browser, Site, set_clock
from tests.web.getting_in import (
    NEW,
    ask,
    association,
    hidden,
    last_mail,
    strangers_form,
)
from tests.web.test_asking_rules import write_terms

ENGLISH = {"Accept-Language": "en"}
TYPED = {
    "title": "Hallituksen kokous",
    "day": "10.3.2027",
    "starts": "10",
    "people": "10",
    "needs": "Pyörätuolilla kulkeva osallistuja",
    "key": "avain-1",
}


def set_county(site: Site, key: str, value: int) -> None:
    transaction(site.database, lambda s: s.add(CountySetting(key=key, value=value)))


def organisations(site: Site) -> list[str]:
    with reading(site.database) as session:
        return list(session.scalars(select(Organisation.name).order_by(Organisation.id)))


def mails(site: Site, kind: str) -> int:
    with reading(site.database) as session:
        query = select(func.count()).where(OutboxMessage.kind == kind)
        return session.scalars(query).one()


def first_step(site: Site, browser: Browser, **changes: Any) -> None:
    answer = browser.post("/bookings/new", strangers_form(site, **changes))
    assert (answer.status_code, answer.location) == (303, "/login/code")


def last_page(site: Site, browser: Browser, **changes: Any) -> str:
    """The page of the last step, after the address was confirmed by the code."""
    first_step(site, browser, **changes)
    answer = browser.post("/login/code", {"code": last_mail(site).code})
    assert answer.status_code == 303
    return browser.get(answer.location).text


def test_a_free_slot_opens_the_form_for_anybody_and_says_where_they_are(site: Site) -> None:
    link = f"/bookings/new?room={site.world.half_a}&day=10.3.2027&starts=10.00&ends=12.00"
    page = site.nobody().get(link, headers=ENGLISH)
    assert page.status_code == 200
    assert "Step 1 of 3" in page.text
    assert re.search(rf'<option[^>]* selected value="{site.world.half_a}">', page.text)
    assert 'name="email"' in page.text
    assert 'name="organisation"' not in page.text


def test_a_first_contact_becomes_an_association_and_its_request_in_one(site: Site) -> None:
    browser = site.nobody()
    first_step(site, browser)
    page = browser.get("/login/code", headers=ENGLISH).text
    assert "Step 2 of 3" in page
    assert NEW in page
    mail = last_mail(site)
    assert mail.to == NEW
    assert (count(site), organisations(site)) == (0, ["Virta ry", "Toinen yhdistys"])
    answer = browser.post("/login/code", {"code": mail.code})
    page = browser.get(answer.location, headers=ENGLISH).text
    assert "Step 3 of 3" in page or "Vaihe 3" in page
    filled = hidden(page)
    assert {name: filled[name] for name in TYPED} == TYPED
    answer = browser.post("/bookings/new", {**filled, **association(org_y_tunnus="FI32213174")})
    assert answer.status_code == 303
    with reading(site.database) as session:
        booking = session.scalars(select(Booking)).one()
        owned = session.scalars(select(Membership).where(Membership.role == "owner")).all()
        person = session.scalars(select(Person).where(Person.email == NEW)).one()
        named = session.get_one(Organisation, booking.organisation_id)
        assert (booking.asker_id, booking.contact_name, booking.contact_email, booking.state) == (
            person.id,
            "Uusi Nimi",
            NEW,
            "requested",
        )
        assert (named.name, named.kind, named.y_tunnus, named.verified_at) == (
            "Uusi yhdistys ry",
            "association",
            "3221317-4",
            None,
        )
        assert booking.is_on_behalf is False
        assert person.id in {row.person_id for row in owned if row.organisation_id == named.id}
    assert (mails(site, "asked"), mails(site, "to_decide")) == (1, 1)


def test_the_link_goes_on_with_all_that_was_typed_in_another_browser(site: Site) -> None:
    first_step(site, site.nobody())
    phone, mail = site.nobody(), last_mail(site)
    page = phone.get(mail.link).text
    assert 'value="Uusi Nimi"' in page
    answer = phone.post(mail.link, {"name": "Uusi Nimi"})
    assert answer.status_code == 303
    filled = hidden(phone.get(answer.location).text)
    assert {name: filled[name] for name in TYPED} == TYPED
    # The page may be opened again, by its person only.
    assert hidden(phone.get(answer.location).text)["title"] == TYPED["title"]
    for other in (site.nobody(), site.browser("outi")):
        assert TYPED["title"] not in other.get(answer.location).text


def test_ticks_and_rules_of_use_come_through(site: Site) -> None:
    write_terms(site, 1, "Jätä tila siistiksi.")
    accepted = f"{site.world.rantakyla}-1"
    page = last_page(
        site,
        site.nobody(),
        needed_features=["step_free", "quiet"],
        is_public="y",
        terms=accepted,
    )
    ticked = re.findall(r'<input[^>]*checked[^>]*name="needed_features"[^>]*value="(\w+)"', page)
    assert ticked == ["step_free", "quiet"]
    assert hidden(page)["terms"] == accepted
    assert hidden(page)["is_public"] == "y"


def test_what_is_wrong_at_the_first_step_is_said_there_and_no_mail_goes_out(site: Site) -> None:
    make_booking(site.database, site.world)
    for name in ("own_name", "email", "title", "people"):
        answer = site.nobody().post("/bookings/new", strangers_form(site, **{name: ""}))
        assert answer.status_code == 422
        assert len(errors(answer.text)) == 1
        kept = hidden(answer.text)
        assert {k: v for k, v in TYPED.items() if k != name} == {
            k: kept[k] for k in TYPED if k != name
        }
    taken = site.nobody().post("/bookings/new", strangers_form(site))
    assert taken.status_code == 409
    assert errors(taken.text)[0].startswith("Tila on jo varattu")
    closed = site.nobody().post("/bookings/new", strangers_form(site, day="14.3.2027"))
    assert closed.status_code == 422
    bad = site.nobody().post(
        "/bookings/new", strangers_form(site, starts="13", ends="14", email="x")
    )
    assert (bad.status_code, len(errors(bad.text))) == (422, 1)
    assert mails(site, "sign_in") == 0


def test_nothing_is_lost_when_the_code_is_too_old(site: Site) -> None:
    browser = site.nobody()
    first_step(site, browser)
    old = last_mail(site)
    set_clock(site.app, NOW + timedelta(minutes=40))
    assert browser.post("/login/code", {"code": old.code}).status_code == 422
    newer = ask(site, browser, NEW, of="this-browser")
    answer = browser.post("/login/code", {"code": newer.code})
    assert hidden(browser.get(answer.location).text)["needs"] == TYPED["needs"]


def test_nothing_is_lost_when_the_link_is_too_old_and_opened_elsewhere(site: Site) -> None:
    first_step(site, site.nobody())
    old, phone = last_mail(site), site.nobody()
    set_clock(site.app, NOW + timedelta(minutes=40))
    assert phone.get(old.link).status_code == 410
    newer = ask(site, phone, NEW, of=old.link.removeprefix("/k/"))
    answer = phone.post(newer.link, {"name": "Uusi Nimi"})
    assert hidden(phone.get(answer.location).text)["needs"] == TYPED["needs"]


def test_another_address_does_not_get_what_somebody_typed(site: Site) -> None:
    browser = site.nobody()
    first_step(site, browser)
    ask(site, browser, "outi@demo.example", of="this-browser")
    answer = browser.post("/login/code", {"code": last_mail(site).code})
    assert answer.location == "/"
    with reading(site.database) as session:
        newest = select(MailedLink.kept).order_by(MailedLink.id.desc()).limit(1)
        assert session.scalars(newest).one() == []


def test_nothing_is_lost_when_the_last_step_is_refused(site: Site) -> None:
    browser = site.nobody()
    filled = hidden(last_page(site, browser))
    make_booking(site.database, site.world)  # somebody was quicker
    asked = {**filled, **association(org_name="Uusi <yhdistys>", org_municipality_id="1")}
    answer = browser.post("/bookings/new", asked)
    assert answer.status_code == 409
    kept = hidden(answer.text)
    assert {name: kept[name] for name in TYPED} == TYPED
    assert (kept["org_name"], kept["org_municipality_id"], kept["step"]) == (
        "Uusi &lt;yhdistys&gt;",
        "1",
        "3",
    )
    assert '<details class="card" open>' in answer.text
    assert organisations(site) == ["Virta ry", "Toinen yhdistys"]
    assert browser.post("/bookings/new", {**asked, "starts": "13", "ends": "14"}).status_code == 303
    assert organisations(site)[2:] == ["Uusi <yhdistys>"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"org_name": ""}, "Enter the name of the association."),
        ({"org_name": "\u202e\x00"}, "Enter the name of the association."),
        ({"org_name": "x" * 5000}, "The text is too long."),
        ({"org_kind": ""}, "Choose what kind of association it is."),
        ({"org_kind": "county"}, "Choose one of the options in the list."),
        ({"org_y_tunnus": "3221317-5"}, "We did not understand the business ID."),
        ({"org_y_tunnus": "0927140-5"}, "An association with this business ID is here already."),
        ({"org_register_number": "1234567"}, "We did not understand the register number."),
        ({"org_municipality_id": "999"}, "Choose one of the options in the list."),
        ({"org_field": "x"}, "Choose one of the options in the list."),
        ({"org_kind": "unregistered"}, "Enter who is responsible."),
        ({"org_responsible_name": "x" * 121}, "The text is too long."),
    ],
)
def test_what_is_wrong_with_the_association_is_said_at_its_field(
    site: Site, changes: dict[str, str], said: str
) -> None:
    browser = site.browser("outi")
    browser.post("/language", {"locale": "en"})
    answer = browser.post("/bookings/new", {**strangers_form(site), **association(**changes)})
    assert answer.status_code == 422
    [told] = errors(answer.text)
    assert told.startswith(said)
    assert (count(site), len(organisations(site))) == (0, 2)


def test_an_account_without_an_association_names_it_on_the_form(site: Site) -> None:
    browser = site.browser("outi")
    page = browser.get(f"/bookings/new?room={site.world.half_a}").text
    assert 'name="org_name"' in page
    assert 'name="email"' not in page
    asked = {**form(site), **association(org_kind="unregistered", org_responsible_name="Outi")}
    del asked["organisation"]
    assert browser.post("/bookings/new", asked).status_code == 303
    # From here on it is one of theirs.
    assert "Uusi yhdistys ry" in browser.get("/bookings/new").text
    with reading(site.database) as session:
        named = session.scalars(select(Organisation).where(Organisation.kind == "unregistered"))
        assert [row.responsible_name for row in named] == [None, "Outi"]


def test_the_same_form_sent_at_once_is_one_association_and_one_request(site: Site) -> None:
    browsers = [site.browser("outi") for _ in range(3)]
    asked = {**strangers_form(site), **association()}
    tokens = [browser.token() for browser in browsers]

    def send(pair: tuple[Browser, str]) -> tuple[int, str]:
        browser, token = pair
        answer = browser.client.post(
            "/bookings/new",
            data={**asked, "csrf_token": token},
            base_url="http://127.0.0.1:8000",
        )
        return answer.status_code, answer.location

    with ThreadPoolExecutor(3) as pool:
        found = set(pool.map(send, zip(browsers, tokens, strict=True)))
    assert len(found) == 1
    assert found.pop()[0] == 303
    assert (count(site), len(organisations(site))) == (1, 3)


def test_somebody_known_who_begins_as_a_stranger_comes_to_the_form_of_their_association(
    site: Site,
) -> None:
    browser = site.nobody()
    page = last_page(site, browser, email="anna@demo.example")
    filled = hidden(page)
    assert {name: filled[name] for name in TYPED} == TYPED
    assert 'name="org_name"' not in page
    assert 'name="organisation"' in page
    assert (
        browser.post("/bookings/new", {**filled, "organisation": site.world.virta}).status_code
        == 303
    )
    assert len(organisations(site)) == 2


def test_a_password_may_be_used_instead_and_nothing_is_lost(site: Site) -> None:
    browser = site.nobody()
    typed = strangers_form(site, email="anna@demo.example", how="password")
    answer = browser.post("/bookings/new", typed)
    assert answer.status_code == 401
    assert 'value="anna@demo.example"' in answer.text
    kept = {**hidden(answer.text), "password": PASSWORD}
    kept.pop("how", None)
    answer = browser.post("/bookings/new", kept)
    assert answer.status_code == 303
    assert hidden(browser.get(answer.location).text)["needs"] == TYPED["needs"]


def test_a_form_whose_sign_in_has_ended_may_be_kept_by_a_mailed_link(site: Site) -> None:
    browser = site.nobody()
    answer = browser.post("/bookings/new", form(site))
    assert answer.status_code == 401
    kept = {**hidden(answer.text), "how": "mail", "email": "anna@demo.example"}
    kept.pop("password")
    answer = browser.post("/bookings/new", kept)
    assert (answer.status_code, answer.location) == (303, "/login/code")
    answer = browser.post("/login/code", {"code": last_mail(site).code})
    filled = hidden(browser.get(answer.location).text)
    assert {name: filled[name] for name in TYPED} == TYPED


def test_the_county_may_lend_to_registered_associations_only(site: Site) -> None:
    set_county(site, "unregistered_may_book", 0)
    browser = site.browser("outi")
    browser.post("/language", {"locale": "en"})
    page = browser.get("/bookings/new").text
    assert "only registered associations may book" in page
    assert 'value="unregistered"' not in page
    asked = {
        **strangers_form(site),
        **association(org_kind="unregistered", org_responsible_name="Outi"),
    }
    assert browser.post("/bookings/new", asked).status_code == 422
    assert browser.post("/bookings/new", {**asked, "org_kind": "association"}).status_code == 303
    toini = site.browser("toini")
    toini.post("/language", {"locale": "en"})
    answer = toini.post(
        "/bookings/new", form(site, organisation=site.world.toinen, day="11.3.2027")
    )
    assert answer.status_code == 403
    assert errors(answer.text)[0].startswith("In this county only registered associations")
    assert count(site) == 1


def test_an_association_of_others_is_not_asked_for_by_who_has_none(site: Site) -> None:
    answer = site.browser("outi").post("/bookings/new", {**form(site), **association()})
    assert answer.status_code == 403
    assert 'name="org_name"' in answer.text
    assert (count(site), len(organisations(site))) == (0, 2)


@pytest.mark.parametrize(
    "kept", ["1", "0", "-1", "x", "9" * 20, "2147483648", "1' OR 1=1", "", "\u0661"]
)
def test_what_others_had_typed_is_not_shown_by_guessing(site: Site, kept: str) -> None:
    page = last_page(site, site.nobody())
    assert TYPED["title"] in page
    for who in ("outi", "anna", "yllapito"):
        answer = site.browser(who).get("/bookings/new", query_string={"kept": kept})
        assert answer.status_code == 200
        assert TYPED["title"] not in answer.text


@pytest.mark.parametrize(
    "text", ["\x00", "\u2028", "x" * 100_000, "<script>", "{{7*7}}", "\U0001f600"]
)
def test_hostile_texts_are_kept_or_refused_and_never_a_fault_of_ours(site: Site, text: str) -> None:
    browser = site.nobody()
    answer = browser.post("/bookings/new", strangers_form(site, needs=text, own_name=text))
    assert answer.status_code in {303, 422}
    if answer.status_code == 303:
        answer = browser.post("/login/code", {"code": last_mail(site).code, "name": "Nimi"})
        assert browser.get(answer.location).status_code == 200
