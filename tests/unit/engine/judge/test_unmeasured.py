from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from covgov.judge.facts import Facts
from covgov.judge.unmeasured import unreported
from covgov.model.snapshot import Snapshot
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.policy import API, AUTH, facts, policy


def known(snapshots: Mapping[str, Snapshot], files: Sequence[str], blank: Sequence[str] = ()) -> Facts:
    return replace(facts(snapshots), files=files, blank=blank)


def test_files_of_a_component_that_its_suite_does_not_report_are_found() -> None:
    files = ["src/api/a.py", "src/api/z.py", "src/api/b.py", "src/auth/a.py", "docs/x.py"]
    assert unreported(policy(), known({"api": API, "auth": AUTH}, files), ()) == {
        "api": ("src/api/b.py", "src/api/z.py")
    }


def test_a_report_of_another_suite_does_not_count() -> None:
    heads = {"api": API, "auth": snap({**AUTH.files, "src/api/b.py": "+"}, suite="auth")}
    assert unreported(policy(), known(heads, ["src/api/b.py"]), ()) == {"api": ("src/api/b.py",)}


def test_blank_files_other_kinds_and_what_another_finding_names_are_left_out() -> None:
    files = ["src/api/blank.py", "src/api/data.json", "src/api/named.py"]
    assert unreported(policy(), known({"api": API}, files, ["src/api/blank.py"]), {"src/api/named.py"}) == {}


def test_a_suite_that_did_not_arrive_says_nothing_of_its_files() -> None:
    assert unreported(policy(), known({}, ["src/api/b.py"]), ()) == {}
