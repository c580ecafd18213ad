from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from covgov.cli.main import main
from covgov.cli.world import World
from covgov.judge.registry import PAGES

POLICY = """
[policy]
fail_under = 80.50
[suites.api]
tests = ["tests/api"]
[suites.auth]
command = ["make", "auth", "JUNIT={junit}"]
[components.api]
paths = ["src/api/**"]
suite = "api"
[components.auth]
paths = ["src/auth/**"]
[[components.api.rules]]
scope = "file"
min = 50
[[components.api.rules]]
scope = "file"
paths = ["src/api/core/**"]
min = 95
max_uncovered = 3
[[components.api.rules]]
attribute = "security"
max = 99
[notify]
on_drop = ["${SLACK_URL}", "https://hooks.example.invalid/T0/secret", "team@example.invalid"]
[register]
max_term_days = 90
[history]
since = 2026-01-01
"""


class Called:
    """`covgov ARGS` in a directory that holds this policy."""

    def __init__(self, root: Path, *args: str, text: str | None = POLICY) -> None:
        for path in ("src/api/core/x.py", "src/api/x.py", "docs/x.md"):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).touch()
        if text is not None:
            (root / "covgov.toml").write_text(text, encoding="utf-8")
        out, err = StringIO(), StringIO()
        env = {"SLACK_URL": "https://hooks.example.invalid/other", "PATH": "/usr/bin:/bin"}
        world = World(root, env, lambda: datetime(2026, 11, 22, tzinfo=UTC), out, err)
        self.code = main(args, world)
        self.out, self.err = out.getvalue(), err.getvalue()


def test_show_prints_what_is_in_force_and_marks_defaults(tmp_path: Path) -> None:
    called = Called(tmp_path, "policy", "show")
    assert called.code == 0
    rows = called.out.splitlines()
    assert "policy.fail_under = 80.50" in rows
    assert any(row.startswith("policy.max_drop = 2 ") and row.endswith("# default") for row in rows)
    assert "suites.api.tests = tests/api" in rows
    assert "suites.auth.command = make, auth, JUNIT={junit}" in rows
    assert "components.api.rules = 3, in the bars below" in rows
    assert (
        "components.api.rules[1]: file api, total, combined, paths src/api/core/**: at least 95 % and at most 3 units"
        in rows
    )
    assert "components.api.rules[2]: component api, total, line, reached by security tests: at most 99 %" in rows
    assert rows[-1].startswith("policy hash ")
    assert called.err == ""


@pytest.mark.parametrize("shared", [False, True], ids=["covgov.toml", "pyproject.toml"])
def test_only_keys_that_are_not_written_are_marked_as_defaults(tmp_path: Path, *, shared: bool) -> None:
    body = "[policy]\nmax_drop = 2\n[suites.api]\n[components.api]\npaths = ['a/**']\n"
    if shared:
        (tmp_path / "pyproject.toml").write_text(f"\n{body}".replace("\n[", "\n[tool.covgov."), "utf-8")
    called = Called(tmp_path, "policy", "show", text=None if shared else body)
    marked = {row.split(" = ")[0]: row.endswith("# default") for row in called.out.splitlines() if " = " in row}
    assert not marked["policy.max_drop"]
    assert not marked["components.api.paths"]
    assert marked["suites.api.tests"]
    assert marked["policy.fail_under"]
    assert marked["components.api.suite"]


@pytest.mark.security
def test_secrets_are_neither_filled_in_nor_printed(tmp_path: Path) -> None:
    for args in (["policy", "show"], ["policy", "show", "--json"]):
        called = Called(tmp_path, *args)
        assert "${SLACK_URL}" in called.out
        assert "https://(hidden)" in called.out
        assert "team@example.invalid" in called.out
        assert "secret" not in called.out
        assert "other" not in called.out


def test_show_as_json_is_versioned(tmp_path: Path) -> None:
    document = json.loads(Called(tmp_path, "policy", "show", "--json").out)
    assert (document["format"], document["version"]) == ("covgov-policy", 1)
    assert document["settings"]["policy.fail_under"] == "80.50"
    assert "policy.max_drop" in document["defaults"]
    assert "policy.fail_under" not in document["defaults"]
    assert document["bars"][0]["min"] == "80.50"


def test_show_schema_needs_no_policy(tmp_path: Path) -> None:
    called = Called(tmp_path, "policy", "show", "--schema", text=None)
    assert called.code == 0
    assert json.loads(called.out)["title"] == "Policy"


def test_explain_names_component_suite_bars_and_the_winner(tmp_path: Path) -> None:
    rows = Called(tmp_path, "policy", "explain", "./src/api/core/x.py").out.splitlines()
    assert rows[0] == "src/api/core/x.py"
    assert rows[1] == "  component api (src/api/**), measured by suite api"
    assert any(
        row.startswith("  components.api.fail_under: component api, total, combined: at least 80.50 %") for row in rows
    )
    assert any("components.api.rules[0]" in row and "does not apply" in row for row in rows)
    assert any("components.api.rules[1]" in row and "applies: the most specific" in row for row in rows)
    assert not any("components.auth" in row for row in rows)


def test_explain_says_when_nobody_claims_a_path(tmp_path: Path) -> None:
    called = Called(tmp_path, "policy", "explain", "docs/x.md")
    assert "belongs to no component" in called.out
    assert "policy.fail_under: project" in called.out


def test_explain_refuses_a_path_that_does_not_exist(tmp_path: Path) -> None:
    called = Called(tmp_path, "policy", "explain", "src/api/typo.py")
    assert (called.code, called.out) == (2, "")
    assert called.err.startswith("covgov: error: there is no src/api/typo.py in ")
    assert "[path-unknown]" in called.err


def test_explain_as_json(tmp_path: Path) -> None:
    document = json.loads(Called(tmp_path, "policy", "explain", "src/api/x.py", "--json").out)
    assert document["format"] == "covgov-policy-explanation"
    assert document["components"] == [{"name": "api", "suite": "api", "matched": "src/api/**"}]
    assert [(bar["key"], bar["applies"]) for bar in document["file_bars"]] == [("components.api.rules[0]", True)]


def test_without_a_policy_the_exit_code_is_3(tmp_path: Path) -> None:
    called = Called(tmp_path, "policy", "show", text=None)
    assert (called.code, called.out) == (3, "")
    assert "[policy-missing]" in called.err


def test_every_fault_is_printed(tmp_path: Path) -> None:
    called = Called(tmp_path, "policy", "show", text="[policy]\nfail_undr = 1\nmax_drop = -1\n")
    assert called.code == 3
    assert "  covgov.toml:2: policy.fail_undr: is not a known key: did you mean fail_under?" in called.err
    assert "  covgov.toml:3: policy.max_drop: must lie between 0 and 100, not -1" in called.err


def test_the_page_of_a_rule_is_printed_without_a_policy(tmp_path: Path) -> None:
    called = Called(tmp_path, "policy", "rule", "max-drop", text=None)
    assert (called.code, called.out) == (0, PAGES["max-drop"].markdown)


def test_without_a_rule_all_are_listed(tmp_path: Path) -> None:
    called = Called(tmp_path, "policy", "rule", text=None)
    assert [line.split()[0] for line in called.out.splitlines()] == list(PAGES)


def test_an_unknown_rule_is_a_usage_error(tmp_path: Path) -> None:
    called = Called(tmp_path, "policy", "rule", "bars", text=None)
    assert (called.code, called.out) == (2, "")
    assert "no rule is called 'bars'" in called.err
    assert "[rule-unknown]" in called.err


@pytest.mark.parametrize("args", [["policy", "--help"], ["policy", "show", "--help"], ["policy", "explain", "--help"]])
def test_help_has_an_example(args: list[str], tmp_path: Path) -> None:
    called = Called(tmp_path, *args)
    assert called.code == 0
    assert "Example:" in called.out
