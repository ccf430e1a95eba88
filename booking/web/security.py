"""What every request passes before a view sees it: host, size, cookie, CSRF; and how long answers may be kept.

Knows Flask, and settings; no rows. Headers that every answer bears are `booking.web.outer`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect, validate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, ValidationError
from wtforms import ValidationError as InvalidToken

from booking.config import Settings
from booking.errors import SignInRequired
from booking.web import edge
from booking.web.reader import actor

COOKIE = "__Host-yhteistila"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
# A form of ours is a few kilobytes; an API call too. What is larger is refused before it is read.
_MAX_BODY = 256 * 1024
# What is over a view's own limit is read to be thrown away, up to here: a browser that is cut off in the middle of sending
# shows its own error page instead of ours.
_MOST_THROWN_AWAY = 64 * 1024 * 1024
_CHUNK = 64 * 1024
View = TypeVar("View", bound=Callable[..., Any])
_MAX_ROW = (
    2**31 - 1
)  # PostgreSQL's integer: a larger id can't exist, and asking for one would be an error


class RowId(BaseConverter):
    """A row's id in an address; whatever can't be one is a plain 404."""

    regex = "[1-9][0-9]{0,9}"

    def to_python(self, value: str) -> int:
        """Turn digits into an id; raises ValidationError (404) beyond what a column holds."""
        number = int(value)
        if not 0 < number <= _MAX_ROW:
            raise ValidationError
        return number


class RotatingCsrf(CSRFProtect):
    """CSRF protection that also takes tokens signed with a secret that is being rotated out."""

    def protect(self, apply_exemptions: bool = False) -> None:
        """Refuse a request that changes something with CSRFError unless its token is ours.

        The API reads no cookie, so nothing can be forged there; an address that isn't there has its own answer.
        """
        if not request.endpoint or request.path.startswith("/api/"):
            return
        if request.method not in current_app.config["WTF_CSRF_METHODS"]:
            return
        token = self._get_csrf_token()
        refuse_cut_body()
        for key in (current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]):
            try:
                validate_csrf(token, secret_key=key)
            except InvalidToken:
                continue
            g.csrf_valid = True
            return
        raise CSRFError("The CSRF token is missing or not ours.")


@cache
def allowed_hosts(base_url: str) -> frozenset[str]:
    """The Host values we answer to: that of `base_url`; on loopback also its other names, since people type "localhost"."""
    parts = urlsplit(base_url)
    port = f":{parts.port}" if parts.port else ""
    if f"{parts.hostname}" in {"127.0.0.1", "localhost", "::1"}:
        return frozenset(name + port for name in _LOOPBACK)
    return frozenset({parts.netloc.lower()})


def configure(app: Flask, settings: Settings) -> None:
    """Set cookies, limits and secrets; believe forwarded headers from exactly as many proxies as the settings name."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        MAX_CONTENT_LENGTH=_MAX_BODY,
        MAX_FORM_MEMORY_SIZE=_MAX_BODY,
        MAX_FORM_PARTS=200,
        WTF_CSRF_TIME_LIMIT=None,  # a form may lie open over lunch; the token dies with its session
        WTF_CSRF_SSL_STRICT=False,  # we send no referrer across origins, and the token is bound to the cookie
    )
    app.url_map.converters["row"] = RowId
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    app.after_request(_keep)


def client() -> str:
    """Who asks, as far as their address tells: forwarded headers count only as far as the settings say so (`configure`).

    Of IPv6 the network: a household has more addresses than a limit could count.
    """
    address = request.remote_addr or ""
    try:
        known = ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(ip_network((known, 64), strict=False))
    return address


def check_host() -> None:
    """Refuse a request for a Host that isn't ours (400): links and redirects would lead there."""
    if request.host.lower() not in allowed_hosts(edge.settings().base_url):
        abort(400, description="host")


def refuse_cut_body() -> None:
    """End the request (413) when its body, which came without a length, was read up to the limit: there it is cut silently."""
    limit = request.max_content_length or _MAX_BODY
    if request.content_length is None and request.stream.tell() >= limit:
        abort(413)


def takes_upload(most_bytes: int) -> Callable[[View], View]:
    """Let a view take a body of up to so many bytes, from people who are known."""

    def marked(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return marked


def admit_upload() -> None:
    """Raise the limit of a request to a view that takes uploads. Who isn't known is sent to sign in, and nothing is read.

    Before anything reads the form: what is too large by its own account ends here (413).
    """
    view = current_app.view_functions.get(request.endpoint or "")
    most: int | None = getattr(view, "most_bytes", None)
    if most is None:
        return
    if not actor().is_known:
        raise SignInRequired("sign_in_required")
    request.max_content_length = most
    if (request.content_length or 0) > most:
        _throw_away()
        abort(413)


def _throw_away() -> None:
    left = min(request.content_length or 0, _MOST_THROWN_AWAY)
    body = request.environ["wsgi.input"]
    while left > 0 and (chunk := body.read(min(left, _CHUNK))):
        left -= len(chunk)


def _keep(answer: Response) -> Response:
    """Nothing a signed-in person saw may stay in a shared computer; other pages are asked for anew each time."""
    if "Cache-Control" not in answer.headers:
        signed_in = getattr(g, "actor", None) is not None and g.actor.is_known
        answer.headers["Cache-Control"] = "no-store" if signed_in else "private, no-cache"
    return answer


def is_our_path(target: str | None) -> bool:
    """Whether `target` of a `next=` leads to a page of ours and nowhere else.

    A filter against "//" alone lets "/<TAB>/host" through, since browsers drop control characters: so printable ASCII only,
    then parsed, then compared.
    """
    if not target or not target.isascii() or not target.isprintable() or " " in target:
        return False
    if not target.startswith("/") or target.startswith("//") or "\\" in target:
        return False
    parts = urlsplit(target)
    return not parts.scheme and not parts.netloc
