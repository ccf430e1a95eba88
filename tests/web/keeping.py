"""Short ways to send a form about a unit and to look at its pages. Knows the site of `conftest`; nothing of what pages say."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from tests.support.keeping import stretches, unit_of
from tests.web.conftest import Site


def send(site: Site, path: str, form: dict[str, Any], version: int = 1, who: str = "veli") -> Any:
    """A form about Rantakylä."""
    unit = f"/staff/units/{site.world.rantakyla}"
    return site.browser(who).post(f"{unit}{path}", {**form, "version": version})


def look(site: Site, path: str = "", who: str = "veli") -> str:
    return site.browser(who).get(f"/staff/units/{site.world.rantakyla}{path}").text


def hours_of(site: Site, day: date) -> tuple[tuple[int, int], ...]:
    return stretches(site.database, site.world, day)


def version(site: Site) -> int:
    return unit_of(site.database, site.world).version


def accepted(page: str) -> str:
    """What the button "save all the same" sends."""
    found = re.search(r'name="accepted" value="([^"]*)"', page)
    assert found
    return found[1]
