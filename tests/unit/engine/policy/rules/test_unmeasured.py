from __future__ import annotations

from dataclasses import replace

from covgov.policy.facts import PatchFacts
from covgov_testing.builders_policy import (
    API,
    found,
    good,
    told,
)


def test_a_changed_file_in_no_report_fails() -> None:
    made = replace(good(), patch=PatchFacts({}, API, ("src/api/new.py",)))
    assert told(found("unmeasured", made)) == [("unmeasured", "fail", "src/api/new.py")]
