"""The documentation site in a real Chromium: readable on a phone, searched in one box, nothing loaded from elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, ViewportSize, sync_playwright

from covgov_testing.docs_site import build, sources

pytestmark = [pytest.mark.system, build.NEEDED]
PHONE: ViewportSize = {"width": 360, "height": 740}
MAIN = (
    "",
    "docs/tutorial/",
    "docs/configuration/",
    "docs/github/",
    "docs/ci/gitlab/",
    "docs/explanation/attribution/",
    "docs/explanation/categories/",
    "docs/reference/cli/",
    "docs/reference/exit-codes/",
    "docs/reference/policy-keys/",
    "docs/reference/rest/",
    "docs/rules/",
    "docs/formats/",
    "docs/errors/",
)


class Quiet(SimpleHTTPRequestHandler):
    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing on stderr."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("site")
    sources.write(root / "build" / "docs")
    done = build.build(root)
    assert done.returncode == 0, done.stdout
    handler = partial(Quiet, directory=str(root / "build" / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def phone() -> Iterator[Page]:
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser.new_page(viewport=PHONE)
        browser.close()


@pytest.mark.parametrize("path", MAIN)
def test_a_page_does_not_scroll_sideways_on_a_phone(site: str, phone: Page, path: str) -> None:
    answer = phone.goto(site + path)
    assert answer is not None
    assert answer.ok
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_page_that_is_too_wide_is_noticed(site: str, phone: Page) -> None:
    phone.goto(site)
    phone.evaluate("document.body.insertAdjacentHTML('beforeend', '<div style=\"width: 500px\">wide</div>')")
    assert phone.evaluate("document.documentElement.scrollWidth") > PHONE["width"]


def test_the_search_finds_a_key_and_nothing_is_asked_of_another_host(site: str, phone: Page) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(site)
    phone.locator("label[for=__search], .md-search__button").filter(visible=True).first.click()
    phone.keyboard.type("max_drop", delay=20)
    phone.locator("a[href*='docs/rules/max-drop/']").first.wait_for(timeout=20_000)
    assert asked
    assert [url for url in asked if not url.startswith((site, "data:", "blob:"))] == []
