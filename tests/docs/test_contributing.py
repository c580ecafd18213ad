"""What contributors get works: paths and targets of CONTRIBUTING.md, issue forms, CODEOWNERS, pre-commit hooks."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from covgov.vcs import codeowners

CHECKOUT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
GUIDE = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FORMS = sorted((CHECKOUT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
OWNERS = (CHECKOUT / ".github" / "CODEOWNERS").read_text(encoding="utf-8")
HOOKS = YAML(typ="safe").load((CHECKOUT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=True)
    return [name.decode() for name in listed.stdout.split(b"\0") if name]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:src|tests|docs)/[\w./]+)`", GUIDE))))
def test_a_file_to_touch_exists(path: str) -> None:
    folder_or_file = path.replace("NAME.py", "")
    assert any(name.startswith(folder_or_file) for name in tracked())


@pytest.mark.parametrize("path", re.findall(r"^    \.venv/bin/pytest (\S+)", GUIDE, re.MULTILINE))
def test_the_tests_that_are_run_as_an_example_exist(path: str) -> None:
    assert (CHECKOUT / path).exists()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|^    )make ([a-z0-9-]+)", GUIDE, re.MULTILINE))))
def test_a_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def form_is_valid(path: Path) -> bool:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-issue-forms", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_an_issue_form_is_what_github_describes(path: Path) -> None:
    assert form_is_valid(path)


def test_a_broken_form_is_found(tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("name: x\ndescription: y\nbody:\n  - type: essay\n")
    assert len(FORMS) == 2
    assert not form_is_valid(tmp_path / "broken.yml")


def unmatched(text: str, paths: list[str]) -> list[str]:
    """Lines of a CODEOWNERS file that own none of the paths."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    owners = {line: codeowners.parse(line) for line in lines}
    return [line for line in lines if not any(map(owners[line].owner_of, paths))]


def test_every_line_of_codeowners_owns_a_file() -> None:
    assert unmatched(OWNERS, tracked()) == []


def test_a_line_that_owns_nothing_is_found() -> None:
    assert unmatched("* @a\n/absent/ @a\n", ["README.md"]) == ["/absent/ @a"]


@pytest.mark.security
@pytest.mark.parametrize(
    "path",
    [
        "covgov.toml",
        ".coveragerc",
        ".github/CODEOWNERS",
        ".github/workflows/tests.yml",
        "scripts/coverage/regression_guard.py",
        "tests/docs/test_framework_upgrades/coverage_exceptions.md",
    ],
)
def test_what_decides_the_gate_has_a_line_of_its_own(path: str) -> None:
    named = "\n".join(line for line in OWNERS.splitlines() if line.startswith("/"))
    assert path in tracked()
    assert codeowners.parse(named).owner_of(path) != ""


def test_hooks_run_the_pinned_tools_with_the_arguments_of_make_check() -> None:
    check = (CHECKOUT / "scripts" / "check.py").read_text(encoding="utf-8")
    commands = [shlex.split(hook["entry"]) for repo in HOOKS for hook in repo["hooks"]]
    assert {repo["repo"] for repo in HOOKS} == {"local"}
    assert [program for program, *_ in commands if not (BIN / Path(program).name).is_file()] == []
    assert {Path(program).parent for program, *_ in commands} == {Path(".venv/bin")}
    assert [program for program, *_ in commands if f'"{Path(program).name}"' not in check] == []


@pytest.mark.parametrize(
    "path", ["README.md", *sorted(f"docs/{page.name}" for page in (CHECKOUT / "docs").glob("*.md"))]
)
def test_nothing_installs_covgov_itself_from_an_index_before_there_is_a_release(path: str) -> None:
    assert re.findall(r"pip install (?:\S+ )*covgov(?![\w/\[])", (CHECKOUT / path).read_text(encoding="utf-8")) == []


def test_the_readme_begins_with_a_sentence_and_a_picture() -> None:
    first = (CHECKOUT / "README.md").read_text(encoding="utf-8").split("\n## ")[0]
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", first)
    assert [picture for picture in pictures if (CHECKOUT / picture).is_file()] == [
        "docs/portfolio/images/pull-request.png"
    ]
