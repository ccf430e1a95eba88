"""What was rendered is kept for the next, within bounds, and never shown for another state."""

from __future__ import annotations

from booking.db import transaction
from booking.services.decisions import decide_booking
from booking.web.kept import Kept
from tests.support.world import NOW, make_booking
from tests.web.conftest import Site, Statements


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    kept = Kept(limit=12)
    for name in ("a", "b", "c", "d"):
        kept.keep(name, b"123")
    assert kept.get("a") == b"123"
    kept.keep("e", b"123")
    assert [kept.get(name) for name in "abcde"] == [b"123", None, b"123", b"123", b"123"]


def test_the_same_thing_kept_again_counts_once() -> None:
    kept = Kept(limit=12)
    for _ in range(10):
        kept.keep("a", b"123")
    for name in ("b", "c", "d"):
        kept.keep(name, b"123")
    assert kept.get("a") == b"123"


def test_what_would_fill_the_room_alone_is_not_kept() -> None:
    kept = Kept(limit=12)
    kept.keep("a", b"1234")
    assert kept.get("a") is None


def test_a_feed_is_rendered_once_for_each_of_its_states(site: Site, statements: Statements) -> None:
    path = f"/feeds/rooms/{site.world.half_a}.ics"
    bare = site.nobody().get(path).text
    statements.clear()
    assert site.nobody().get(path).text == bare
    assert not any("calendar_text" in statement for statement in statements)
    booking = make_booking(site.database, site.world)
    transaction(
        site.database,
        lambda session: decide_booking(
            session, booking.id, "approve", 1, None, actor=site.world.veli, now=NOW
        ),
    )
    assert "SUMMARY:Varattu" in site.nobody().get(path).text
