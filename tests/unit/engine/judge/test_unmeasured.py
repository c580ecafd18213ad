from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from covgov.judge.facts import Facts
from covgov.judge.unmeasured import changed_files, is_test, unreported, vanished, vanished_unclaimed
from covgov.model.run import Baseline
from covgov.model.snapshot import Snapshot
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.policy import API, AUTH, RECEIPT, TWO, facts, policy


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


def changing(paths: Sequence[str], added: Sequence[str] = (), renames: Mapping[str, str] | None = None) -> Facts:
    known = facts({"api": API, "auth": AUTH})
    return replace(known, changed=dict.fromkeys(paths, 0b1110), added=added, renames=renames or {})


def test_a_new_source_file_of_any_kind_is_missing_from_the_report() -> None:
    new = ["src/api/new.ts", "src/api/new.py", "src/api/data.json", "src/api/README.md", "src/api/py.typed"]
    assert changed_files(policy(), changing(new, added=new)) == ("src/api/new.py", "src/api/new.ts")


def test_declarations_and_settings_are_no_source() -> None:
    new = ["src/api/new.d.ts", "src/api/vite.config.ts", "src/api/lib.min.js", "src/api/page.css"]
    assert changed_files(policy(), changing(new, added=new)) == ()


def test_an_old_file_counts_only_if_its_kind_is_measured() -> None:
    assert changed_files(policy(), changing(["src/api/old.ts", "src/api/old.py"])) == ("src/api/old.py",)


def test_a_file_that_is_moved_into_a_component_is_new_to_it() -> None:
    moved = changing([], renames={"web/a.ts": "src/api/a.ts", "src/api/b.ts": "src/api/c.ts"})
    assert changed_files(policy(), moved) == ("src/api/a.ts",)


def test_the_rest_claims_only_what_is_measured() -> None:
    rest = policy(TWO + '[components.others]\nsuite = "api"\nrest = true\n')
    assert changed_files(rest, changing(["lib/new.py"], added=["lib/new.py"])) == ()
    assert unreported(rest, known({"api": API}, ["lib/new.py"]), ()) == {}


def test_old_files_of_another_kind_are_listed_without_tests() -> None:
    files = ["src/api/a.ts", "src/api/a.test.ts", "src/api/test_a.py", "src/api/tests/b.py"]
    assert unreported(policy(), known({"api": API}, files), ()) == {"api": ("src/api/a.ts",)}


@pytest.mark.security
def test_a_folder_of_tests_is_code_where_a_component_claims_it() -> None:
    inside = policy(TWO.replace("[suites.api]", '[suites.api]\ntests = ["src/api", "qa/"]'))
    here = known({}, [])
    assert not is_test(inside, here, "src/api/x.py")
    assert is_test(inside, here, "qa/x.py")


@pytest.mark.security
def test_what_is_called_a_test_and_holds_none_is_code() -> None:
    here = replace(known({"api": API}, ["src/api/a.test.ts"]), testless=["src/api/a.test.ts"])
    assert not is_test(policy(), here, "src/api/a.test.ts")
    assert is_test(policy(), here, "src/api/b.test.ts")
    assert unreported(policy(), here, ()) == {"api": ("src/api/a.test.ts",)}


def test_a_file_that_the_baseline_measured_and_no_report_knows_is_found() -> None:
    before = snap({"src/api/a.py": "+", "src/api/old.py": "+", "tools/t.py": "-", "gone.py": "+"})
    known_ = replace(
        facts({"api": API, "auth": AUTH}),
        baseline=Baseline(RECEIPT, {"api": before}),
        files=["src/api/a.py", "src/api/old.py", "tools/t.py"],
    )
    assert vanished(policy(), known_) == ("src/api/old.py",)
    assert vanished_unclaimed(policy(), known_, API) == ("tools/t.py",)
