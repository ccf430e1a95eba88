"""A room's pictures: added by its unit's staff, in their order, each with its words, and gone with their bytes when removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.texts import LocalText
from booking.errors import Forbidden, InvalidInput, NotFound
from booking.models import AuditEntry, Room, RoomImage, RoomImageFile
from booking.queries.catalogue import catalogue
from booking.queries.images import Sent, image_file, images_of
from booking.services.images import (
    MOST_PHOTOS,
    Kind,
    add_image,
    describe_image,
    move_image,
    remove_image,
)
from booking.services.pictures import Encoded, PictureFile, encoded
from tests.support.pictures import picture
from tests.support.world import NOW, World, make_world

T = TypeVar("T")
ALT = LocalText("Valoisa sali", "En ljus sal", "A bright hall")
# What is stored is not looked into here; `test_pictures.py` does.
STORED = Encoded(
    480, 360, "d" * 64, (PictureFile(480, "avif", b"avif"), PictureFile(480, "webp", b"webp"))
)


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def named(name: str) -> Encoded:
    return replace(STORED, digest=name * 64)


def add(database: Database, world: World, **changes: Any) -> int:
    """Veli adds a photo to half A; its id."""
    given: dict[str, Any] = {
        "room_id": world.half_a,
        "kind": "photo",
        "picture": STORED,
        "alt": ALT,
        "actor": world.veli,
        "now": NOW,
        **changes,
    }
    return transaction(database, lambda session: add_image(session, **given).id)


def done(database: Database, act: Callable[..., T], *args: Any, actor: Any) -> T:
    return transaction(database, lambda session: act(session, *args, actor=actor, now=NOW))


def order(database: Database, room_id: int) -> list[str]:
    """The first letters of the digests, in the order the pictures are shown in."""
    with reading(database) as session:
        return [image.digest[0] for image in images_of(session, room_id)]


def count(session: Session) -> tuple[int, int]:
    return tuple(  # type: ignore[return-value]
        session.scalars(select(func.count()).select_from(table)).one()
        for table in (RoomImage, RoomImageFile)
    )


def let_describe_the_plan(database: Database, room_id: int) -> None:
    def work(session: Session) -> None:
        session.get_one(Room, room_id).floor_plan_text = LocalText("Ovi on lännessä.")

    transaction(database, work)


def test_a_photo_is_kept_with_its_words_and_files(database: Database, world: World) -> None:
    sent = encoded(picture(700, 400))
    image_id = add(database, world, picture=sent)
    with reading(database) as session:
        [image] = images_of(session, world.half_a)
        assert (image.id, image.kind, image.digest, image.alt) == (
            image_id,
            "photo",
            sent.digest,
            ALT,
        )
        assert (image.width, image.height, image.position, image.created_at) == (700, 400, 1, NOW)
        kept = {(file.width, file.format): file.content for file in image.files}
        assert kept == {(file.width, file.format): file.content for file in sent.files}


def test_the_first_photo_is_the_rooms_in_the_catalogue_at_once(
    database: Database, world: World
) -> None:
    with reading(database) as session:
        assert catalogue(session).room(world.half_a).photo is None
    add(database, world, picture=named("a"))
    second = add(database, world, picture=named("b"))
    done(database, move_image, second, -1, actor=world.veli)
    with reading(database) as session:
        photo = catalogue(session).room(world.half_a).photo
    assert photo is not None
    assert (photo.digest, photo.alt, photo.width, photo.height) == ("b" * 64, ALT, 480, 360)


def test_photos_change_places_with_their_neighbours(database: Database, world: World) -> None:
    a, _b, c = (add(database, world, picture=named(name)) for name in "abc")
    let_describe_the_plan(database, world.half_a)
    add(database, world, picture=named("d"), kind="floor_plan")
    moves: list[tuple[int, int, str]] = [(a, -1, "abcd"), (a, 1, "bacd"), (c, -1, "bcad")]
    for image_id, by, expected in [*moves, (a, 1, "bcad"), (c, -1, "cbad")]:
        done(database, move_image, image_id, by, actor=world.veli)
        assert "".join(order(database, world.half_a)) == expected


def test_a_description_is_written_anew(database: Database, world: World) -> None:
    image_id = add(database, world)
    new = LocalText("Sali kahvipöydin", None, "Hall with coffee tables")
    done(database, describe_image, image_id, new, actor=world.veli)
    with reading(database) as session:
        assert images_of(session, world.half_a)[0].alt == new
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "describe_image")
        ).one()
        assert entry.before == {"alt": {"fi": ALT.fi, "sv": ALT.sv, "en": ALT.en}}
        assert entry.after == {"alt": {"fi": new.fi, "sv": None, "en": new.en}}


def test_a_removed_picture_leaves_no_bytes(database: Database, world: World) -> None:
    first, second = (add(database, world, picture=named(name)) for name in "ab")
    assert done(database, remove_image, first, actor=world.veli) == world.half_a
    with reading(database) as session:
        assert count(session) == (1, 2)
        with pytest.raises(NotFound):
            image_file(session, "a" * 64, 480, "avif", world.veli)
    with pytest.raises(NotFound):
        done(database, remove_image, first, actor=world.veli)
    assert done(database, remove_image, second, actor=world.veli) == world.half_a


def test_every_change_is_in_the_audit_of_the_room(database: Database, world: World) -> None:
    a, b = add(database, world, picture=named("a")), add(database, world, picture=named("b"))
    done(database, move_image, b, -1, actor=world.veli)
    done(database, describe_image, a, ALT, actor=world.veli)  # as it was: nothing to tell
    done(database, remove_image, a, actor=world.veli)
    with reading(database) as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [(e.action, e.object_kind, e.object_id, e.actor_id) for e in entries] == [
            (action, "room", world.half_a, world.veli.person_id)
            for action in ("add_image", "add_image", "move_image", "remove_image")
        ]


def test_there_are_so_many_photos_and_no_more(database: Database, world: World) -> None:
    for _ in range(MOST_PHOTOS):
        add(database, world)
    with pytest.raises(InvalidInput) as refused:
        add(database, world)
    assert (refused.value.code, refused.value.params) == (
        "too_many_images",
        {"field": "image", "most": 12},
    )
    # Another room, and the plan of this one, have places of their own.
    add(database, world, room_id=world.half_b)
    let_describe_the_plan(database, world.half_a)
    add(database, world, kind="floor_plan")


def test_a_floor_plan_needs_its_text_first_and_there_is_one(
    database: Database, world: World
) -> None:
    def refusal(kind: Kind) -> str:
        with pytest.raises(InvalidInput) as refused:
            add(database, world, kind=kind)
        return refused.value.code

    assert refusal("floor_plan") == "floor_plan_text_required"
    let_describe_the_plan(database, world.half_a)
    add(database, world, kind="floor_plan")
    assert refusal("floor_plan") == "floor_plan_exists"


@pytest.mark.parametrize(
    ("alt", "code", "field"),
    [
        (LocalText(""), "alt_required", "alt_fi"),
        (LocalText("  ", "En sal"), "alt_required", "alt_fi"),
        (LocalText("x" * 301), "too_long_text", "alt_fi"),
        (LocalText("Sali", "x" * 301), "too_long_text", "alt_sv"),
        (LocalText("Sali", None, "x" * 301), "too_long_text", "alt_en"),
    ],
)
def test_a_picture_without_good_words_is_refused(
    database: Database, world: World, alt: LocalText, code: str, field: str
) -> None:
    image_id = add(database, world)
    for act in (
        lambda: add(database, world, alt=alt),
        lambda: done(database, describe_image, image_id, alt, actor=world.veli),
    ):
        with pytest.raises(InvalidInput) as refused:
            act()
        assert (refused.value.code, refused.value.params["field"]) == (code, field)
    with reading(database) as session:
        assert [image.alt for image in images_of(session, world.half_a)] == [ALT]


@pytest.mark.parametrize("who", ["aino", "anna", "kaisa", "viivi", "outi"])
def test_only_the_units_staff_keep_its_pictures(database: Database, world: World, who: str) -> None:
    image_id = add(database, world)
    actor = world.actors[who]
    acts: list[Callable[[], Any]] = [
        lambda: add(database, world, actor=actor),
        lambda: done(database, describe_image, image_id, LocalText("Muu"), actor=actor),
        lambda: done(database, move_image, image_id, 1, actor=actor),
        lambda: done(database, remove_image, image_id, actor=actor),
    ]
    for act in acts:
        with pytest.raises(Forbidden, match="not_your_unit"):
            act()
    with reading(database) as session:
        assert [image.alt for image in images_of(session, world.half_a)] == [ALT]


def test_what_is_not_there_is_not_found(database: Database, world: World) -> None:
    with pytest.raises(NotFound):
        add(database, world, room_id=99_999)
    for act in (move_image, describe_image):
        with pytest.raises(NotFound):
            done(database, act, 99_999, ALT, actor=world.veli)


def test_the_bytes_are_for_everybody_once_the_room_is_published(
    database: Database, world: World
) -> None:
    add(database, world)

    def hide(session: Session) -> None:
        session.get_one(Room, world.half_a).published = False

    def got(who: str) -> Sent | None:
        with reading(database) as session:
            try:
                return image_file(session, STORED.digest, 480, "avif", world.actors[who])
            except NotFound:
                return None

    everybody = ("outi", "anna", "aino", "kaisa", "veli", "yllapito")
    assert {who: got(who) for who in everybody} == dict.fromkeys(everybody, Sent(b"avif", True))
    transaction(database, hide)
    own = {who: Sent(b"avif", False) for who in ("veli", "yllapito")}
    assert {who: got(who) for who in everybody} == {**dict.fromkeys(everybody), **own}


def test_a_picture_that_hangs_in_two_rooms_is_public_when_one_is_published(
    database: Database, world: World
) -> None:
    add(database, world)
    add(database, world, room_id=world.half_b)

    def hide(session: Session) -> None:
        session.get_one(Room, world.half_a).published = False

    transaction(database, hide)
    with reading(database) as session:
        for who in ("outi", "veli"):
            sent = image_file(session, STORED.digest, 480, "webp", world.actors[who])
            assert sent == Sent(b"webp", True)
