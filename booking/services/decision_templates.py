"""The texts that a unit's approvers use again and again: conditions of approvals, reasons of rejections. Knows rows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.texts import LocalText
from booking.domain.unit_values import text_faults
from booking.errors import InvalidValues, NotFound, Refusal
from booking.models import DecisionTemplate, Unit
from booking.services.audit import record
from booking.services.upkeep import as_json, require_keeper, require_valid

TemplateKind = Literal["condition", "reason"]
KINDS: tuple[TemplateKind, ...] = ("condition", "reason")
LONGEST_TEMPLATE = 1000  # signs; with what is written beside it, it fits into a decision
MOST_TEMPLATES = 20  # of one kind: more are no longer read before one is chosen


def add_template(
    session: Session,
    unit_id: int,
    kind: TemplateKind,
    text: LocalText | None,
    *,
    actor: Actor,
    now: datetime,
) -> DecisionTemplate:
    """Keep a text for a unit's decisions. Raises NotFound, Forbidden, InvalidValues."""
    _lock_unit(session, unit_id, actor)
    require_valid(list(text_faults("text", text, LONGEST_TEMPLATE, "template_required")))
    if kind not in KINDS:
        raise InvalidValues([Refusal("bad_choice", "kind")])
    query = select(func.count()).where(
        DecisionTemplate.unit_id == unit_id, DecisionTemplate.kind == kind
    )
    if session.scalars(query).one() >= MOST_TEMPLATES:
        raise InvalidValues([Refusal("too_many_templates", "text", {"limit": MOST_TEMPLATES})])
    row = DecisionTemplate(unit_id=unit_id, kind=kind, text=text)
    session.add(row)
    session.flush()
    after = {"unit_id": unit_id, "kind": kind, "text": as_json(text)}
    record(session, "add_template", ("template", row.id), after=after, actor=actor, now=now)
    return row


def edit_template(
    session: Session, template_id: int, text: LocalText | None, *, actor: Actor, now: datetime
) -> DecisionTemplate:
    """Write a text anew; decisions taken with it keep what they said. Raises NotFound, Forbidden, InvalidValues."""
    row = _locked(session, template_id, actor)
    require_valid(list(text_faults("text", text, LONGEST_TEMPLATE, "template_required")))
    assert text is not None  # just checked
    if row.text != text:
        before, after = {"text": as_json(row.text)}, {"text": as_json(text)}
        row.text = text
        thing = ("template", template_id)
        record(session, "edit_template", thing, before=before, after=after, actor=actor, now=now)
    return row


def remove_template(session: Session, template_id: int, *, actor: Actor, now: datetime) -> int:
    """Keep a text no longer; the unit's id. Decisions taken with it keep what they said. Raises NotFound, Forbidden."""
    row = _locked(session, template_id, actor)
    before = {"unit_id": row.unit_id, "kind": row.kind, "text": as_json(row.text)}
    unit_id = row.unit_id
    session.delete(row)
    thing = ("template", template_id)
    record(session, "remove_template", thing, before=before, actor=actor, now=now)
    return unit_id


def _locked(session: Session, template_id: int, actor: Actor) -> DecisionTemplate:
    row = session.get(DecisionTemplate, template_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("template")
    require_keeper(actor, row.unit_id)
    return row


def _lock_unit(session: Session, unit_id: int, actor: Actor) -> None:
    # Two who add at once must not both be the last.
    query = select(Unit.id).where(Unit.id == unit_id).with_for_update(key_share=True)
    if session.scalars(query).one_or_none() is None:
        raise NotFound("unit")
    require_keeper(actor, unit_id)
