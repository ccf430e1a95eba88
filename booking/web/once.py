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
from booking.services.idempotency import claim, keep
from booking.web import edge
from booking.web.fields import KeyField

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


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
    names = sorted(field.name for field in form if field is not form.key)
    body = json.dumps([file_hash, [(name, request.form.getlist(name)) for name in names]]).encode()
    route, key = f"web {request.path}", form.key.data
    assert key is not None  # a OnceForm has one

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
