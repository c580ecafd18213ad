from __future__ import annotations

from dataclasses import replace

import pytest

from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Effect
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.policy import (
    AUTH,
    found,
    good,
    measured,
    policy,
    view,
)


@pytest.mark.parametrize(
    ("snapshot", "words"),
    [
        (None, "not measured: its report is missing"),
        (snap({}), "no file in the report of suite api matches src/api/**"),
        (snap({"src/api/a.py": "..", "src/api/b.py": ""}), "nothing to count in 2 files (combined)"),
    ],
)
def test_nothing_measured_is_never_green(snapshot: Snapshot | None, words: str) -> None:
    made = view(policy(), {"auth": AUTH} if snapshot is None else {"api": snapshot, "auth": AUTH})
    (finding,) = found("empty", made)
    assert finding.effect is Effect.UNDETERMINED
    assert finding.message == f"api: {words}"


def test_a_project_without_a_merge_is_undetermined() -> None:
    made = replace(good(), project=measured(None))
    assert found("empty", made)[0].message == "project: not measured: its suite did not arrive"
