"""The page's pictures for the docs, from a running endpoint.

python -m bench.screenshots url=http://127.0.0.1:8000 picture=part.png out=docs/images
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from cadvlm.config.base import Config

SIZES = {"page": (1440, 900), "page_phone": (390, 844)}


class ScreenshotsConfig(Config):
    """What is taken."""

    url: str = "http://127.0.0.1:8000"
    """The endpoint."""

    picture: str
    """A part to ask about."""

    out: str = "docs/images"
    """Where ``page.png`` and ``page_phone.png`` go."""

    n: int = 4
    """Candidates."""


def main(config: ScreenshotsConfig) -> None:
    """Ask, wait, and take them."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, size in SIZES.items():
            _take(browser, config, Path(config.out), name, size)
        browser.close()


def _take(
    browser: Browser, config: ScreenshotsConfig, out: Path, name: str, size: tuple[int, int]
) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(config.url)
    page.fill("[name=n]", str(config.n))
    page.set_input_files("#file", config.picture)
    expect(page.locator("#candidates button")).to_have_count(config.n, timeout=120_000)
    page.wait_for_timeout(3000)  # until the solid is drawn
    page.screenshot(path=out / f"{name}.png", full_page=size[0] < 700)
    for tab in ("Dimensions", "Compare"):
        page.click(f"#tabs >> text={tab}")
        page.wait_for_timeout(500)
        page.locator("#result").screenshot(path=out / f"{name}_{tab.lower()}.png")
    page.close()


if __name__ == "__main__":
    main(ScreenshotsConfig.load(sys.argv[1:]))
