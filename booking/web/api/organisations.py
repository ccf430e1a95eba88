"""Organisations the caller may know of: their own, for staff all. Changes nothing."""

from __future__ import annotations

from flask import Response

from booking.queries.organisations import organisations_in_sight
from booking.web import edge
from booking.web.api import asked, caller, paging
from booking.web.api.answers import json_answer, organisation
from booking.web.api.operations import Takes, operation
from booking.web.api.schemas import PageQuery


@operation("GET", "/organisations", Takes(query=PageQuery), {200: "Organisations"})
def organisations() -> Response:
    """Organisations you may book for; for staff, all of them. By name."""
    actor = caller.reader()
    wanted = asked.query(PageQuery)
    with edge.read() as session:
        found = organisations_in_sight(session, actor)
        rest = paging.behind(found, [row.id for row in found], paging.row_of(wanted.get("cursor")))
        shown, has_more = paging.first_page(rest, wanted["limit"])
        items = [organisation(row) for row in shown]
    return json_answer(paging.page(items, paging.row_cursor(shown[-1].id) if has_more else None))
