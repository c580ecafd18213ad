from __future__ import annotations

from covgov.publish.registry import RENDERERS
from covgov_testing.builders import verdict as build


def test_a_renderer_is_found_under_its_own_name_in_the_order_of_help() -> None:
    assert list(RENDERERS) == ["text", "json", "markdown", "github", "gitlab", "junit", "sarif"]
    assert all(renderer.name == name for name, renderer in RENDERERS.items())


def test_every_renderer_ends_its_text_with_one_newline() -> None:
    texts = [renderer(build.verdict(build.finding())) for renderer in RENDERERS.values()]
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in texts)
