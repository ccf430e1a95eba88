"""The page behind an invitation's link: who may accept, what it tells, and that its address goes nowhere."""

from __future__ import annotations

import io
import json
import logging
import re

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking.config import configure_logging
from booking.db import reading
from booking.models import Membership, Person, SignIn
from booking.services.invitations import invite
from tests.support.acts import do
from tests.web.conftest import BASE, Site

NEWCOMER = "uusi@example.fi"


def address(site: Site, email: str = NEWCOMER, role: str = "booker") -> str:
    pekka, virta = site.world.pekka, site.world.virta
    return f"/i/{do(site.database, invite, virta, email, role, False, actor=pekka).token}"


def members(site: Site) -> set[str]:
    with reading(site.database) as session:
        of_virta = Membership.organisation_id == site.world.virta
        return set(session.scalars(select(Person.name).join(Membership).where(of_virta)))


VIRTA = {"Anna Virtanen", "Pekka Virtanen"}
ENGLISH = {"headers": {"Accept-Language": "en"}}


def test_a_look_changes_nothing_and_one_press_lets_somebody_new_in(site: Site) -> None:
    link, nobody = address(site), site.nobody()
    for _look in range(2):
        page = nobody.get(link, **ENGLISH)
        assert (page.status_code, "Virta ry" in page.text, members(site)) == (200, True, VIRTA)
    refused = nobody.post(link, {"name": "  "}, **ENGLISH)
    assert (refused.status_code, "Enter your name." in refused.text) == (422, True)
    answer = nobody.post(link, {"name": "Uuno Uusi"}, **ENGLISH)
    assert (answer.status_code, answer.location) == (303, f"/organisations/{site.world.virta}")
    page = nobody.get(answer.location)
    assert ("Uuno Uusi" in page.text, "You now act for Virta ry." in page.text) == (True, True)
    with reading(site.database) as session:
        person = session.scalars(select(Person).where(Person.email == NEWCOMER)).one()
        # The language of the page they came by.
        assert (person.name, person.locale) == ("Uuno Uusi", "en")


def test_an_account_that_is_there_is_never_signed_in_by_a_link(site: Site) -> None:
    link, nobody = address(site, "outi@demo.example"), site.nobody()
    page = nobody.get(link, **ENGLISH).text
    assert f"/login?next={link}" in page
    assert ("outi" in page.lower(), 'id="name"' in page) == (False, False)
    answer = nobody.post(link, {"name": "Varas"}, **ENGLISH)
    assert (answer.status_code, "Sign in to that account" in answer.text) == (403, True)
    with reading(site.database) as session:
        assert session.scalars(select(SignIn)).all() == []
    other = site.browser("toini").post(link, {"name": "Toini"})
    assert (other.status_code, members(site)) == (403, VIRTA)
    assert site.browser("outi").post(link).status_code == 303
    assert members(site) == {*VIRTA, "Outi Outo"}


def test_who_signs_in_on_the_way_comes_back_to_the_invitation(site: Site) -> None:
    link = address(site, "outi@demo.example")
    answer = site.browser("outi").get(f"/login?next={link}")
    assert (answer.status_code, answer.location) == (303, link)
    assert "Outi Outo" in site.browser("outi").get(link).text


@pytest.mark.parametrize("token", ["x" * 43, "A" * 20, "..%2f" * 8, "%00" * 20, "é" * 20])
def test_what_is_no_invitation_tells_nothing(site: Site, token: str) -> None:
    nobody = site.nobody()
    for answer in (nobody.get(f"/i/{token}"), nobody.post(f"/i/{token}", {"name": "U"})):
        assert answer.status_code in (404, 410)


def test_one_that_was_used_is_as_one_that_never_was(site: Site) -> None:
    link, never = address(site), f"/i/{'x' * 43}"
    site.nobody().post(link, {"name": "Uuno"})
    strip = re.compile(r'value="[^"]*"|/i/[\w-]+')
    gone, nothing = site.nobody().get(link), site.nobody().get(never)
    assert (gone.status_code, nothing.status_code) == (410, 410)
    assert strip.sub("", gone.text) == strip.sub("", nothing.text)


def test_the_address_goes_nowhere(site: Site) -> None:
    link, nobody = address(site), site.nobody()
    answers: list[TestResponse] = [nobody.get(link), nobody.post(link, {"name": ""})]
    answers += [nobody.post(link, {"name": "Uuno"}), nobody.get(link)]
    answers.append(nobody.client.post(link, data={}, base_url=BASE))  # without a CSRF token
    names = ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")
    kept = {tuple(one.headers[name] for name in names) for one in answers}
    assert kept == {("no-store", "no-referrer", "noindex")}


@pytest.mark.parametrize("token", [None, "onlyletters" * 4])
def test_the_links_token_is_not_logged(site: Site, token: str | None) -> None:
    link = address(site) if token is None else f"/i/{token}"
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    written = io.StringIO()
    configure_logging(written)
    try:
        site.nobody().get(link)
    finally:
        root.handlers = handlers
        root.setLevel(level)
    [line] = [json.loads(line) for line in written.getvalue().splitlines()]
    assert line["path"] == "/i/[redacted]"
    assert link.removeprefix("/i/") not in written.getvalue()


def test_an_invitation_needs_our_own_form(site: Site) -> None:
    link, nobody = address(site), site.nobody()
    forged = nobody.client.post(link, data={"name": "Varas"}, base_url=BASE)
    assert (forged.status_code, members(site)) == (400, VIRTA)
