"""The rows of the matrix for getting in and one's own account: everybody may get in, and everybody known has an account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from booking.db import transaction
from booking.models import SignIn
from booking.services.links import make_way
from booking.services.sign_ins import token_hash
from tests.support.world import NOW

if TYPE_CHECKING:
    from tests.web.matrix import Scene

Asked = tuple[str, dict[str, Any] | None]

KNOWN = ("outi", "toini", "anna", "pekka", "viivi", "veli", "aino", "kaisa", "yllapito")


def all_alike(status: int) -> dict[str, int]:
    return {"nobody": status, **dict.fromkeys(KNOWN, status)}


def the_known(status: int) -> dict[str, int]:
    """Whoever has an account; who isn't known is sent to sign in."""
    return {"nobody": 303, **dict.fromkeys(KNOWN, status)}


ROWS: dict[str, dict[str, int]] = {
    "POST getting_in.ask_for_way": all_alike(303),
    "GET getting_in.await_code": all_alike(200),
    "POST getting_in.open_by_code": all_alike(422),
    "GET getting_in.show_link": all_alike(200),
    "POST getting_in.open_link": all_alike(303),
    # Nobody's sign-in awaits its second factor here.
    "GET second_factor.ask": all_alike(303),
    "POST second_factor.check": all_alike(303),
    "GET second_factor.show": the_known(200),
    "POST second_factor.begin_anew": the_known(303),
    "POST second_factor.confirm": the_known(422),
    "POST second_factor.end": the_known(422),
    "GET account.show": the_known(200),
    "POST account.save": the_known(303),
    "GET account.consider_password": the_known(200),
    "POST account.set_password": the_known(422),
    "POST account.remove_password": the_known(422),
    # The sign-in is Outi's.
    "POST account.end_one": {**the_known(404), "outi": 303},
    "POST account.end_others": the_known(303),
    "POST account.end_all": the_known(303),
}


def address(scene: Scene) -> str:
    return f"uusi-{next(scene.slots).start:%m%d%H%M}@example.fi"


def link(scene: Scene) -> str:
    email = address(scene)
    way = transaction(
        scene.database,
        lambda session: make_way(session, email, "matrix", "fi", None, (), False, now=NOW),
    )
    return f"/k/{way.token}"


def sign_in_of_outi(scene: Scene) -> Asked:
    row = SignIn(
        person_id=scene.world.outi.person_id,
        token_hash=token_hash(address(scene)),
        created_at=NOW,
        last_seen_at=NOW,
        expires_at=NOW + timedelta(minutes=30),
    )
    transaction(scene.database, lambda session: session.add(row))
    return f"/account/sign-ins/{row.id}/end", {}


CALLS: dict[str, Callable[[Scene], Asked]] = {
    "POST getting_in.ask_for_way": lambda s: ("/login/mail", {"email": address(s)}),
    "GET getting_in.await_code": lambda s: ("/login/code", None),
    "POST getting_in.open_by_code": lambda s: ("/login/code", {"code": "x"}),
    "GET getting_in.show_link": lambda s: (link(s), None),
    "GET second_factor.ask": lambda s: ("/login/second-factor", None),
    "POST second_factor.check": lambda s: ("/login/second-factor", {"code": "123456"}),
    "GET second_factor.show": lambda s: ("/account/second-factor", None),
    "POST second_factor.begin_anew": lambda s: ("/account/second-factor", {}),
    "POST second_factor.confirm": lambda s: ("/account/second-factor/confirm", {"code": "x"}),
    "POST second_factor.end": lambda s: ("/account/second-factor/end", {"code": "x"}),
    "GET account.show": lambda s: ("/account", None),
    "POST account.save": lambda s: ("/account", {"name": "Uusi Nimi", "locale": "fi"}),
    "GET account.consider_password": lambda s: ("/account/password", None),
    "POST account.set_password": lambda s: (
        "/account/password",
        {"current": "x", "new": "kolmetoista-koivua"},
    ),
    "POST account.remove_password": lambda s: ("/account/password/remove", {"current": "x"}),
    "POST account.end_one": sign_in_of_outi,
    "POST account.end_others": lambda s: ("/account/sign-ins/end-others", {}),
}
# These change who it is, so they come last.
LAST: dict[str, Callable[[Scene], Asked]] = {
    "POST account.end_all": lambda s: ("/account/sign-ins/end-all", {}),
    "POST getting_in.open_link": lambda s: (link(s), {"name": "Uusi Nimi"}),
}
# What comes after a change of who it is: the token of the forms is another one.
WITH_A_NEW_TOKEN = frozenset(
    {"POST getting_in.open_link", "POST people.open_sign_in", "POST people.sign_out"}
)
