"""What `covgov init` takes from the settings of other tools, and what it leaves to the reader."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.scaffold.compose import Adoption, Wishes, policy_text
from covgov.scaffold.migration.readers import imported
from covgov.scaffold.migration.setting import percent
from covgov_testing.builders.policy import policy as parsed
from covgov_testing.trees import A_TEST, found, tree

PROJECT = {"setup.py": "", "pkg/__init__.py": "", "tests/test_a.py": A_TEST}
PLACES = [
    *("codecov.yml", ".octocov.yml", "pyproject.toml", ".testcoverage.yml", "package.json"),
    *("jest.config.json", "vitest.config.ts", ".nycrc", ".github/workflows/a.yml"),
]


def codecov(project: str = "", patch: str = "", rest: str = "") -> dict[str, str]:
    return {
        "codecov.yml": f"coverage:\n  status:\n    project: {{default: {{{project}}}}}\n    patch: {{default: {{{patch}}}}}\n{rest}"
    }


TAKEN: Mapping[str, tuple[Mapping[str, str], Mapping[str, object]]] = {
    "Codecov, numbers": (codecov("target: 80%", "target: 75"), {"fail_under": 80, "fail_under_patch": 75}),
    "Codecov, threshold": (
        codecov("target: 80%, threshold: 1.5%", "target: 75%, threshold: 5%"),
        {"fail_under": Decimal("78.5"), "fail_under_patch": 70},
    ),
    "Codecov, auto": (codecov("target: auto, threshold: 1%"), {"max_drop": 1}),
    "Codecov, auto without threshold": (codecov("target: auto"), {"max_drop": 0}),
    "Codecov, in .github": ({".github/codecov.yml": codecov("target: 81")["codecov.yml"]}, {"fail_under": 81}),
    "octocov, a number": ({".octocov.yml": "coverage:\n  acceptable: 60%\n"}, {"fail_under": 60}),
    "octocov, terms": (
        {".octocov.yml": "coverage:\n  acceptable: current >= 61.5% && diff >= -0.5%\n"},
        {"fail_under": Decimal("61.5"), "max_drop": Decimal("0.5")},
    ),
    "octocov, no drop": ({".octocov.yml": "coverage:\n  acceptable: diff >= 0%\n"}, {"max_drop": 0}),
    "diff-cover": ({"pyproject.toml": "[tool.diff_cover]\nfail_under = 85\n"}, {"fail_under_patch": 85}),
    "diff-cover in a workflow": (
        {".github/workflows/ci.yml": "- run: |\n    diff-cover coverage.xml \\\n      --fail-under=86\n"},
        {"fail_under_patch": 86},
    ),
    "go-test-coverage": ({".testcoverage.yml": "threshold:\n  total: 70\n"}, {"fail_under": 70}),
    "jest": (
        {"package.json": '{\n\t"jest": {"coverageThreshold": {"global": {"lines": 82}}}\n}'},
        {"fail_under": 82, "metric": "line"},
    ),
    "jest, statements": (
        {"jest.config.json": '{"coverageThreshold": {"global": {"statements": 83}}}'},
        {"fail_under": 83, "metric": "line"},
    ),
    "jest, code": (
        {
            "jest.config.js": "module.exports = {\n  coverageThreshold: {\n    './x/': {lines: 99},\n    global: { branches: 5, lines: 84 },\n  },\n};\n"
        },
        {"fail_under": 84, "metric": "line"},
    ),
    "vitest": (
        {"vitest.config.ts": "export default { test: { coverage: { thresholds: { lines: 85.5, branches: 70 } } } }\n"},
        {"fail_under": Decimal("85.5"), "metric": "line"},
    ),
    "vitest, everything": (
        {"vite.config.mts": "export default { test: { coverage: { thresholds: { 100: true } } } }\n"},
        {"fail_under": 100, "metric": "line"},
    ),
    "nyc": ({".nycrc": '{"check-coverage": true, "lines": 86}'}, {"fail_under": 86, "metric": "line"}),
    "nyc, its own default": (
        {"package.json": '{"nyc": {"check-coverage": true}}'},
        {"fail_under": 90, "metric": "line"},
    ),
    "c8": ({".c8rc.json": '{"check-coverage": true, "lines": 87}'}, {"fail_under": 87, "metric": "line"}),
    "coverage.py decides before another tool, whose metric is not taken": (
        {".coveragerc": "[report]\nfail_under = 92\n", ".nycrc": '{"check-coverage": true, "lines": 86}'},
        {"fail_under": 92},
    ),
}


@pytest.mark.parametrize("case", TAKEN)
def test_bars_become_keys_of_the_policy(case: str) -> None:
    files, expected = TAKEN[case]
    gate = parsed(policy_text(found({**PROJECT, **files}), Wishes(), None)).gate
    usual = {"fail_under": 80, "fail_under_patch": None, "max_drop": 2, "metric": "combined"}
    assert {key: getattr(gate, key) for key in usual} == {**usual, **expected}


LEFT: Mapping[str, tuple[Mapping[str, str], str]] = {
    "Codecov, patch auto": (codecov(patch="target: auto"), "patch target auto"),
    "Codecov, an unknown target": (codecov("target: most"), "project target most"),
    "Codecov, another status": (
        {"codecov.yml": "coverage:\n  status:\n    project:\n      api: {target: 90}\n"},
        "status project.api",
    ),
    "Codecov, informational": (codecov("target: 80, informational: true"), "project informational"),
    "Codecov, ignore": (codecov(rest="ignore: [docs]\n"), "ignore"),
    "octocov, an expression": (
        {".octocov.yml": "coverage:\n  acceptable: current > prev || diff >= 0\n"},
        "coverage.acceptable `current > prev || diff >= 0`",
    ),
    "jest, a place": (
        {"package.json": '{"jest": {"coverageThreshold": {"./src/": {"lines": 82}}}}'},
        "jest threshold of ./src/",
    ),
    "jest, branches": (
        {"jest.config.json": '{"coverageThreshold": {"global": {"branches": 70}}}'},
        "jest branches 70 %",
    ),
    "jest, functions": ({"jest.config.json": '{"coverageThreshold": {"global": {"functions": 70}}}'}, "jest functions"),
    "jest, uncovered": ({"jest.config.json": '{"coverageThreshold": {"global": {"lines": -10}}}'}, "jest lines -10"),
    "vitest, computed": ({"vitest.config.ts": "thresholds: { lines: limits.lines }\n"}, "vitest thresholds"),
    "go, a file": ({".testcoverage.yml": "threshold: {file: 50}\n"}, "threshold file 50"),
    "diff-cover, exclude": ({"pyproject.toml": '[tool.diff_cover]\nexclude = ["a.py"]\n'}, "diff_cover exclude"),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_has_no_equal_is_named_with_what_to_do(case: str) -> None:
    files, what = LEFT[case]
    decisions = found({**PROJECT, **files}).decisions
    (left,) = [one for one in decisions if one.about.startswith("not taken") and one.value == what]
    assert left.why
    assert parsed(policy_text(found({**PROJECT, **files}), Wishes(), None)).gate.max_drop == 2


def test_of_two_tools_the_first_decides_and_the_other_is_named() -> None:
    files = {**PROJECT, **codecov("target: 80%", "target: 75"), ".octocov.yml": "coverage:\n  acceptable: 60%\n"}
    told = {one.about: (one.value, one.why) for one in found(files).decisions}
    assert told["wanted"] == ("80 %", "project target 80 % in codecov.yml")
    assert told["fail_under_patch"] == ("75", "patch target 75 % in codecov.yml")
    assert told["not taken from .octocov.yml"] == (
        "coverage.acceptable `60%`",
        "decided by project target 80 % in codecov.yml",
    )


def test_thresholds_that_are_not_checked_are_no_bar() -> None:
    assert imported(tree({".nycrc": '{"check-coverage": false, "lines": 86}'})) == ()


def test_a_wanted_bar_and_a_measured_one_keep_what_else_is_stated() -> None:
    files = {**PROJECT, **codecov("target: 80%", "target: 75%")}
    wanted = parsed(policy_text(found(files), Wishes(fail_under=Decimal(60)), None)).gate
    assert (wanted.fail_under, wanted.fail_under_patch) == (Decimal(60), Decimal(75))
    adoption = Adoption(Decimal(41), {"pkg": Decimal(41)})
    measured = parsed(policy_text(found(files), Wishes(), adoption)).gate
    assert (measured.fail_under, measured.fail_under_patch) == (Decimal(41), Decimal(75))


@given(place=st.sampled_from(PLACES), text=st.text(max_size=60))
def test_any_text_is_settings_or_none(place: str, text: str) -> None:
    for setting in imported(tree({place: text})):
        assert bool(setting.key) != bool(setting.why)


@pytest.mark.security
@pytest.mark.parametrize(
    "text", ["{" * 2000, "[" * 2000, "- " * 2000, "&a [*a]", "a: &a {<<: *a}", "!!python/name:os.system"]
)
def test_hostile_yaml_is_no_setting(text: str) -> None:
    assert imported(tree({"codecov.yml": text})) == ()


@pytest.mark.parametrize("value", [True, None, [], "NaN", "1e999", "-1", "100.1", "auto", "", "80 %%"])
def test_only_shares_are_percentages(value: object) -> None:
    assert percent(value) is None


def test_percentages_have_no_exponent() -> None:
    assert [f"{percent(value):f}" for value in ("80.0%", 100, 1e-7, " 7 % ")] == ["80", "100", "0.0000001", "7"]
