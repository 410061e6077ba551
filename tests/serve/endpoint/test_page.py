"""The page in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.parts import BOX
from tests.serve.conftest import KEY
from tests.serve.images import picture

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.ray,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on the path"),
]

PART = {"name": "part.png", "mimeType": "image/png", "buffer": picture()}


@pytest.fixture(scope="module")
def page(endpoint: httpx.Client) -> Iterator[Page]:
    """The page, opened by somebody who has a key; it says nothing in the browser's console."""
    heard: list[str] = []
    asked: set[str] = set()
    with sync_playwright() as play:
        # A root user, as in a container, gets no sandbox from Chromium.
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        page.goto(str(endpoint.base_url))
        yield page
        browser.close()
    assert heard == []
    assert asked - {""} == {endpoint.base_url.netloc.decode()}


def test_a_picture_becomes_code_a_solid_and_files(page: Page, tmp_path: Path) -> None:
    page.set_input_files("#file", [PART])
    expect(page.locator("#message")).to_contain_text("API key")
    page.fill("#key", KEY)
    seen = "window.seen = new Set(); new MutationObserver(() => seen.add(code.textContent.length))"
    page.evaluate(f"{seen}.observe(code, {{ childList: true }})")
    page.click("#generate")
    expect(page.locator("#status")).to_have_text("valid solid", timeout=20_000)
    assert page.locator("#code").inner_text().split() == BOX.program.code.split()
    assert page.evaluate("seen.size") > 5  # it was shown while it was written
    assert page.locator("#code .number").count() >= 3
    canvas = page.frame_locator("#view iframe").locator("canvas")
    expect(canvas).to_be_visible(timeout=20_000)
    expect(page.locator("#figures")).to_contain_text("10 × 20 × 30")
    for kind, start in (("STEP", b"ISO-10303-21;"), ("GLB", b"glTF"), ("SVG", b"<svg ")):
        with page.expect_download() as download:
            page.click(f"#downloads >> text={kind}")
        download.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).read_bytes().startswith(start)


def test_dimensions_and_comparison_are_pictures(page: Page) -> None:
    for tab, count in (("Dimensions", 1), ("Compare", 2)):
        page.click(f"#tabs >> text={tab}")
        images = page.locator(".stage:not([hidden]) img")
        expect(images).to_have_count(count)
        for index in range(count):
            expect(images.nth(index)).to_have_js_property("complete", True)
            assert images.nth(index).evaluate("image => image.naturalWidth") > 100 or index == 0
    page.click("#tabs >> text=3D")


def test_what_was_answered_before_can_be_seen_again(page: Page) -> None:
    page.fill("[name=n]", "3")
    page.fill("[name=temperature]", "1")
    page.click("#generate")
    expect(page.locator("#candidates button")).to_have_count(3, timeout=20_000)
    expect(page.locator("#history button")).to_have_count(2)
    page.locator("#history button").nth(1).click()
    expect(page.locator("#candidates")).to_be_hidden()
    page.reload()
    expect(page.locator("#history button")).to_have_count(2)


def test_a_part_can_be_drawn_by_hand(page: Page) -> None:
    page.click("#pen")
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + 40, box["y"] + 40
    page.mouse.move(x, y)
    page.mouse.down()
    for dx, dy in ((80, 0), (80, 80), (0, 80), (0, 0)):
        page.mouse.move(x + dx, y + dy)
    page.mouse.up()
    page.fill("#key", KEY)
    page.click("#use")
    expect(page.locator("#status")).to_have_text("valid solid", timeout=20_000)
    expect(page.locator("#history button")).to_have_count(3)


def test_a_bad_picture_is_told_and_nothing_is_lost(page: Page) -> None:
    bad = {"name": "part.png", "mimeType": "image/png", "buffer": b"hello"}
    page.set_input_files("#file", [bad])
    expect(page.locator("#message")).to_contain_text("neither a PNG")
    expect(page.locator("#history button")).to_have_count(3)


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
