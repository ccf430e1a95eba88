"""Whatever is sent in whichever field, hidden ones included: never a fault of ours, on either database."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wtforms import Form

from booking.web.deciding_forms import (
    AbsenceForm,
    DecideForm,
    QueueForm,
    TemplateForm,
    UnitDecidingForm,
)
from booking.web.forms import (
    BlockForm,
    BookingForm,
    CancelForm,
    SignInForm,
    names_of,
)
from booking.web.search_forms import SearchForm, SeasonForm
from tests.support.world import make_booking
from tests.web.conftest import BASE, Browser, Site

# What databases, headers and parsers stumble over.
NASTY = (
    "\0",
    "a\0b",
    "\x01",
    "\x1b[2J",
    "\x7f",
    "\x85",
    "\u2028",
    "\u202e",
    "\udc80",
    "\r\n",
    "\ufffe",
)
anything = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=()), max_size=300)
VALID: dict[str, str] = {
    "day": "10.3.2027",
    "starts": "14",
    "ends": "15",
    "title": "Kokous",
    "activity": "meeting",
    "people": "5",
    "weeks": "4",
    "version": "1",
    "reason": "Syy",
    "decision": "reject",
    "kind": "reason",
    "text_fi": "Syy",
    "email": "anna@demo.example",
    "password": "väärä salasana",
}


class Posts:
    """The forms that are posted: who sends which to where, each with the token of its sender."""

    def __init__(self, site: Site) -> None:
        world = site.world
        booking = make_booking(site.database, world)
        anna, veli, nobody = site.browser("anna"), site.browser("veli"), site.nobody()
        self.all: dict[str, tuple[Browser, str, frozenset[str]]] = {
            "ask": (anna, "/bookings/new", names_of(BookingForm)),
            "kept": (nobody, "/bookings/new", names_of(BookingForm)),
            "decide": (veli, f"/bookings/{booking.id}/decide", names_of(DecideForm)),
            "absence": (veli, "/staff/absences", names_of(AbsenceForm)),
            "text": (veli, f"/staff/units/{world.rantakyla}/templates", names_of(TemplateForm)),
            "unit": (
                veli,
                f"/staff/units/{world.rantakyla}/deciding",
                names_of(UnitDecidingForm),
            ),
            "cancel": (anna, f"/bookings/{booking.id}/cancel", names_of(CancelForm)),
            "block": (veli, f"/staff/rooms/{world.half_b}/blocks", names_of(BlockForm)),
            "language": (nobody, "/language", frozenset({"locale", "next"})),
        }
        self._tokens = {id(browser): browser.token() for browser in (anna, veli, nobody)}
        self._valid = {**VALID, "room": str(world.half_a), "organisation": str(world.virta)}

    def send(self, name: str, typed: dict[str, str]) -> int:
        """The status of the answer to a form with these values, the others being valid."""
        browser, path, names = self.all[name]
        form: dict[str, Any] = {
            field: self._valid[field] for field in names if field in self._valid
        }
        form |= {"csrf_token": self._tokens[id(browser)], **typed}
        raw = {field: value.encode("utf-8", "surrogatepass") for field, value in form.items()}
        return browser.client.post(path, data=raw, base_url=BASE).status_code


@pytest.fixture
def posts(site: Site) -> Posts:
    """The forms over the fixed world."""
    return Posts(site)


def test_each_field_takes_what_no_database_would(posts: Posts) -> None:
    for name, (_browser, _path, fields) in posts.all.items():
        for field in sorted(fields):
            for typed in NASTY:
                assert posts.send(name, {field: typed}) < 500, (name, field, typed)


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data())
def test_all_fields_at_once_take_anything(posts: Posts, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(posts.all)))
    typed = {field: data.draw(anything) for field in sorted(posts.all[name][2])}
    assert posts.send(name, typed) < 500


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/", SearchForm),
        ("/weekly", SeasonForm),
        ("/bookings/new", BookingForm),
        ("/login", SignInForm),
        ("/staff", QueueForm),
    ],
)
def test_each_field_in_an_address_takes_it_too(site: Site, path: str, form: type[Form]) -> None:
    who = {"/login": None, "/staff": "veli"}.get(path, "anna")
    browser = site.nobody() if who is None else site.browser(who)
    for field in sorted(names_of(form)):
        for typed in NASTY:
            query = {**VALID, field: typed.encode("utf-8", "replace")}
            assert browser.get(path, query_string=query).status_code < 500, (field, typed)


@pytest.mark.parametrize("field", sorted(names_of(SignInForm)))
def test_a_sign_in_takes_it_as_well(site: Site, field: str) -> None:
    browser = site.nobody()
    form = {**{name: VALID.get(name, "") for name in names_of(SignInForm)}, field: "a\0b\x1b\u202e"}
    assert browser.post("/login", form).status_code < 500
