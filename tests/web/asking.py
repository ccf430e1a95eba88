"""What Anna fills in to ask for a room, and what came of it. Knows the form's fields; nothing of its rules."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import func, select

from booking.db import reading
from booking.models import Booking
from tests.web.conftest import Site


def form(site: Site, **changes: Any) -> dict[str, Any]:
    """What Anna fills in for a meeting of ten in half A, Wednesday 10.3.2027 10–12."""
    fields = {
        "room": site.world.half_a,
        "organisation": site.world.virta,
        "day": "10.3.2027",
        "starts": "10",
        "ends": "12.00",
        "title": "Hallituksen kokous",
        "activity": "meeting",
        "people": "10",
        "needs": "Pyörätuolilla kulkeva osallistuja",
        "key": "avain-1",
    }
    return {**fields, **changes}


def count(site: Site) -> int:
    with reading(site.database) as session:
        return session.scalars(select(func.count()).select_from(Booking)).one()


def errors(page: str) -> list[str]:
    """The texts of the error summary."""
    summary = re.search(r"data-error-summary.*?</div>", page, re.DOTALL)
    return re.findall(r"<li>(?:<a [^>]*>)?([^<]+)", summary[0]) if summary else []
