"""Staff ask for a room on behalf of an association: found by a part of its name, with nothing typed lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import update

from booking.db import transaction
from booking.models import Organisation
from tests.support.world import NOW
from tests.web.asking import count, errors, form
from tests.web.conftest import Site, Statements

LIST = re.compile(r'<select [^>]*name="organisation"')
FIND = {"organisation": "", "search": "1"}


def offered(page: str) -> list[tuple[str, bool]]:
    """Ids of the associations to choose from, and whether each is chosen."""
    radios = re.findall(r'<input ([^>]*name="organisation"[^>]*)>', page)
    assert LIST.search(page) is None
    found = [(re.search(r'value="(\d+)"', one), "checked" in one) for one in radios]
    return [(match[1], chosen) for match, chosen in found if match]


def add(site: Site, *names: str, **changes: Any) -> None:
    rows = [Organisation(name=name, kind="other", created_at=NOW, **changes) for name in names]
    transaction(site.database, lambda session: session.add_all(rows))


@pytest.mark.parametrize("who", ["veli", "kaisa", "yllapito"])
def test_an_association_is_found_by_its_name_and_everything_typed_is_kept(
    site: Site, who: str
) -> None:
    asked = form(site, **FIND, find="virt", title="Talkoot & <kahvit>", people="x")
    answer = site.browser(who).post("/bookings/new", asked)
    assert answer.status_code == 200
    # The only one found is chosen already.
    assert offered(answer.text) == [(str(site.world.virta), True)]
    for kept in ('value="virt"', 'value="10.3.2027"', "Talkoot &amp; &lt;kahvit&gt;", 'value="x"'):
        assert kept in answer.text
    assert "Pyörätuolilla kulkeva osallistuja" in answer.text
    assert 'value="avain-1"' in answer.text
    assert (errors(answer.text), count(site)) == ([], 0)


def test_what_was_chosen_stays_to_be_chosen_when_something_else_is_looked_for(site: Site) -> None:
    asked = form(site, search="1", find="toinen")
    page = site.browser("kaisa").post("/bookings/new", asked).text
    assert [one for one, _ in offered(page)] == [str(site.world.virta), str(site.world.toinen)]


def test_by_its_business_id_too(site: Site) -> None:
    page = site.browser("kaisa").post("/bookings/new", form(site, **FIND, find="0927140")).text
    assert offered(page) == [(str(site.world.virta), True)]


def test_of_many_a_few_are_offered_and_it_is_said_that_there_are_more(site: Site) -> None:
    add(site, *(f"Pelikerho {number:02}" for number in range(11)))
    page = site.browser("kaisa").post("/bookings/new", form(site, **FIND, find="pelikerho")).text
    assert [chosen for _, chosen in offered(page)] == [False] * 10
    assert 'role="status"' in page


@pytest.mark.parametrize("text", ["", "   ", "eioletta"])
def test_a_search_that_finds_nothing_says_so_at_its_field(site: Site, text: str) -> None:
    answer = site.browser("kaisa").post("/bookings/new", form(site, **FIND, find=text))
    assert (answer.status_code, offered(answer.text)) == (200, [])
    assert len(errors(answer.text)) == 1
    assert 'href="#find"' in answer.text


def test_one_at_rest_is_not_found(site: Site) -> None:
    rest = update(Organisation).where(Organisation.id == site.world.virta).values(is_active=False)
    transaction(site.database, lambda session: session.execute(rest))
    page = site.browser("kaisa").post("/bookings/new", form(site, **FIND, find="virta")).text
    assert offered(page) == []


def test_sent_without_an_association_it_is_said_where_one_is_found(site: Site) -> None:
    answer = site.browser("kaisa").post("/bookings/new", form(site, organisation=""))
    assert answer.status_code == 422
    assert len(errors(answer.text)) == 1
    assert ('href="#find"' in answer.text, count(site)) == (True, 0)


def test_what_was_found_and_chosen_is_asked_for(site: Site) -> None:
    browser = site.browser("veli")
    page = browser.post("/bookings/new", form(site, **FIND, find="virta")).text
    [(found, _)] = offered(page)
    answer = browser.post("/bookings/new", form(site, organisation=found, find="virta"))
    assert (answer.status_code, count(site)) == (303, 1)


@pytest.mark.parametrize("typed", ["0", "-1", "9" * 30, "0" * 11 + "9" * 9, str(2**31), "x"])
def test_what_is_no_association_is_not_offered(site: Site, typed: str) -> None:
    answer = site.browser("kaisa").post("/bookings/new", form(site, organisation=typed))
    assert (answer.status_code, offered(answer.text), count(site)) == (422, [], 0)


def test_people_of_associations_are_offered_none_but_their_own(site: Site) -> None:
    anna, asked = site.browser("anna"), form(site, title="", search="1", find="toinen")
    answers = anna.get("/bookings/new"), anna.post("/bookings/new", asked)
    assert [answer.status_code for answer in answers] == [200, 422]
    for answer in answers:
        assert LIST.search(answer.text)
        assert "Virta ry" in answer.text
        assert "Toinen yhdistys" not in answer.text
        assert 'name="find"' not in answer.text


def test_the_form_asks_for_no_list_of_all_associations(site: Site, statements: Statements) -> None:
    add(site, *(f"Kerho {number}" for number in range(30)))
    browser = site.browser("kaisa")
    statements.clear()
    page = browser.get("/bookings/new").text
    assert ("Kerho" in page, offered(page)) == (False, [])
    assert [
        said for said in statements if "ORDER BY organisation.name" in said and "IN" not in said
    ] == []
