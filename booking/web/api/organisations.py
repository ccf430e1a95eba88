"""Organisations: those one may book for, for staff all; named and kept true. The rules are those of the pages.

Contact and responsible person are shown by one route only, and looks of staff are written down; answers to changes leave them
out, so that they are not kept with an Idempotency-Key either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Response, url_for

from booking.errors import Forbidden, InvalidValues, NotFound, Refusal
from booking.models import Organisation
from booking.queries import organisations as queries
from booking.queries.catalogue import catalogue
from booking.queries.places import municipality_id
from booking.services.audit import record_look_at
from booking.services.organisations import (
    add_organisation,
    add_own_organisation,
    coordinates,
    edit_organisation,
    keeps,
    verifies,
)
from booking.web import edge
from booking.web.api import answers, asked, caller, once, paging
from booking.web.api.answers import Answer
from booking.web.api.operations import Takes, operation
from booking.web.api.problems import BadValues, Fault
from booking.web.api.schemas_of_organisations import (
    OrganisationBody,
    OrganisationEditBody,
    OrganisationsQuery,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@operation("GET", "/organisations", Takes(query=OrganisationsQuery), {200: "Organisations"})
def organisations() -> Response:
    """Organisations you may book for; for staff, all of them. By name."""
    actor = caller.reader()
    wanted = asked.query(OrganisationsQuery)
    limit, after = wanted["limit"], paging.row_of(wanted.get("cursor"))
    narrowed = queries.OrganisationFilter(text=wanted.get("q", ""), active=not actor.is_staff)
    with edge.read() as session:
        try:
            found = queries.organisations(session, actor, narrowed, limit + 1, after=after)
        except NotFound:
            raise BadValues({"cursor": [Fault("bad_cursor")]}) from None
        shown, has_more = paging.first_page(found, limit)
        items = [answers.organisation(row) for row in shown]
    cursor = paging.row_cursor(shown[-1].id) if has_more else None
    return answers.json_answer(paging.page(items, cursor))


@operation(
    "POST",
    "/organisations",
    Takes("write", body=OrganisationBody, key=True, limited=True),
    {201: "OrganisationInFull"},
)
def add_one() -> Response:
    """Add an organisation.

    You become the owner of your own association, which staff verify later; three a day at most. What the coordinator or an
    administrator adds is verified at once, and has no owner yet.
    """
    actor, now = caller.writer(), edge.now()
    body = asked.body(OrganisationBody)
    service = add_organisation if coordinates(actor) else add_own_organisation

    def act(session: Session) -> Answer:
        row = service(session, _columns(session, body.values), actor=actor, now=now)
        where = url_for("api.organisation", organisation_id=row.id)
        return Answer(201, answers.organisation_in_full(row, ()), str(row.version), where)

    return once.do(act, body.raw, actor=actor, now=now)


@operation(
    "GET",
    "/organisations/<row:organisation_id>",
    Takes(version=True),
    {200: "OrganisationInFull", 304: None},
)
def organisation(organisation_id: int) -> Response:
    """One organisation.

    `contact_email` and `responsible_name` are there for its own people, the coordinator and those who decide on bookings.
    """
    actor = caller.reader()
    sees_contact = organisation_id in actor.organisations or verifies(actor)
    with edge.read() as session:
        row = queries.organisation_in_sight(session, organisation_id, actor)
        etag = answers.version_etag(row.version, "c" if sees_contact else "s")
        if answers.is_known(etag):
            return answers.not_modified(etag)
        agreements = queries.agreements_of(session, organisation_id)
        facts = answers.organisation_in_full(row, agreements)
    if sees_contact:
        if organisation_id not in actor.organisations:
            # If it can't be written down, they are not shown.
            thing = ("organisation", organisation_id)
            edge.note(lambda rows: record_look_at(rows, thing, actor=actor, now=edge.now()))
        facts |= {"contact_email": row.contact_email, "responsible_name": row.responsible_name}
    return Answer(200, facts, etag).response()


@operation(
    "PATCH",
    "/organisations/<row:organisation_id>",
    Takes("write", body=OrganisationEditBody, version=True),
    {200: "OrganisationInFull"},
)
def edit_one(organisation_id: int) -> Response:
    """Change what is said of an organisation. For its owner, the coordinator and administrators.

    A new name, number or kind, if the owner writes it, is verified anew. If-Match takes the ETag as you saw it, or `version` in
    quotation marks.
    """
    actor, now = caller.writer(), edge.now()
    body = asked.body(OrganisationEditBody)

    def work(session: Session) -> Answer:
        row = queries.organisation_in_sight(session, organisation_id, actor)
        if not keeps(actor, organisation_id):
            raise Forbidden("owners_only")
        version = answers.require_seen_row(row.version)
        values = _columns(session, body.values)
        row = edit_organisation(session, organisation_id, version, values, actor=actor, now=now)
        return _in_full(session, row)

    return edge.write(work).response()


def _in_full(session: Session, row: Organisation) -> Answer:
    agreements = queries.agreements_of(session, row.id)
    # The attribute still holds the municipality as it was before.
    session.flush()
    session.refresh(row, ["municipality"])
    return Answer(200, answers.organisation_in_full(row, agreements), str(row.version))


def _columns(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """A body's values by column: the municipality by id, blank texts as none. Raises InvalidValues."""
    columns = {name: value or None for name, value in values.items() if name != "municipality"}
    if "municipality" in values:
        key = values["municipality"]
        columns["municipality_id"] = None if not key else _municipality(session, key)
    return columns


def _municipality(session: Session, key: str) -> int:
    known = catalogue(session).municipalities
    if key not in known:
        choices = {"choices": ", ".join(known)}
        raise InvalidValues([Refusal("bad_choice", "municipality", choices)])
    return municipality_id(session, key)
