"""A room's feed: what is public, and nothing sent that the reader has already."""

from __future__ import annotations

from datetime import timedelta

from booking.db import transaction
from booking.services.decisions import decide_booking
from tests.support.world import NOW, make_booking
from tests.web.conftest import BASE, Site, Statements, set_clock


def approve(site: Site, **changes: object) -> None:
    booking = make_booking(site.database, site.world, **changes)
    transaction(
        site.database,
        lambda session: decide_booking(
            session, booking.id, "approve", 1, None, actor=site.world.veli, now=NOW
        ),
    )


def test_a_requested_booking_is_not_public(site: Site) -> None:
    make_booking(site.database, site.world)
    path = f"/feeds/rooms/{site.world.half_a}.ics"
    assert "VEVENT" not in site.nobody().get(path).text


def test_an_approved_booking_is_shown_as_booked(site: Site) -> None:
    approve(site)
    answer = site.nobody().get(f"/feeds/rooms/{site.world.half_a}.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "SUMMARY:Varattu" in answer.text
    assert "Hallituksen kokous" not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_a_reader_who_has_it_already_gets_nothing_anew(site: Site) -> None:
    approve(site)
    path = f"/feeds/rooms/{site.world.half_a}.ics"
    tag = site.nobody().get(path).headers["ETag"]
    assert not tag.startswith("W/")
    for wanted in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = site.nobody().get(path, headers={"If-None-Match": wanted})
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    for other in ('"x"', "", tag.strip('"') + "x", '"' * 4000):
        assert site.nobody().get(path, headers={"If-None-Match": other}).status_code == 200


def test_the_validator_is_known_before_the_feed_is_rendered(
    site: Site, statements: Statements
) -> None:
    approve(site)
    path = f"/feeds/rooms/{site.world.half_a}.ics"
    tag = site.nobody().get(path).headers["ETag"]
    statements.clear()
    site.nobody().get(path, headers={"If-None-Match": tag})
    assert len(statements) == 1
    assert not any("calendar_text" in statement for statement in statements)


def test_the_validator_changes_with_a_booking_and_with_the_day(site: Site) -> None:
    path = f"/feeds/rooms/{site.world.half_a}.ics"
    tags = [site.nobody().get(path).headers["ETag"]]
    approve(site)
    tags.append(site.nobody().get(path).headers["ETag"])
    set_clock(site.app, NOW + timedelta(days=1))
    tags.append(site.nobody().get(path).headers["ETag"])
    assert len(set(tags)) == 3


def test_another_rooms_booking_leaves_the_validator_alone(site: Site) -> None:
    path = f"/feeds/rooms/{site.world.half_b}.ics"
    tag = site.nobody().get(path).headers["ETag"]
    approve(site)
    assert site.nobody().get(path).headers["ETag"] == tag


def test_a_head_has_the_same_headers(site: Site) -> None:
    approve(site)
    path = f"/feeds/rooms/{site.world.half_a}.ics"
    got = site.nobody().get(path)
    head = site.nobody().client.head(path, base_url=BASE)
    for name in ("ETag", "Last-Modified", "Content-Type", "Content-Length", "Cache-Control"):
        assert head.headers[name] == got.headers[name]
