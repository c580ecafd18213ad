"""The outputs of a CI step."""

from __future__ import annotations

import pytest

from covgov.publish.render.outputs import step_outputs
from covgov_testing.builders.verdict import verdict


@pytest.mark.security
def test_a_path_with_a_line_break_cannot_begin_another_output() -> None:
    text = step_outputs(verdict(), {"verdict": "a\noutcome=pass", "summary": "b"})
    assert [line.partition("=")[0] for line in text.splitlines()] == ["outcome", "components", "summary"]
