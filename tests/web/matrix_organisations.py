"""The rows of the matrix for associations: their own people see and keep them, staff verify them, the coordinator does the rest.

All is asked of Virta: anna books for it, pekka owns it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from booking.db import reading, transaction
from booking.models import Agreement, Invitation, Membership, Organisation, Person
from booking.services.sign_ins import token_hash
from tests.support.world import NOW

if TYPE_CHECKING:
    from tests.web.matrix import Scene

Asked = tuple[str, dict[str, Any] | None]
SIGN_IN = 303
KNOWN = ("outi", "toini", "anna", "pekka", "viivi", "veli", "aino", "kaisa", "yllapito")
_numbers = count()


def known(done: int, nobody: int) -> dict[str, int]:
    return {"nobody": nobody, **dict.fromkeys(KNOWN, done)}


def whom(may: tuple[str, ...], done: int, nobody: int = SIGN_IN) -> dict[str, int]:
    """Those named may; others of Virta's people and staff are told that they may not; for strangers it isn't there."""
    told = {who: done if who in may else 403 for who in KNOWN}
    return {"nobody": nobody, **told, "outi": 404, "toini": 404}


KEEPERS = ("pekka", "kaisa", "yllapito")
COORDINATORS = ("kaisa", "yllapito")


def of_virta(path: str, form: dict[str, Any] | None = None) -> Callable[[Scene], Asked]:
    return lambda scene: (f"/organisations/{scene.world.virta}{path}", form)


def versioned(path: str, form: dict[str, Any]) -> Callable[[Scene], Asked]:
    def asked(scene: Scene) -> Asked:
        with reading(scene.database) as session:
            version = session.get_one(Organisation, scene.world.virta).version
        return of_virta(path, {**form, "version": str(version)})(scene)

    return asked


def made(scene: Scene, row: Any) -> int:
    """Add a row; its id."""

    def work(session: Any) -> int:
        session.add(row)
        session.flush()
        return int(row.id)

    return transaction(scene.database, work)


def another(scene: Scene) -> int:
    """A fresh association."""
    return made(scene, Organisation(name=f"Uusi {next(_numbers)}", kind="association"))


def merging(sends: bool) -> Callable[[Scene], Asked]:
    def asked(scene: Scene) -> Asked:
        form = {"kept": str(scene.world.virta)} if sends else None
        return of_virta(f"/merge/{another(scene)}", form)(scene)

    return asked


def agreement(form: dict[str, Any] | None) -> Callable[[Scene], Asked]:
    def asked(scene: Scene) -> Asked:
        day = date(2027, 1, 1)
        row = Agreement(organisation_id=scene.world.virta, kind="intent", valid_from=day)
        return of_virta(f"/agreements/{made(scene, row)}", form)(scene)

    return asked


def invitation(scene: Scene, organisation_id: int) -> tuple[int, str]:
    """A fresh invitation's id and token, to an address without an account."""
    token = secrets.token_urlsafe(32)
    row = Invitation(
        organisation_id=organisation_id,
        email=f"kutsuttu{next(_numbers)}@example.fi",
        role="booker",
        invited_by_id=scene.world.kaisa.person_id,
        token_hash=token_hash(token),
        created_at=NOW,
        expires_at=NOW + timedelta(days=14),
    )
    return made(scene, row), token


def take_back(scene: Scene) -> Asked:
    invitation_id, _token = invitation(scene, scene.world.virta)
    return of_virta(f"/invitations/{invitation_id}/revoke", {})(scene)


def invited(form: dict[str, Any] | None) -> Callable[[Scene], Asked]:
    # To a fresh association: whoever accepts belongs to it from then on.
    return lambda scene: (f"/i/{invitation(scene, another(scene))[1]}", form)


def ending(form: dict[str, Any] | None) -> Callable[[Scene], Asked]:
    """Somebody who books for Virta, put out or to be put out."""

    def asked(scene: Scene) -> Asked:
        email = f"jasen{next(_numbers)}@example.fi"
        person = Person(email=email, name="Jäsen", created_at=NOW)
        person_id = made(scene, person)
        virta = scene.world.virta
        made(scene, Membership(person_id=person_id, organisation_id=virta, role="booker"))
        return of_virta(f"/members/{person_id}/end", form)(scene)

    return asked


VIRTA = {"kind": "association", "name": "Virta ry", "y_tunnus": "0927140-5"}
AGREED = {"kind": "intent", "valid_from": "1.1.2027"}
CALLS: dict[str, Callable[[Scene], Asked]] = {
    "GET organisations.show_all": lambda s: ("/organisations", None),
    "GET organisations.new": lambda s: ("/organisations/new", None),
    "POST organisations.add": lambda s: (
        "/organisations/new",
        {"kind": "association", "name": "Matriisi ry"},
    ),
    "GET organisations.show": of_virta(""),
    "GET organisations.edit": of_virta("/edit"),
    "POST organisations.save": versioned("/edit", VIRTA),
    "GET organisation_members.consider_inviting": of_virta("/invite"),
    "POST organisation_members.send_invitation": of_virta(
        "/invite", {"email": "uusi@example.fi", "role": "booker"}
    ),
    "GET organisation_members.consider_handing_over": of_virta("/hand-over"),
    "POST organisation_members.hand_over": of_virta("/hand-over", {"email": "seuraava@example.fi"}),
    "POST organisation_members.take_back": take_back,
    "GET organisation_members.consider_ending": ending(None),
    "POST organisation_members.end": ending({}),
    "GET invitations.show": invited(None),
    "POST invitations.accept": invited({}),
    "POST organisation_staff.verify": versioned("/verify", {}),
    "GET organisation_staff.consider rest": of_virta("/rest"),
    "GET organisation_staff.consider wake": of_virta("/wake"),
    "POST organisation_staff.do rest": of_virta("/rest", {"reason": "Lepo"}),
    # At once, or the rows below could book no more.
    "POST organisation_staff.do wake": of_virta("/wake", {"reason": "Jatkaa"}),
    "GET organisation_staff.find_other": of_virta("/merge?q=uusi"),
    "GET organisation_staff.consider_merging": merging(False),
    "POST organisation_staff.merge": merging(True),
    "GET organisation_staff.new_agreement": of_virta("/agreements/new"),
    "POST organisation_staff.add_agreement": of_virta("/agreements/new", AGREED),
    "GET organisation_staff.agreement": agreement(None),
    "POST organisation_staff.save_agreement": agreement(AGREED),
}
ROWS: dict[str, dict[str, int]] = {
    "GET organisations.show_all": known(200, SIGN_IN),
    "GET organisations.new": known(200, SIGN_IN),
    "POST organisations.add": known(303, SIGN_IN),
    "GET organisations.show": whom(KNOWN, 200),
    "GET organisations.edit": whom(KEEPERS, 200),
    "POST organisations.save": whom(KEEPERS, 303),
    "GET organisation_members.consider_inviting": whom(KEEPERS, 200),
    "POST organisation_members.send_invitation": whom(KEEPERS, 303),
    # Only its owner has something to hand over.
    "GET organisation_members.consider_handing_over": whom(("pekka",), 200),
    "POST organisation_members.hand_over": whom(("pekka",), 303),
    "POST organisation_members.take_back": whom(KEEPERS, 303),
    "GET organisation_members.consider_ending": whom(KEEPERS, 200),
    "POST organisation_members.end": whom(KEEPERS, 303),
    # Whoever reads the mail; somebody new must say a name.
    "GET invitations.show": known(200, 200),
    "POST invitations.accept": known(303, 422),
    "POST organisation_staff.verify": whom(("veli", "aino", *COORDINATORS), 303),
    **{
        name: whom(COORDINATORS, 200 if name.startswith("GET") else 303)
        for name in CALLS
        if " organisation_staff." in name and not name.endswith(".verify")
    },
}
API_CALLS: dict[str, Callable[[Scene], Asked]] = {
    "GET api.organisations": lambda s: ("/organisations?q=virta", None),
    "POST api.add_one": lambda s: (
        "/organisations",
        {"kind": "association", "name": f"Rajapinta {next(_numbers)}"},
    ),
    "GET api.organisation": of_virta(""),
    # As it is already: then its version stays for the next one.
    "PATCH api.edit_one": of_virta("", {"name": "Virta ry"}),
}
API_ROWS: dict[str, dict[str, int]] = {
    "GET api.organisations": known(200, 401),
    "POST api.add_one": known(201, 401),
    "GET api.organisation": whom(KNOWN, 200, 401),
    "PATCH api.edit_one": whom(KEEPERS, 200, 401),
}
