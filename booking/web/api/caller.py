"""Who calls: the person of a Bearer token, or nobody. Knows tokens and their scopes; never looks at a cookie.

A token that isn't valid is refused even where none is needed: its holder should learn of it at the first call.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import cast

from flask import g, request

from booking.config import logger
from booking.domain.access import ANONYMOUS, Actor
from booking.domain.local_time import local
from booking.errors import DatabaseBusy, Forbidden, SignInRequired
from booking.queries.people import actor_of, api_token_of
from booking.services.people import touch_token
from booking.services.sign_ins import token_hash
from booking.web import edge

# RFC 6750 2.1: b64token. Longer ones aren't ours.
_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]{1,200}=*)", re.IGNORECASE)
_USED_EVERY = timedelta(hours=1)


def find() -> None:
    """Find out who calls, before each view; raises SignInRequired(`token_unknown`) for a token that isn't valid."""
    header = request.headers.get("Authorization")
    g.actor = ANONYMOUS if header is None else _holder(header)


def anybody() -> Actor:
    """Who calls; ANONYMOUS without a token."""
    return cast(Actor, g.actor)


def reader() -> Actor:
    """Who calls; raises SignInRequired(`token_required`) without a token."""
    actor = anybody()
    if not actor.is_known:
        raise SignInRequired("token_required")
    return actor


def writer() -> Actor:
    """Who calls to change something; raises SignInRequired, or Forbidden(`token_read_only`) behind a token of scope read."""
    actor = reader()
    if not actor.may_write:
        raise Forbidden("token_read_only")
    return actor


def _holder(header: str) -> Actor:
    match = _BEARER.fullmatch(header.strip())
    if match is None:
        raise SignInRequired("token_unknown")
    now = edge.now()
    with edge.read() as session:
        token = api_token_of(session, token_hash(match[1]))
        if token is None:
            raise SignInRequired("token_unknown")
        actor = actor_of(session, token.person, local(now).date(), may_write=token.scope == "write")
        token_id, used = token.id, token.last_used_at
    if used is None or now - used >= _USED_EVERY:
        try:
            edge.note(lambda session: touch_token(session, token_id, now))
        except DatabaseBusy:
            # A call must not fail because it could not be noted; the next one will be.
            logger.warning("token_not_touched", token_id=token_id)
    return actor
