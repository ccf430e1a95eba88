"""Help leads to pages that are there, for each kind of people, in three languages; the words are the county's."""

from __future__ import annotations

import re

import pytest

from booking.i18n import LOCALES
from booking.web.glossary_words import GLOSSARY
from booking.web.help_words import GUIDES
from tests.web.conftest import Site


def test_every_task_leads_to_a_page_that_needs_nothing_else(site: Site) -> None:
    endpoints = {task.endpoint for guide in GUIDES.values() for task in guide.tasks}
    pages = {
        rule.endpoint
        for rule in site.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    }
    assert endpoints - pages == set()


# Who each guide is for: the pages it leads to are open to them.
READERS = {"jarjestot": "pekka", "kasittelijat": "veli", "koordinaattorit": "yllapito"}


@pytest.mark.parametrize("who", GUIDES)
def test_a_guide_leads_its_readers_nowhere_they_may_not_go(site: Site, who: str) -> None:
    browser = site.browser(READERS[who])
    page = browser.get(f"/ohje/{who}")
    assert page.status_code == 200
    links = re.findall(r'<a class="button second" href="([^"]+)"', page.text)
    assert len(links) == len(GUIDES[who].tasks)
    assert {link: browser.get(link).status_code for link in links if link != "/login"} == {
        link: 200 for link in links if link != "/login"
    }


def test_the_page_of_help_leads_to_all_guides_and_words(site: Site) -> None:
    page = site.nobody().get("/ohje").text
    for way in (*GUIDES, "sanasto"):
        assert f'href="/ohje/{way}"' in page
    assert 'href="/tietosuoja"' in page
    assert 'href="/saavutettavuus"' in page


def test_there_is_help_for_nobody_else(site: Site) -> None:
    for who in ("", "x", "../admin", "JARJESTOT"):
        assert site.nobody().get(f"/ohje/{who}").status_code == 404


def test_words_stand_in_three_languages_marked_as_such(site: Site) -> None:
    page = site.nobody().get("/ohje/sanasto").text
    assert len(re.findall('<th [^>]*scope="row" lang="fi">', page)) == len(GLOSSARY)
    assert '<td role="cell" lang="sv">bokning</td>' in page
    assert all(all(one) for one in GLOSSARY)
    assert len({fi for fi, _sv, _en in GLOSSARY}) == len(GLOSSARY)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("path", ["/ohje", "/ohje/jarjestot", "/tietosuoja", "/saavutettavuus"])
def test_each_page_speaks_the_readers_language(site: Site, path: str, locale: str) -> None:
    page = site.nobody().get(path, headers={"Accept-Language": locale})
    assert page.status_code == 200
    assert f'<html lang="{locale}">' in page.text
