from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import PolicyInvalid
from covgov.model.ratio import MOST_PLACES
from covgov.model.snapshot import Metric
from covgov.policy import config
from covgov.policy.bars import BarScope, BarUnits
from covgov.policy.delivery import CommentMode, GithubCoverageSettings, GithubDelivery, GithubSettings, Occasion
from covgov_testing.builders.policy import policy

MINIMAL = '[suites.api]\n[components.api]\npaths = ["src/**"]\n'


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(PolicyInvalid) as caught:
        config.parse(text, "covgov.toml")
    return caught.value.faults


def one_fault(text: str) -> str:
    (fault,) = faults(text)
    return fault


def test_a_minimal_file_gets_every_default_and_no_bar() -> None:
    made = policy(MINIMAL)
    assert made.bars == ()
    assert made.gate.attributes == ()
    assert made.gate.max_drop == Decimal(2)
    assert made.exceptions.path == "docs/coverage-exceptions.md"
    api = made.components["api"]
    assert (api.name, api.suite, api.metric, api.fail_under) == ("api", "api", Metric.COMBINED, None)
    assert (made.suites["api"].name, made.expected) == ("api", ("api",))


def test_one_fail_under_is_the_bar_of_project_patch_and_every_component() -> None:
    made = policy("[policy]\nfail_under = 90\n" + MINIMAL)
    assert [(bar.key, bar.min) for bar in made.bars] == [
        ("policy.fail_under", Decimal(90)),
        ("policy.fail_under_patch", Decimal(90)),
        ("components.api.fail_under", Decimal(90)),
    ]


def test_what_a_component_leaves_out_comes_from_the_policy() -> None:
    made = policy(
        '[policy]\nfail_under = 70\nmetric = "line"\n'
        + MINIMAL
        + '[components.b]\npaths = ["b"]\nsuite = "api"\nmetric = "branch"\nfail_under = 60\n'
    )
    found = {name: (one.suite, one.metric, one.fail_under) for name, one in made.components.items()}
    assert found == {"api": ("api", Metric.LINE, Decimal(70)), "b": ("api", Metric.BRANCH, Decimal(60))}


def test_a_patch_can_have_the_only_bar() -> None:
    (bar,) = policy("[policy]\nfail_under_patch = 85\n" + MINIMAL).bars
    assert (bar.key, bar.on, bar.min) == ("policy.fail_under_patch", BarUnits.PATCH, Decimal(85))


def test_a_copy_with_another_value_has_its_own_bars_and_hash() -> None:
    made = policy("[policy]\nfail_under = 90\n" + MINIMAL)
    assert made.bars
    assert made.hash
    other = made.copy(gate=made.gate.copy(fail_under=Decimal(80)))
    assert [bar.min for bar in other.bars[:2]] == [Decimal(80), Decimal(80)]
    assert (
        other.hash
        == policy(
            "[policy]\nfail_under = 80\n[components.api]\npaths = ['src/**']\nfail_under = 90\n[suites.api]\n"
        ).hash
    )


@pytest.mark.security
def test_a_policy_cannot_be_changed() -> None:
    made = policy(MINIMAL)
    with pytest.raises(AttributeError):
        setattr(made.gate, "max_drop", Decimal(100))  # noqa: B010 - mypy knows that it cannot be set


def test_thresholds_are_exactly_what_is_written() -> None:
    made = policy("[policy]\nfail_under = 79.99999999999999999999\n" + MINIMAL)
    assert made.gate.fail_under == Decimal("79.99999999999999999999")


def test_the_patch_bar_follows_fail_under_unless_it_is_written() -> None:
    assert policy("[policy]\nfail_under = 60\n" + MINIMAL).bars[1].min == Decimal(60)
    assert policy("[policy]\nfail_under = 60\nfail_under_patch = 85\n" + MINIMAL).bars[1].min == Decimal(85)


def test_rules_become_bars_and_a_top_level_component_rule_holds_for_every_component() -> None:
    made = policy(
        """
        [suites.a]
        [components.a]
        paths = ["a/**"]
        metric = "line"
        [[components.a.rules]]
        scope = "file"
        paths = ["a/core/**"]
        max_uncovered = 3
        [[components.a.rules]]
        attribute = "security"
        min = 95
        [components.b]
        paths = ["b/**"]
        suite = "a"
        [[rules]]
        scope = "component"
        on = "lost"
        max_uncovered = 0
        [[rules]]
        scope = "project"
        metric = "branch"
        min = 70
        """
    )
    rules = [bar for bar in made.bars if "rules" in bar.key]
    assert [(bar.key, bar.component, bar.scope, bar.on, bar.metric) for bar in rules] == [
        ("rules[0]", "a", BarScope.COMPONENT, BarUnits.LOST, Metric.LINE),
        ("rules[0]", "b", BarScope.COMPONENT, BarUnits.LOST, Metric.COMBINED),
        ("rules[1]", "", BarScope.PROJECT, BarUnits.TOTAL, Metric.BRANCH),
        ("components.a.rules[0]", "a", BarScope.FILE, BarUnits.TOTAL, Metric.LINE),
        ("components.a.rules[1]", "a", BarScope.COMPONENT, BarUnits.TOTAL, Metric.LINE),
    ]
    assert rules[3].paths == ("a/core/**",)


def test_five_faults_give_five_messages_with_their_lines() -> None:
    text = """\
[policy]
fail_undr = 90
max_drop = -1
[suites.api]
tests = "tests"
[components.api]
paths = [
  "src/**",
  "",
]
fail_under = true
"""
    assert faults(text) == (
        "covgov.toml:2: policy.fail_undr: is not a known key: did you mean fail_under?",
        "covgov.toml:3: policy.max_drop: must lie between 0 and 100, not -1",
        "covgov.toml:5: suites.api.tests: must be a list",
        "covgov.toml:7: components.api.paths[1]: must not be an empty pattern",
        "covgov.toml:11: components.api.fail_under: must be a number, not True",
    )


@pytest.mark.parametrize(
    "value",
    [
        "nan",
        "inf",
        "-inf",
        "100.0000001",
        "-0.1",
        "true",
        '"90"',
        "[90]",
        "1e-999999999",
        "9e1",
        "7_9.5",
        f"0.{'1' * (MOST_PLACES + 1)}",
    ],
)
def test_a_threshold_that_is_no_percentage_is_refused(value: str) -> None:
    assert "policy.fail_under: must" in one_fault(f"[policy]\nfail_under = {value}\n{MINIMAL}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MINIMAL.replace('paths = ["src/**"]', ""), "components.api.paths: is required, or rest = true"),
        (MINIMAL.replace('paths = ["src/**"]', "rest = false"), "components.api.paths: is required, or rest = true"),
        (
            MINIMAL.replace('paths = ["src/**"]', 'paths = ["src/**"]\nrest = true'),
            "components.api.rest: claims what no",
        ),
        (
            MINIMAL.replace('paths = ["src/**"]', "rest = true") + '[components.b]\nsuite = "api"\nrest = true\n',
            "components.b.rest: is already set in components.api",
        ),
        (MINIMAL.replace('["src/**"]', "[]"), "components.api.paths: must not be an empty list"),
        (MINIMAL.replace("src/**", "/src/**"), "must be relative to the repository"),
        (MINIMAL.replace("src/**", "./src/**"), "must be relative to the repository"),
        (MINIMAL.replace("src/**", "src/../../**"), "must be relative to the repository"),
        (MINIMAL.replace("src/**", "src/.."), "must be relative to the repository"),
        (MINIMAL.replace("src/**", "**/a/**/a/**/a"), "at most two ** before its last part"),
        (
            MINIMAL.replace("suites.api", "suites.apy"),
            "needs the suite 'api', which is not declared: did you mean 'apy'?",
        ),
        (MINIMAL + "[suites.spare]\n", "suites.spare: measures nothing"),
        (MINIMAL + '[components.b]\nsuite = "api"\npaths = ["src/**"]\n', "src/** is already claimed by api"),
        (MINIMAL + "[[components.api.rules]]\n", "components.api.rules[0]: sets no bar"),
        (MINIMAL + '[[components.api.rules]]\nmin = 1\npaths = ["a"]\n', 'paths need scope = "file"'),
        (MINIMAL + '[[components.api.rules]]\nmin = 1\nscope = "owner"\n', 'scope: "owner" does not belong'),
        (MINIMAL + "[[rules]]\nmin = 1\n", "rules[0]: needs a scope"),
        (MINIMAL + '[[rules]]\nmin = 1\nscope = "fil"\n', "must be one of project, component, file, owner, not 'fil'"),
        (MINIMAL + '[[rules]]\nscope = "project"\nmin = 3\nmax = 2\n', "nothing could pass"),
        (MINIMAL + '[[rules]]\nscope = "project"\nmin = 3\non = "lost"\n', "takes max or max_uncovered"),
        (MINIMAL + '[[rules]]\nscope = "owner"\nmin = 3\non = "patch"\n', 'needs on = "total"'),
        (MINIMAL + '[[rules]]\nscope = "file"\nmin = 3\non = "new"\n', "not per file"),
        (MINIMAL + '[[rules]]\nscope = "project"\nmin = 3\nattribute = "x"\nmetric = "branch"\n', "counts lines"),
        (
            MINIMAL + '[[rules]]\nscope = "project"\nmin = 3\nattribute = "x"\non = "new"\n',
            'an attribute needs on = "total"',
        ),
        (MINIMAL + "[policy]\npatch_allowance = -1\n", "policy.patch_allowance: must not be negative"),
        (MINIMAL + "[policy]\npatch_allowance = true\n", "must be a whole number, not True"),
        (MINIMAL + "[policy]\ncount_deletions = 1\n", "must be true or false"),
        (MINIMAL + '[history]\nsince = "2026-11-22"\n', "must be a date like 2026-11-22, without quotes"),
        (MINIMAL + "[history]\nstores = 3\n", "did you mean store?"),
        (MINIMAL + '[register]\npath = "src/x.py"\n', "must be a Markdown file, ending in .md, not src/x.py"),
        (MINIMAL + '[register]\npath = "../x.md"\n', "must be relative to the repository"),
        (MINIMAL + '[register]\npath = "a/../../x.md"\n', "register.path: must be relative to the repository"),
        (
            MINIMAL + '[publish.github_coverage]\nreport = "a/../../x.xml"\n',
            "publish.github_coverage.report: must be relative to the repository",
        ),
        (MINIMAL + '[register]\npath = "src/x.md"\n', "src/x.md is among the source files of api"),
        (MINIMAL.replace("[suites.api]", '[suites.api]\nreports = "c.xml"'), "reports needs a command that writes it"),
        (MINIMAL.replace("[suites.api]", '[suites.api]\njunit = ["j.xml"]'), "junit needs a command that writes it"),
        (
            MINIMAL.replace("[suites.api]", '[suites.api]\ncommand = ["make"]\nreports = ["/tmp/c.xml"]'),
            "suites.api.reports[0]: must be relative to the repository",
        ),
        (
            MINIMAL.replace("[suites.api]", '[suites.api]\ncommand = ["make"]\ndeselect = ["t.py::a"]'),
            "leave tests out in the command itself",
        ),
        (
            MINIMAL.replace("[suites.api]", '[suites.api]\ncommand = ["make"]\nrunner = "unittest"'),
            "a suite has a runner or a command, not both",
        ),
        (MINIMAL.replace("[suites.api]", '[suites.api]\nrunner = "nose"'), "must be one of pytest, unittest"),
        ("[policy]\npatch_allowance = 1.5\n" + MINIMAL, "must be a whole number"),
        (MINIMAL + "[register]\nfoo = 3\n", "known here: path, max_term_days"),
        (MINIMAL + "[notify]\non_drop = 3\n", "must be text or a list of texts"),
        (MINIMAL + "[publish]\ngithb = 3\n", "publish.githb: is not a known key: did you mean github?"),
        (
            MINIMAL + "[publish.github]\nstate = true\n",
            "publish.github.state: is not a known key: did you mean status?",
        ),
        (MINIMAL + "[publish.github_coverage]\nlang = 3\n", "publish.github_coverage.lang: is not a known key"),
        (MINIMAL + '[publish.github]\ncomment = "yes"\n', "must be one of always, on-change, never, not 'yes'"),
        (MINIMAL + '[publish.github]\nname = "a b"\n', "publish.github.name: is not a usable name"),
        (
            MINIMAL + '[publish.github]\nrequired = ["all"]\n',
            "must be one of comment, suite-comments, status, check-run",
        ),
        (MINIMAL + "[[components.api.rules]]\nmin = 3\nfoo = 1\n", "components.api.rules[0].foo: is not a known key"),
        ("polcy = 3\n" + MINIMAL, "polcy: is not a known key: did you mean policy?"),
        ("[policy]\n", "suites: no suite is declared"),
        ('[suites.a]\n[components.a]\npaths = ["a"]\nsuite = 3\n', "components.a.suite: must be text"),
        (MINIMAL.replace('["src/**"]', '["src/**", 3]'), "components.api.paths[1]: must be text"),
        ("components = 3\n[suites]\n", "components: must be a table"),
        (
            MINIMAL.replace("suites.api", 'suites."../x"').replace("paths", 'suite = "../x"\npaths'),
            "is not a usable name",
        ),
        (
            MINIMAL.replace("suites.api", "suites.merged").replace("paths", 'suite = "merged"\npaths'),
            "is a reserved name",
        ),
    ],
)
def test_each_thing_that_makes_no_sense_is_a_fault(text: str, expected: str) -> None:
    assert any(expected in fault for fault in faults(text))


def test_a_newer_format_is_refused_by_name_and_judged_no_further() -> None:
    assert one_fault("version = 2\nsurprise = 1\n") == (
        "covgov.toml:1: version: format version 2 is newer than this covgov, which reads 1: upgrade covgov"
    )


def test_a_text_that_is_not_toml_names_its_line() -> None:
    with pytest.raises(PolicyInvalid, match=r"covgov\.toml:2: is not TOML") as caught:
        config.parse("[policy]\nfail_under = \n", "covgov.toml")
    assert caught.value.code == "policy-not-toml"


def test_a_text_that_ends_too_early_is_not_toml_either() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        config.parse('a = "', "covgov.toml")
    assert caught.value.code == "policy-not-toml"


@pytest.mark.security
def test_an_integer_that_python_refuses_to_read_is_one_clear_error() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        config.parse(f"[policy]\nfail_under = {'1' * 5000}\n", "covgov.toml")
    assert caught.value.code == "policy-not-toml"


def test_a_register_among_files_that_are_claimed_by_kind_is_no_fault() -> None:
    made = policy(MINIMAL.replace("src/**", "**") + '[register]\npath = "docs/x.md"\n')
    assert made.exceptions.path == "docs/x.md"


def test_other_tools_tables_may_hold_any_number() -> None:
    text = "[tool.x]\na = 1e5\nb = 1_0.5\nc = -inf\n[tool.covgov.suites.api]\n"
    text += "[tool.covgov.components.api]\npaths = ['src/**']\n"
    assert config.load({"pyproject.toml": text.encode()}.get) is not None


def test_secrets_stay_as_they_are_written() -> None:
    made = policy(MINIMAL + '[notify]\non_drop = "${SLACK_URL}"\non_fail = ["a", "b"]\n')
    assert made.notify.targets == {Occasion.DROP: ("${SLACK_URL}",), Occasion.FAIL: ("a", "b")}


def reader(**files: bytes) -> Callable[[str], bytes | None]:
    return lambda path: files.get(path.partition(".")[0])


def test_nobody_wrote_a_policy() -> None:
    assert config.load(reader()) is None
    assert config.load(reader(pyproject=b"[project]\nname = 'covgov'\n")) is None


def test_the_policy_of_pyproject_is_read_with_its_own_lines() -> None:
    text = "[project]\nname = 'x'\n[tool.covgov.suites.api]\n[tool.covgov.components.api]\npaths = ['src/**']\n"
    made = config.load(reader(pyproject=text.encode()))
    assert made is not None
    assert made.expected == ("api",)
    with pytest.raises(PolicyInvalid) as caught:
        config.load(reader(pyproject=(text + "fail_under = 200\n").encode()))
    assert caught.value.faults[0].startswith("pyproject.toml:6: components.api.fail_under")


def test_two_policies_are_refused_unless_one_is_empty() -> None:
    shared = b"[tool.covgov.suites.api]\n[tool.covgov.components.api]\npaths = ['src/**']\n"
    with pytest.raises(PolicyInvalid) as caught:
        config.load(reader(covgov=MINIMAL.encode(), pyproject=shared))
    assert caught.value.code == "policy-twice"
    assert config.load(reader(covgov=b"# moved\n", pyproject=shared)) is not None


def test_an_empty_policy_of_its_own_is_a_fault_and_not_silence() -> None:
    with pytest.raises(PolicyInvalid):
        config.load(reader(covgov=b""))


@pytest.mark.security
def test_a_file_that_is_not_utf8_names_its_line() -> None:
    with pytest.raises(PolicyInvalid, match=r"covgov\.toml:2: is not UTF-8"):
        config.load(reader(covgov=b"a = 1\nb = '\xff'\n"))


def test_the_hash_follows_the_meaning_and_not_the_spelling() -> None:
    bar = "[policy]\nfail_under = 90\n"
    plain = policy(bar + MINIMAL + "[[components.api.rules]]\nmin = 3\n")
    spelled = MINIMAL + 'suite = "api"\nmetric = "combined"\nfail_under = 90\n'
    spelled += '[[components.api.rules]]\nscope = "component"\non = "total"\nmin = 3\n[history]\n[notify]\n'
    assert policy(f"version = 1\n# note\n{bar}fail_under_patch = 90\nmax_drop = 2\n{spelled}").hash == plain.hash
    assert policy(bar + MINIMAL).hash != plain.hash
    assert policy("[policy]\nfail_under = 91\n" + MINIMAL).hash != policy(bar + MINIMAL).hash


def test_every_key_that_judges_is_in_the_hash() -> None:
    plain = policy(MINIMAL).hash
    for key in (
        "policy.max_drop = 1",
        "policy.patch_allowance = 1",
        'policy.metric = "line"',
        "policy.count_deletions = true",
        "policy.soft_start_floor = 1",
        'policy.attributes = ["security"]',
        'policy.default_branch = "trunk"',
        'history.store = "dir:x"',
        "history.since = 2026-01-01",
        'register.path = "x.md"',
        "register.max_term_days = 9",
    ):
        assert policy(f"{key}\n{MINIMAL}").hash != plain, key


@given(st.decimals(min_value=0, max_value=100, allow_nan=False, allow_infinity=False, places=6))
def test_every_percentage_is_read_exactly(value: Decimal) -> None:
    assert policy(f"[policy]\nfail_under = {value:f}\n{MINIMAL}").gate.fail_under == value


@pytest.mark.reliability
@given(st.text(max_size=200))
def test_arbitrary_text_is_one_clear_error(text: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        config.parse(text, "covgov.toml")
    assert caught.value.code in ("policy-not-toml", "policy-faults")


@pytest.mark.security
def test_a_text_that_is_nested_to_exhaust_the_parser_is_one_clear_error() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        config.parse("a = " + "[" * 100_000, "covgov.toml")
    assert caught.value.code == "policy-not-toml"


def test_what_is_published_on_github_is_read() -> None:
    made = policy(
        MINIMAL
        + '[publish.github]\ncomment = "on-change"\nsuite_comments = true\nstatus = false\ncheck_run = true\n'
        + 'name = "gate"\nlogin = "me"\nrequired = ["comment", "check-run"]\n'
        + '[publish.github_coverage]\nreport = "api.xml"\nlanguage = "Go"\nlabel = "l"\nrequired = true\n'
    )
    required = (GithubDelivery.COMMENT, GithubDelivery.CHECK_RUN)
    assert made.publish.github == GithubSettings(
        comment=CommentMode.ON_CHANGE,
        suite_comments=True,
        status=False,
        check_run=True,
        name="gate",
        login="me",
        required=required,
    )
    assert made.publish.github_coverage == GithubCoverageSettings(
        report="api.xml", language="Go", label="l", required=True
    )


def test_where_a_verdict_is_published_is_no_part_of_the_policy_hash() -> None:
    assert policy(MINIMAL + "[publish.github]\nstatus = false\n").hash == policy(MINIMAL).hash
