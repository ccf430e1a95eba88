"""A web form that is sent twice is done once. Knows the key that a form carries; nothing of what is done, nor who may do it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import request
from wtforms import Form

from booking.domain.access import Actor
from booking.errors import KeyReused
from booking.services.idempotency import claim, keep, kept_answer
from booking.web import edge
from booking.web.fields import KeyField

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# They say nothing of what is asked for.
_NOT_ASKED = frozenset({"key", "csrf_token"})


class OnceForm(Form):
    """A form that carries a key; one that came without a key of ours gets a new one."""

    key = KeyField()

    def __init__(self, formdata: Any = None, **more: Any) -> None:
        super().__init__(formdata, **more)
        if self.key.data is None:
            self.renew()

    def renew(self) -> None:
        """Make what is sent next another act."""
        self.key.data = str(uuid4())


def once(
    form: OnceForm, asking: Actor, work: Callable[[Session], object], file_hash: str = ""
) -> str:
    """Do `work` in one transaction and keep its answer under the form's key; for a form sent again, only give that answer.

    `file_hash` stands for a file that came with it. Raises KeyReused, for which the form gets another key: who has seen what was
    sent before may send this too. Raises what `work` raises; nothing is kept then.
    """
    route, key, body = _sent(form, file_hash)

    def act(session: Session) -> str:
        claimed = claim(session, route, key, body, actor=asking, now=edge.now())
        if claimed.answer is not None:
            return claimed.answer
        answer = str(work(session))
        keep(claimed, answer)
        return answer

    try:
        return edge.write(act)
    except KeyReused:
        form.renew()
        raise


def done_before(asking: Actor) -> str | None:
    """The answer kept for the form that was sent, if just this has been done before.

    To be asked first where what was done leaves nothing that the form, sent again, would fit.
    """
    route, key, body = _sent(OnceForm(request.form))
    with edge.read() as session:
        return kept_answer(session, route, key, body, actor=asking)


def _sent(form: OnceForm, file_hash: str = "") -> tuple[str, str, bytes]:
    """The route, the key and all that was sent, also what is no field of the form, as a choice for each row of a list."""
    sent = sorted((name, values) for name, values in request.form.lists() if name not in _NOT_ASKED)
    key = form.key.data
    assert key is not None  # a OnceForm has one
    return f"web {request.path}", key, json.dumps([file_hash, sent]).encode()
