"""An act asked for once or many times under one Idempotency-Key is done once. Knows the header and the answers kept with it.

The key is taken in the act's own transaction, before anything is looked at: a repeated call must get its answer although the
version it bears in If-Match has passed. Only successes are kept; a refused act may be tried again with its key.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import Response, request

from booking.domain.access import Actor
from booking.services.idempotency import claim, keep
from booking.web import edge
from booking.web.api.answers import Answer
from booking.web.api.problems import BadValues, Fault
from booking.web.keys import LONGEST_KEY, is_key

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

HEADER = "Idempotency-Key"


def key() -> str | None:
    """The call's Idempotency-Key; raises BadValues for one that can't be kept."""
    given = request.headers.get(HEADER)
    if given is not None and not is_key(given):
        raise BadValues({HEADER: [Fault("bad_key", {"limit": LONGEST_KEY})]})
    return given


def do(act: Callable[[Session], Answer], raw: bytes, *, actor: Actor, now: datetime) -> Response:
    """Do `act` in one transaction, or give the answer kept under the call's key. Raises KeyReused, and what `act` raises.

    `raw` is the body as it was sent: another one under the same key is another act.
    """
    given = key()
    if given is None:
        return edge.write(act).response()
    # Longest: "POST /bookings/2147483647/approve", well within the column.
    route = f"{request.method} {request.path.removeprefix('/api/v1')}"

    def once(session: Session) -> Answer:
        claimed = claim(session, route, given, raw, actor=actor, now=now)
        if claimed.answer is not None:
            return Answer(**json.loads(claimed.answer))
        answer = act(session)
        keep(claimed, json.dumps(asdict(answer)))
        return answer

    return edge.write(once).response()
