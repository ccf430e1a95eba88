"""What the tests of the searches share: the rooms an answer shows, more rooms, a reader of English."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from booking.db import transaction
from booking.models import Space, Unit
from tests.support.world import make_room
from tests.web.conftest import Site

ENGLISH = {"Accept-Language": "en"}


def names(page: str) -> list[str]:
    """The rooms shown, in order."""
    return re.findall(r'<h3><a href="/rooms/[^"]+">(?:<span lang="fi">)?([^<]+)<', page)


def add_rooms(site: Site, count: int) -> None:
    """So many rooms of Rantakylä more, each with a floor of its own."""

    def add(session: Session) -> None:
        unit = session.get_one(Unit, site.world.rantakyla)
        for number in range(count):
            space = Space(unit_id=unit.id, name=f"Tila {number}")
            make_room(session, unit, [space], f"Tila {number:02}", capacity=31)

    transaction(site.database, add)


def looked_at(site: Site, path: str) -> str:
    """An English reader's page, which is there."""
    answer = site.nobody().get(path, headers=ENGLISH)
    assert answer.status_code == 200
    return answer.text
