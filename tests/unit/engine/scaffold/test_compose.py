"""The files that init writes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from covgov.register.template import EMPTY
from covgov.scaffold.compose import Adoption, Composition, Wishes, beside, compose, policy_text
from covgov.scaffold.coverage_source import with_source
from covgov.scaffold.workflow import JobChoice
from covgov.tamper.coverage_settings import load_settings
from covgov_testing.builders.policy import policy as parsed
from covgov_testing.trees import A_TEST, found, tree

FLAT = {"pkg/__init__.py": "x = 1\n", "tests/test_a.py": A_TEST}
NOT_IGNORED = Wishes(unignored=("/coverage/", "__pycache__/"))
MEASURED = Adoption(Decimal(71), {"pkg": Decimal(71)})


def composed(files: Mapping[str, str], wishes: Wishes = NOT_IGNORED, adoption: Adoption | None = None) -> Composition:
    return compose(tree(files), found(files), wishes, adoption)


def written(files: Mapping[str, str], wishes: Wishes = NOT_IGNORED) -> dict[str, str]:
    return {change.path: change.new for change in composed(files, wishes).changes}


def test_everything_that_a_plain_project_needs_is_written() -> None:
    new = written(FLAT)
    assert list(new) == ["covgov.toml", ".coveragerc", "docs/coverage-exceptions.md", ".gitignore"]
    assert new[".gitignore"] == "/coverage/\n__pycache__/\n"
    assert new[".coveragerc"] == "[run]\nsource =\n    pkg\n"
    assert new["docs/coverage-exceptions.md"] == EMPTY
    policy = parsed(new["covgov.toml"])
    assert policy.gate.fail_under == 80
    assert policy.components["pkg"].paths == ("pkg/**",)


def test_what_was_written_needs_nothing_more() -> None:
    files = FLAT | written(FLAT)
    assert beside(tree(files), "docs/coverage-exceptions.md", (), Wishes()).changes == ()


def test_a_policy_that_init_wrote_is_recognised_whatever_else_it_wrote() -> None:
    files = {**FLAT, "pkg/tests/test_b.py": A_TEST, "pkg/a.py": ""}
    assert written(files)[".coveragerc"].endswith("omit =\n    pkg/tests/*\n")
    after = {**files, **written(files)}
    assert policy_text(found(after), NOT_IGNORED, None) == after["covgov.toml"]


def test_tests_inside_a_package_are_neither_measured_nor_claimed() -> None:
    files = {"pkg/a.py": "", "pkg/tests/test_a.py": A_TEST, "pkg/sub/b.py": ""}
    new = written(files)
    assert "omit =\n    pkg/tests/*\n" in new[".coveragerc"]
    assert parsed(new["covgov.toml"]).components["pkg"].paths == ("pkg/*", "pkg/sub/**")


def test_a_path_of_the_projects_own_is_not_taken_for_the_register() -> None:
    files = {**FLAT, "docs/coverage-exceptions.md": "# Ours\n"}
    new = written(files)
    assert "COVERAGE-EXCEPTIONS.md" in new
    assert "docs/coverage-exceptions.md" not in new
    assert parsed(new["covgov.toml"]).exceptions.path == "COVERAGE-EXCEPTIONS.md"


def test_measured_figures_become_bars() -> None:
    files = {**FLAT, "two/__init__.py": "y = 1\n", "empty/__init__.py": ""}
    adoption = Adoption(
        Decimal(71), {"pkg": Decimal(71), "two": Decimal(60)}, {"tests": ("tests/test_a.py::test_it",)}, EMPTY + "\n"
    )
    done = composed(files, adoption=adoption)
    new = {change.path: change.new for change in done.changes}
    policy = parsed(new["covgov.toml"])
    assert policy.gate.fail_under == 71
    assert {name: one.fail_under for name, one in policy.components.items()} == {"pkg": 71, "two": 60}
    assert policy.suites["tests"].deselect == ("tests/test_a.py::test_it",)
    assert [(one.about, one.value) for one in done.left] == [
        ("bar", "71 %"),
        ("deselect", "tests/test_a.py::test_it"),
        ("component", "empty"),
    ]
    assert new["docs/coverage-exceptions.md"] == EMPTY + "\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (".coveragerc", "[run]\nbranch = True\n", "[run]\nsource =\n    pkg\nbranch = True\n"),
        (".coveragerc", "[report]\nfail_under = 1", "[report]\nfail_under = 1\n\n[run]\nsource =\n    pkg\n"),
        ("setup.cfg", "[coverage:run]\nbranch = True\n", "[coverage:run]\nsource =\n    pkg\nbranch = True\n"),
        (
            "tox.ini",
            "[coverage:report]\nsort = x\n",
            "[coverage:report]\nsort = x\n\n[coverage:run]\nsource =\n    pkg\n",
        ),
        (
            "pyproject.toml",
            "[tool.coverage.report]\nfail_under = 1\n",
            '[tool.coverage.report]\nfail_under = 1\n\n[tool.coverage.run]\nsource = ["pkg"]\n',
        ),
        (
            "pyproject.toml",
            "[tool.coverage.run]  # ours\nbranch = true\n",
            '[tool.coverage.run]  # ours\nsource = ["pkg"]\nbranch = true\n',
        ),
    ],
)
def test_source_is_set_where_coverage_py_reads_it(name: str, text: str, expected: str) -> None:
    settings = load_settings(lambda path: text.encode() if path == name else None)
    assert with_source(settings, text, ("pkg",), ()) == expected


def test_a_file_that_cannot_be_edited_is_left_alone_and_said() -> None:
    files = {**FLAT, "pyproject.toml": "tool.coverage.run = {branch = true}\n"}
    done = composed(files)
    assert "pyproject.toml" not in [change.path for change in done.changes]
    assert any(one.about == "pyproject.toml" and "pkg" in one.why for one in done.left)


def test_source_that_is_set_stays() -> None:
    files = {**FLAT, ".coveragerc": "[run]\nsource_pkgs = pkg\n"}
    assert ".coveragerc" not in written(files)


def test_owners_get_lines_for_what_decides() -> None:
    files = {**FLAT, ".github/CODEOWNERS": "* @team\n/docs/ @writers", ".github/workflows/ci.yml": ""}
    new = written(files)[".github/CODEOWNERS"]
    assert new.splitlines()[-3:] == [
        "/covgov.toml @team",
        "/docs/coverage-exceptions.md @writers",
        "/.github/workflows/ @team",
    ]
    assert ".github/CODEOWNERS" not in written({**files, ".github/CODEOWNERS": new})
    assert ".github/CODEOWNERS" not in written({**files, ".github/CODEOWNERS": "# nobody\n"})


def test_a_workflow_is_written_when_asked_for() -> None:
    assert (
        "branches: [trunk]" in written(FLAT, Wishes(job=JobChoice("detect", "trunk")))[".github/workflows/covgov.yml"]
    )
    there = composed({**FLAT, ".gitlab-ci.yml": "stages: []\n"}, Wishes(job=JobChoice("detect", "main")))
    assert any(one.about == ".gitlab-ci.yml" for one in there.left)


def test_the_workflow_for_forks_waits_for_the_one_that_measures() -> None:
    here, forks = ".github/workflows/covgov.yml", ".github/workflows/covgov-fork.yml"
    wishes = Wishes(job=JobChoice("github", "main", "acme/covgov@v1"))
    new = written(FLAT, wishes)
    assert "name: coverage\n" in new[here]
    assert "workflows: [coverage]\n" in new[forks]
    assert "uses: acme/covgov@v1\n        with:\n          mode: fork\n" in new[forks]
    assert forks in written({**FLAT, here: new[here]}, wishes)
    assert forks not in written({**FLAT, here: "name: another\n"}, wishes)
    left = {one.about: one.why for one in composed({**FLAT, **new}, wishes).left}
    assert left[forks] == "it is there already"
    assert forks not in written(FLAT, Wishes(job=JobChoice("gitlab", "main")))


def test_the_wanted_bar_is_written() -> None:
    assert parsed(written(FLAT, Wishes(fail_under=Decimal("92.5")))["covgov.toml"]).gate.fail_under == Decimal("92.5")
    assert "wanted: 90" in policy_text(found(FLAT), Wishes(fail_under=Decimal(90)), MEASURED)
