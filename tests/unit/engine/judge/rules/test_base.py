from __future__ import annotations

from covgov_testing.builders.policy import found, good, knowing, told


def test_what_is_uncertain_about_the_base_is_a_note() -> None:
    assert told(found("base", knowing(good(), notes=("a force push",)))) == [("base", "note", "base")]


def test_a_base_that_is_certain_needs_no_word() -> None:
    assert found("base", good()) == ()
