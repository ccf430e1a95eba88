"""A room's pictures on the web: sent under names for ever, kept by its unit's staff without a script."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from booking.db import reading, transaction
from booking.domain.texts import LocalText
from booking.models import Room
from booking.queries.images import images_of
from booking.services.images import MOST_PHOTOS, add_image
from booking.services.pictures import MEGABYTE, Encoded, PictureFile
from booking.web.outer import HEADERS
from tests.support.pictures import HOSTILE, SVG, photo_with_secrets, picture
from tests.support.world import NOW
from tests.web.conftest import BASE, Browser, Site, Statements
from tests.web.room_keeping import fi

ALT = LocalText("Valoisa sali", None, "A bright hall")
ENGLISH = {"Accept-Language": "en"}


def hang(site: Site, letter: str = "a", room_id: int | None = None, **changes: Any) -> int:
    """Hang a photo 700 pixels wide, whose digest is one letter, in half A; its id."""
    files = (
        PictureFile(width, format, f"{letter}{width}{format}".encode())
        for width in (480, 700)
        for format in ("avif", "webp")
    )
    stored = Encoded(700, 500, letter * 64, tuple(files))
    given: dict[str, Any] = {"kind": "photo", "alt": ALT, **changes}
    where = room_id or site.world.half_a
    return transaction(
        site.database,
        lambda session: (
            add_image(session, where, picture=stored, actor=site.world.veli, now=NOW, **given).id
        ),
    )


def pictures(site: Site) -> str:
    return f"/staff/rooms/{site.world.half_a}/images"


def send(browser: Browser, path: str, content: bytes, **changes: Any) -> TestResponse:
    """Send a file with its words, as the page's form does.

    The body is put together here: the test client would write a large one to a file that it leaves open.
    """
    form = {"kind": "photo", "alt_fi": "Sali ovelta katsottuna", **changes}
    form.setdefault("csrf_token", browser.token())
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form.items()
    ]
    head = '--x\r\nContent-Disposition: form-data; name="image"; filename="../kuva.jpg"\r\n\r\n'
    return browser.client.post(
        path,
        data="".join((*parts, head)).encode() + content + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
        base_url=BASE,
    )


def kept(site: Site) -> list[tuple[str, LocalText]]:
    with reading(site.database) as session:
        return [(image.kind, image.alt) for image in images_of(session, site.world.half_a)]


def errors(page: str) -> list[str]:
    """The fields that the error summary leads to."""
    summary = re.search(r"data-error-summary.*?</div>", page, re.DOTALL)
    return re.findall(r'<li><a href="#(\w+)">', summary[0]) if summary else []


def unpublish(site: Site) -> None:
    def hide(session: Any) -> None:
        session.get_one(Room, site.world.half_a).published = False

    transaction(site.database, hide)


def describe_the_plan(site: Site) -> None:
    def work(session: Any) -> None:
        session.get_one(Room, site.world.half_a).floor_plan_text = LocalText("Ovi on lännessä.")

    transaction(site.database, work)


def test_a_picture_is_sent_to_be_kept_for_ever(site: Site) -> None:
    hang(site)
    for width, format in ((480, "avif"), (700, "webp")):
        answer = site.nobody().get(f"/images/{'a' * 64}-{width}.{format}")
        assert (answer.status_code, answer.data) == (200, f"a{width}{format}".encode())
        assert answer.headers["Content-Type"] == f"image/{format}"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["ETag"] == f'"{"a" * 64}-{width}.{format}"'
        assert "Set-Cookie" not in answer.headers
        assert all(answer.headers.getlist(name) == [value] for name, value in HEADERS)


def test_who_has_a_picture_is_not_sent_it_again(site: Site) -> None:
    hang(site)
    path = f"/images/{'a' * 64}-480.avif"
    tag = site.nobody().get(path).headers["ETag"]
    answer = site.nobody().get(path, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert site.nobody().client.head(path, base_url=BASE).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        f"/images/{'a' * 64}-481.avif",
        f"/images/{'a' * 64}-480.png",
        f"/images/{'A' * 64}-480.avif",
        f"/images/{'b' * 64}-480.avif",
        f"/images/{'a' * 63}-480.avif",
        f"/images/{'a' * 64}-99999999999999999999.avif",
        f"/images/{'a' * 64}.avif",
        "/images/../../etc/passwd",
        f"/images/{'%27' * 21}a-480.avif",
        f"/images/{'%00' * 64}-480.avif",
    ],
)
def test_what_is_no_picture_is_not_found(site: Site, path: str) -> None:
    hang(site)
    assert site.nobody().get(path).status_code == 404


def test_pictures_of_a_room_that_is_not_published_are_its_units_own(site: Site) -> None:
    hang(site)
    unpublish(site)
    path = f"/images/{'a' * 64}-480.avif"
    found = {
        who: site.browser(who).get(path).status_code
        for who in ("outi", "anna", "aino", "kaisa", "veli", "yllapito")
    }
    assert found == {
        "outi": 404,
        "anna": 404,
        "aino": 404,
        "kaisa": 404,
        "veli": 200,
        "yllapito": 200,
    }
    assert site.nobody().get(path).status_code == 404
    assert site.browser("veli").get(path).headers["Cache-Control"] == "private, no-store"


def test_a_picture_costs_a_visitor_one_statement(site: Site, statements: Statements) -> None:
    hang(site)
    statements.clear()
    site.nobody().get(f"/images/{'a' * 64}-480.avif")
    assert len(statements) == 1


def test_pages_show_pictures_in_sizes_to_choose_from(site: Site) -> None:
    hang(site)
    for path in ("/rooms", f"/rooms/{site.world.half_a}"):
        page = site.nobody().get(path).text
        [shown] = re.findall(r"<picture>.*?</picture>", page, re.DOTALL)
        name = f"/images/{'a' * 64}"
        assert f'type="image/avif" srcset="{name}-480.avif 480w, {name}-700.avif 700w"' in shown
        assert f'type="image/webp" srcset="{name}-480.webp 480w, {name}-700.webp 700w"' in shown
        assert f'src="{name}-700.webp" width="700" height="500" alt="Valoisa sali"' in shown
        assert shown.index("image/avif") < shown.index("image/webp") < shown.index("<img")


def test_what_a_picture_shows_is_told_in_the_readers_language_or_marked(site: Site) -> None:
    hang(site)
    path = f"/rooms/{site.world.half_a}"
    assert 'alt="A bright hall">' in site.nobody().get(path, headers=ENGLISH).text
    swedish = site.nobody().get(path, headers={"Accept-Language": "sv"}).text
    assert 'alt="Valoisa sali" lang="fi">' in swedish


def test_a_photo_is_added_and_shown(site: Site) -> None:
    browser = site.browser("veli")
    answer = send(browser, pictures(site), photo_with_secrets(), alt_en="The hall")
    assert (answer.status_code, answer.location) == (303, pictures(site))
    assert kept(site) == [("photo", LocalText("Sali ovelta katsottuna", None, "The hall"))]
    page = browser.get(answer.location).text
    assert 'alt="Sali ovelta katsottuna"' in page
    address = re.search(r'src="(/images/[^"]+)"', page)
    assert address
    public = site.nobody().get(address[1])
    assert public.data[8:12] == b"WEBP"
    assert b"Nokia" not in public.data


def test_hostile_files_are_refused_at_their_field_with_the_words_kept(site: Site) -> None:
    browser = site.browser("veli")
    token = browser.token()
    for name, (make, code) in HOSTILE.items():
        answer = send(browser, pictures(site), make(), alt_sv="Salen & <b>", csrf_token=token)
        status = 413 if code == "image_too_large" else 422
        assert (name, answer.status_code, errors(answer.text)) == (name, status, ["image"])
        if status == 422:  # what was never read can't be kept
            assert 'value="Sali ovelta katsottuna"' in answer.text
            assert "Salen &amp; &lt;b&gt;" in answer.text
    assert kept(site) == []


@pytest.mark.parametrize(("megabytes", "status"), [(15.5, 422), (16, 413), (30, 413), (70, 413)])
def test_a_file_that_is_too_large_gets_the_page_again(
    site: Site, megabytes: float, status: int
) -> None:
    sent = picture() + bytes(int(megabytes * MEGABYTE))
    answer = send(site.browser("veli"), pictures(site), sent)
    assert (answer.status_code, errors(answer.text)) == (status, ["image"])
    assert "15" in answer.text
    assert kept(site) == []


def test_who_is_not_known_is_sent_to_sign_in_and_nothing_is_read(site: Site) -> None:
    answer = send(site.nobody(), pictures(site), bytes(20 * MEGABYTE))
    assert answer.status_code == 303
    assert answer.location.startswith("/login?next=")


def test_only_this_page_takes_so_much(site: Site) -> None:
    sent = bytes(MEGABYTE)
    for path in ("/language", f"/staff/rooms/{site.world.half_a}/blocks"):
        assert send(site.browser("veli"), path, sent).status_code == 413


def test_the_form_says_what_is_missing(site: Site) -> None:
    browser = site.browser("veli")
    answer = browser.post(pictures(site), {"image": (io.BytesIO(b""), "")})
    assert answer.status_code == 422
    assert errors(answer.text) == ["alt_fi", "image", "kind"]
    answer = browser.post(pictures(site), {"kind": "selfie", "alt_fi": "x", "image": "no file"})
    assert errors(answer.text) == ["image", "kind"]


def test_a_name_and_a_type_that_lie_change_nothing(site: Site) -> None:
    browser = site.browser("veli")
    for content, name, kind, status in (
        (SVG, "kuva.jpg", "image/jpeg", 422),
        (picture(), "kuva.svg", "image/svg+xml", 303),
        (picture(), "\u202egpj.exe\0", "text/html", 303),
    ):
        form = {"kind": "photo", "alt_fi": "Sali", "image": (io.BytesIO(content), name, kind)}
        assert browser.post(pictures(site), form).status_code == status
    assert len(kept(site)) == 2


def test_a_floor_plan_is_asked_for_its_text_first(site: Site) -> None:
    browser = site.browser("veli")
    answer = send(browser, pictures(site), picture(), kind="floor_plan")
    assert (answer.status_code, errors(answer.text)) == (422, ["kind"])
    describe_the_plan(site)
    assert send(browser, pictures(site), picture(), kind="floor_plan").status_code == 303
    answer = send(browser, pictures(site), picture(), kind="floor_plan")
    assert (answer.status_code, errors(answer.text)) == (422, ["kind"])
    page = site.nobody().get(f"/rooms/{site.world.half_a}").text
    assert "Ovi on lännessä." in page
    assert 'alt="Sali ovelta katsottuna"' in page


def test_a_full_room_is_told_so(site: Site) -> None:
    for _ in range(MOST_PHOTOS):
        hang(site)
    browser = site.browser("veli")
    answer = send(browser, pictures(site), picture())
    assert (answer.status_code, errors(answer.text)) == (422, ["image"])
    describe_the_plan(site)
    send(browser, pictures(site), picture(), kind="floor_plan")
    assert 'type="file"' not in browser.get(pictures(site)).text


def test_photos_are_put_in_order_by_buttons(site: Site) -> None:
    a, b = hang(site, "a"), hang(site, "b")
    browser = site.browser("veli")
    page = browser.get(pictures(site)).text
    ways = re.findall(r'action="/staff/rooms/\d+/images/(\d+)/(\w+)"', page)
    assert ways == [(str(a), "later"), (str(b), "earlier")]
    answer = browser.post(f"{pictures(site)}/{b}/earlier")
    assert (answer.status_code, answer.location) == (303, f"{pictures(site)}#image-{b}")
    page = site.nobody().get(f"/rooms/{site.world.half_a}").text
    assert re.findall(r'src="/images/(\w)', page) == ["b", "a"]


def test_a_description_is_changed_or_refused_with_what_was_typed(site: Site) -> None:
    path = f"{pictures(site)}/{hang(site)}"
    browser = site.browser("veli")
    assert 'value="Valoisa sali"' in browser.get(path).text
    answer = browser.post(path, {"alt_fi": " ", "alt_sv": "En ny sal"})
    assert (answer.status_code, errors(answer.text)) == (422, ["alt_fi"])
    assert 'value="En ny sal"' in answer.text
    answer = browser.post(path, {"alt_fi": "Uusi sali", "alt_sv": "En ny sal"})
    assert answer.status_code == 303
    assert kept(site) == [("photo", LocalText("Uusi sali", "En ny sal"))]


def test_a_picture_is_removed_by_post_only(site: Site) -> None:
    path = f"{pictures(site)}/{hang(site)}/remove"
    browser = site.browser("veli")
    assert 'alt="Valoisa sali"' in browser.get(path).text
    assert len(kept(site)) == 1
    assert browser.post(path).status_code == 303
    assert kept(site) == []
    assert site.nobody().get(f"/images/{'a' * 64}-480.avif").status_code == 404
    assert browser.get(path).status_code == 404


def test_pictures_of_another_room_are_not_found_under_ones_own(site: Site) -> None:
    theirs = hang(site, room_id=site.world.half_b)
    browser = site.browser("veli")
    for answer in (
        browser.get(f"{pictures(site)}/{theirs}"),
        browser.get(f"{pictures(site)}/{theirs}/remove"),
        browser.post(f"{pictures(site)}/{theirs}", {"alt_fi": "Muu"}),
        browser.post(f"{pictures(site)}/{theirs}/remove"),
        browser.post(f"{pictures(site)}/{theirs}/later"),
    ):
        assert answer.status_code == 404


def test_hostile_words_are_shown_as_text(site: Site) -> None:
    hang(site, alt=LocalText('"><script>alert(1)</script>{{7*7}}'))
    for path in ("/rooms", f"/rooms/{site.world.half_a}", pictures(site)):
        page = site.browser("veli").get(path).text
        assert "<script>alert" not in page
        assert "{{7*7}}" in page


def test_a_picture_sent_twice_is_added_once(site: Site) -> None:
    browser, content = site.browser("veli"), picture()
    [key] = re.findall(
        r'name="key" type="hidden" value="([^"]+)"', browser.get(pictures(site)).text
    )
    for _ in range(2):
        answer = send(browser, pictures(site), content, key=key)
        assert (answer.status_code, answer.location) == (303, pictures(site))
    assert len(kept(site)) == 1
    other = send(browser, pictures(site), photo_with_secrets(), key=key)
    assert other.status_code == 422
    assert fi("sent_with_other_contents") in other.text
    assert len(kept(site)) == 1


def test_words_that_come_as_a_file_are_none(site: Site) -> None:
    files = {name: (io.BytesIO(b"x"), "x.txt") for name in ("alt_fi", "key", "kind")}
    answer = site.browser("veli").post(pictures(site), files)
    assert (answer.status_code, errors(answer.text)) == (422, ["alt_fi", "image", "kind"])


def test_the_pictures_of_an_unpublished_room_are_not_there_for_another_units_staff(
    site: Site,
) -> None:
    seen = [site.browser("aino").get(pictures(site)).status_code]
    unpublish(site)
    seen.append(site.browser("aino").get(pictures(site)).status_code)
    seen.append(send(site.browser("aino"), pictures(site), picture()).status_code)
    assert seen == [403, 404, 404]
    assert site.browser("veli").get(pictures(site)).status_code == 200
