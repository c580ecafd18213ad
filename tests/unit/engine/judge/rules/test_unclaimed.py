from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from covgov.judge.view import PatchFacts, PolicyView
from covgov.model.run import Baseline
from covgov_testing.builders.coverage import snap
from covgov_testing.builders.policy import API, AUTH, BOTH, RECEIPT, TWO, found, good, knowing, measured, policy, view

REST = TWO + '[components.others]\nsuite = "api"\nrest = true\n'
WHOLE = snap({**API.files, **AUTH.files, "b.py": "+-", "c.py": "+", "d.py": "+", "e.py": "..", "f.py": "-"})


def test_units_in_no_component_are_one_note_with_their_number_and_first_files() -> None:
    (finding,) = found("unclaimed", replace(good(), project=measured(WHOLE)))
    words = "project: 5 of 110 units are in no component, in 5 files: b.py, c.py, d.py and 2 more"
    assert (finding.effect, finding.message) == ("note", words)


def test_nothing_is_left_beside_a_component_of_the_rest_or_without_such_units() -> None:
    assert found("unclaimed", view(policy(REST), BOTH, project=WHOLE)) == ()
    assert found("unclaimed", good()) == ()


def bringing(added: Sequence[str], given: PolicyView) -> PolicyView:
    made = knowing(given, files=["src/api/a.py", "lib/old.py", *added], added=added)
    return replace(made, patch=PatchFacts({}, API))


def test_a_new_folder_with_source_that_no_component_claims_is_a_note() -> None:
    added = ["pkg/a.py", "pkg/b.py", "web/main.ts"]
    (finding,) = found("unclaimed", bringing(added, good()))
    assert finding.message == "project: 3 new source files in no component and in no report: pkg/, web/"
    assert found("unclaimed", bringing(added, view(policy(REST), BOTH))) == (finding,)


def test_new_files_in_old_folders_claimed_ones_tests_and_data_are_none() -> None:
    added = ["lib/new.py", "src/api/x/new.py", "tests/new.py", "docs/a.md"]
    assert found("unclaimed", bringing(added, good())) == ()


def test_a_new_file_beside_measured_ones_is_a_note_though_the_rest_would_claim_it() -> None:
    given = bringing(["lib/new.py"], view(policy(REST), BOTH))
    assert found("unclaimed", given) == ()
    beside = replace(given, patch=PatchFacts({}, snap({**API.files, "lib/old.py": "+"})))
    (finding,) = found("unclaimed", beside)
    assert finding.message == "project: 1 new source file in no component and in no report: lib/"
    assert finding.hint == "measure them, and add them to the `paths` of a component"


def test_a_file_of_no_component_that_fell_out_of_the_measurement_is_a_note() -> None:
    before = Baseline(RECEIPT, {"api": snap({"tools/t.py": "-"})})
    (finding,) = found("unclaimed", knowing(good(), baseline=before, files=["tools/t.py"]))
    assert "still here, in no report any more: tools/t.py" in finding.message


def test_only_the_changes_own_policy_says_what_is_left() -> None:
    made = replace(good(), project=measured(WHOLE))
    assert found("unclaimed", replace(made, base=True)) == ()
