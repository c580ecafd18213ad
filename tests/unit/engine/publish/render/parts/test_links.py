from __future__ import annotations

from dataclasses import replace

import pytest

from covgov.publish.render.parts.links import diff_links, no_link
from covgov_testing.builders.publish import PULL_REQUEST, PUSH

PAGE = "https://github.example/acme/shop/pull/7"


def test_a_pull_request_on_github_has_links_to_its_diff() -> None:
    link = diff_links(replace(PULL_REQUEST, change_url=PAGE))
    assert link("a.py", "3-4").startswith(f"{PAGE}/files#diff-")
    assert link("a.py", "3-4").endswith("R3-R4")


def test_a_path_that_is_no_text_has_a_link_too() -> None:
    assert diff_links(replace(PULL_REQUEST, change_url=PAGE))("\udcff.py", "3").endswith("R3")


@pytest.mark.security
@pytest.mark.parametrize("page", ["", "javascript:alert(1)", f"{PAGE}) ![x](y", f"{PAGE}\nforged"])
def test_only_a_plain_address_becomes_a_link(page: str) -> None:
    assert diff_links(replace(PULL_REQUEST, change_url=page)) is no_link


def test_elsewhere_there_is_none() -> None:
    assert diff_links(PUSH) is no_link
    assert diff_links(replace(PULL_REQUEST, system="gitlab", change_url=PAGE)) is no_link
