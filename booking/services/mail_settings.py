"""How a person wants their mails: at once, gathered into one a day, or not at all where that is allowed. Knows rows; no page.

Which kinds may be put off or left out is said in `booking.services.letters`; decisions, ways in and invitations always come at
once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.errors import InvalidInput
from booking.models import MailSetting, OutboxMessage
from booking.services.audit import record
from booking.services.letters import send_soon, ways

AT_ONCE = "at_once"
# In the order of the page.
TO_ASKERS = (
    "asked",
    "approved",
    "rejected",
    "changed",
    "moved",
    "cancelled",
    "lapsed",
    "date_reminder",
    "slot_free",
    "series_asked",
    "series_decided",
    "series_changed",
    "series_cancelled",
    "series_lapsed",
)
TO_DECIDERS = ("to_decide", "changed_request", "reminder", "escalated", "withdrawn")


def kinds_for(actor: Actor) -> tuple[str, ...]:
    """The kinds of mail that this person may get about bookings: those of askers, for who decides also theirs."""
    decides = bool(actor.approver_units) or actor.is_coordinator
    return (*TO_ASKERS, *(TO_DECIDERS if decides else ()))


def wishes(session: Session, person_id: int) -> dict[str, str]:
    """How the person wants each kind of mail that they have a say in."""
    said = {
        row.kind: row.how
        for row in session.scalars(select(MailSetting).where(MailSetting.person_id == person_id))
    }
    return {
        kind: said.get(kind, AT_ONCE) for kind in (*TO_ASKERS, *TO_DECIDERS) if len(ways(kind)) > 1
    }


def set_wishes(
    session: Session, wanted: Mapping[str, str], *, actor: Actor, now: datetime
) -> dict[str, str]:
    """Keep how the actor wants mails of the kinds in `wanted`; others stay as they are. What is gathered of a kind that is now
    wanted at once goes out at once. Raises InvalidInput(`bad_mail_setting`).
    """
    assert actor.person_id is not None  # pages ask for a known actor
    before = wishes(session, actor.person_id)
    for kind, how in wanted.items():
        if kind not in before or how not in ways(kind):
            raise InvalidInput("bad_mail_setting", field=kind)
    after = {**before, **wanted}
    if after == before:
        return after
    own = MailSetting.person_id == actor.person_id
    session.execute(delete(MailSetting).where(own, MailSetting.kind.in_(wanted)))
    session.add_all(
        MailSetting(person_id=actor.person_id, kind=kind, how=how)
        for kind, how in wanted.items()
        if how != AT_ONCE
    )
    let_go = [kind for kind, how in wanted.items() if how == AT_ONCE and before[kind] != how]
    _send_gathered(session, actor.person_id, let_go, now)
    thing = ("person", actor.person_id)
    record(session, "set_mails", thing, before=before, after=after, actor=actor, now=now)
    session.flush()
    return after


def _send_gathered(session: Session, person_id: int, kinds: list[str], now: datetime) -> None:
    gathered = session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.person_id == person_id,
            OutboxMessage.state == "gathered",
            OutboxMessage.kind.in_(kinds),
        )
        # The mail of the day may be on its way to taking them.
        .with_for_update(skip_locked=True)
    ).all()
    for message in gathered:
        message.state, message.next_try_at = "waiting", now
    send_soon(session, [message.id for message in gathered])
