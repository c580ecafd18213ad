"""The plan's boxes and criteria name tests that exist; what counts as proof is proof."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from covgov_testing.act import CHECKOUT
from covgov_testing.evidence import proof

PLAN = CHECKOUT / "tests" / "docs" / "test_framework_upgrades" / "phase_r5_plan.md"
CLAIMS = proof.claims(PLAN.read_text(encoding="utf-8"))
CASE = '<testcase classname="tests.test_it" name="{name}" time="0.1">{inner}</testcase>'
WANTED = [("tests/test_it.py", "test_one")]


def test_there_are_six_boxes_and_five_criteria() -> None:
    assert [claim.number for claim in CLAIMS] == [*(f"B{n}" for n in range(1, 7)), *(f"E{n}" for n in range(1, 6))]


def test_the_plan_begins_with_milestones_that_have_every_box_and_criterion_once() -> None:
    text = PLAN.read_text(encoding="utf-8")
    summary = text.partition("## Milestones\n")[2].partition("\n## ")[0]
    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[0] == "Milestones"
    rows = re.findall(r"^\| M\d \| [^|]+ \| done \| ([^|]+) \| [^|]+ \|$", summary, re.MULTILINE)
    assert sorted(", ".join(rows).split(", ")) == sorted(claim.number for claim in CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.number)
def test_every_claim_names_tests_that_are_there(claim: proof.Claim) -> None:
    inventory = (CHECKOUT / "tests" / "inventory.txt").read_text(encoding="utf-8").split()
    assert claim.tests
    for module, function in claim.tests:
        assert module in inventory
        assert function in proof.defined(CHECKOUT / module)


def recorded(root: Path, *cases: str) -> Path:
    """A repository with one test module, and a record of a run that began a second after it was written."""
    (root / "src").mkdir()
    (root / "tests").mkdir()
    (root / "tests" / "test_it.py").write_text("def test_one() -> None: ...\n")
    os.utime(root / "tests" / "test_it.py", (1000, 1000))
    record = root / ".cache" / "ran" / "unit.xml"
    record.parent.mkdir(parents=True)
    said = f'name="pytest" tests="{len(cases)}" timestamp="1970-01-01T00:16:41+00:00"'
    record.write_text(f"<testsuites><testsuite {said}>{''.join(cases)}</testsuite></testsuites>")
    return record


def unproven(root: Path, there: int = 1) -> Mapping[str, str]:
    return proof.unproven(WANTED, root, {WANTED[0]: there})


def test_what_ran_and_passed_is_proof(tmp_path: Path) -> None:
    passed = [CASE.format(name=name, inner="") for name in ("test_one[a]", "test_one[b]", "test_other")]
    recorded(tmp_path, *passed)
    assert unproven(tmp_path, 2) == {}


def test_a_case_that_was_deselected_is_missed(tmp_path: Path) -> None:
    recorded(tmp_path, CASE.format(name="test_one[a]", inner=""))
    assert unproven(tmp_path, 2) == {"tests/test_it.py::test_one": "only 1 of its 2 cases ran"}


@pytest.mark.parametrize("inner", ['<failure message="x"/>', '<error message="x"/>', '<skipped message="x"/>'])
def test_one_case_that_did_not_pass_is_no_proof(tmp_path: Path, inner: str) -> None:
    recorded(tmp_path, CASE.format(name="test_one[a]", inner=""), CASE.format(name="test_one[b]", inner=inner))
    assert unproven(tmp_path) == {"tests/test_it.py::test_one": "it was skipped, or failed"}


def test_a_test_that_no_tier_ran_is_no_proof(tmp_path: Path) -> None:
    recorded(tmp_path, CASE.format(name="test_one_and_more", inner=""))
    assert unproven(tmp_path) == {"tests/test_it.py::test_one": "no tier ran it"}


@pytest.mark.parametrize(
    "changed",
    [
        *("tests/test_it.py", ".github/workflows/tests.yml", "covgov.toml", "noxfile.py"),
        *("docs/secrets.md", "docs/metrics/grafana.json", "docs/portfolio/coverage_memo.md.jinja", "README.md"),
        *("tests/docs/12-test-commands.md", "src/covgov/policy/covgov.schema.json", "scripts/coverage_baseline.sh"),
    ],
)
def test_what_was_changed_after_the_session_began_is_not_proven_by_it(tmp_path: Path, changed: str) -> None:
    record = recorded(tmp_path, CASE.format(name="test_one", inner=""))
    os.utime(record, (5000, 5000))  # written when the session ended, after the change
    path = tmp_path / changed
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("# changed\n")
    os.utime(path, (1000, 1000))
    assert unproven(tmp_path) == {}
    os.utime(path, (1002, 1002))
    assert unproven(tmp_path) == {"tests/test_it.py::test_one": "sources or tests changed since it ran"}


def test_cases_are_counted_as_pytest_collects_them_when_nothing_is_deselected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = "import pytest\n@pytest.mark.parametrize('x', ['a::b', '[c]'])\ndef test_two(x): ...\ndef test_one(): ...\n"
    (tmp_path / "test_it.py").write_text(two)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k test_one")
    assert proof.collected(["test_it.py"], tmp_path) == {("test_it.py", "test_two"): 2, ("test_it.py", "test_one"): 1}


@pytest.mark.security
def test_no_setting_of_pytest_hides_what_is_collected(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_one(): ...\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\nverbosity_test_cases = -2\n")
    assert proof.collected(["test_it.py"], tmp_path) == {("test_it.py", "test_one"): 1}


@pytest.mark.security
def test_a_record_of_a_session_to_come_is_no_proof(tmp_path: Path) -> None:
    record = recorded(tmp_path, CASE.format(name="test_one", inner=""))
    record.write_text(re.sub(r'timestamp="\d+', 'timestamp="2999', record.read_text()))
    assert unproven(tmp_path) == {"tests/test_it.py::test_one": "its record is of a session that is yet to come"}


@pytest.mark.security
def test_a_session_that_only_set_its_tests_up_is_no_proof(tmp_path: Path) -> None:
    record = recorded(tmp_path, CASE.format(name="test_one", inner=""))
    record.write_text(re.sub(r'tests="\d+"', 'tests="0"', record.read_text()))
    assert unproven(tmp_path) == {"tests/test_it.py::test_one": "no tier ran it"}


def test_every_tier_leaves_a_record_and_the_proof_comes_last() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    assert f"PYTEST = $(BIN)/python -m pytest -q --junitxml={proof.RECORDS}/$@.xml\n" in makefile
    assert re.search(r"^test: .* proven$", makefile, re.MULTILINE)
    assert re.search(r"^proven: export COVGOV_PROVE = proven$", makefile, re.MULTILINE)


def test_the_landing_gate_leaves_out_only_what_the_main_job_is_proven_to_have_run() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    assert "test: check $(if $(GOVERNED),governed,unit contracts) " in makefile
    assert re.search(r"^governed: export COVGOV_PROVE = governed$", makefile, re.MULTILINE)
    suites = tomllib.loads((CHECKOUT / "covgov.toml").read_text(encoding="utf-8"))["suites"]
    for suite in suites.values():  # as in PYTEST above: nothing that makes tests milder than the tier would
        assert suite.keys() == {"tests", "args"}
        assert suite["args"] == ["-q", "-n", "2", "-p", "no:schemathesis"]
    gate = (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(
        r"^(?:env -u CI )?make govern\n(?:#.*\n)*rm -rf .cache/ran\nmake test-all GOVERNED=1$", gate, re.MULTILINE
    )
