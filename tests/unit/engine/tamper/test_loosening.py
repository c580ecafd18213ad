from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.policy.policy import HistorySettings
from covgov.tamper.loosening import loosenings
from covgov_testing.builders.policy import TWO, policy

pytestmark = pytest.mark.security

SINCE = "[history]\nsince = 2026-01-01\n"
TERM = "[register]\nmax_term_days = 30\n"
FILE = '[[rules]]\nscope = "file"\npaths = ["src/**"]\nmin = 80\n'
LIMITS = "[[components.api.rules]]\nmetric = 'line'\nmin = 50\nmax = 99\nmax_uncovered = 5\n"
OTHER_SUITE = TWO.replace('"src/auth/**"]', '"src/auth/**"]\nsuite = "api"').replace("[suites.auth]\n", "")
RENAMED = TWO.replace("components.auth]", 'components.login]\nsuite = "auth"')


EASY = '[suites.easy]\n[components.x]\npaths = ["x/**"]\nsuite = "auth"\n'
DOTTED = TWO.replace("[suites.auth]", '[suites.auth]\ntests = ["./t/unit/", "t/../t/other"]')
TESTS = TWO.replace("[suites.auth]", '[suites.auth]\ntests = ["t/unit", "t/other"]')
COMMAND = TWO.replace("[suites.auth]", '[suites.auth]\ncommand = ["x"]\nreports = "r.xml"\njunit = "j.xml"')
DESELECTED = TWO.replace("[suites.auth]", '[suites.auth]\ndeselect = ["t/a.py::a"]')
MANY = '[[rules]]\nscope = "file"\npaths = ["src/api/**"]\nmax_uncovered = 100\n'
API_FILE = FILE.replace("src/**", "src/api/**").replace("80", "10")


FILES = (
    *("src/api/a.py", "src/auth/a.py", "src/auth/core/b.py", "src/auth/README.md", "src/shared/s.py", "src/a/x.py"),
    *("app/core/a.py", "app/rest/b.py", "app/other.py"),
    *("t/unit/test_a.py", "t/unit/some/test_b.py", "t/other/test_c.py"),
)


def keys(base: str, head: str) -> list[str]:
    return [one.key for one in loosenings(policy(base), policy(head), renames={}, files=FILES)]


def setting(text: str) -> str:
    return TWO.replace("fail_under = 80", f"fail_under = 80\n{text}", 1)


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        (TWO, TWO.replace("= 92", "= 91.9"), ["components.auth.fail_under"]),
        (setting("max_drop = 1"), TWO, ["policy.max_drop"]),
        (TWO, setting("patch_allowance = 1"), ["policy.patch_allowance"]),
        (TWO, setting("fail_under_patch = 79"), ["policy.fail_under_patch"]),
        (setting("count_deletions = true"), TWO, ["policy.count_deletions"]),
        (TWO, setting("soft_start_floor = 70"), ["policy.soft_start_floor"]),
        (setting("soft_start_floor = 70"), setting("soft_start_floor = 60"), ["policy.soft_start_floor"]),
        (setting('default_branch = "main"'), TWO, ["policy.default_branch"]),
        (TWO + SINCE, TWO, ["history.since"]),
        (TWO + SINCE, TWO + SINCE.replace("2026", "2027"), ["history.since"]),
        (TWO, TWO + '[history]\nstore = "dir:elsewhere"\n', ["history.store"]),
        (TWO + TERM, TWO, ["register.max_term_days"]),
        (TWO + TERM, TWO + TERM.replace("30", "31"), ["register.max_term_days"]),
        (TWO, TWO.replace("src/auth/**", "src/auth/core/**"), ["components.auth.paths"]),
        (TWO, OTHER_SUITE, ["components.auth.suite", "suites.auth"]),
        (TWO + FILE, TWO, ["rules[0]"]),
        (TWO + FILE, TWO + FILE + FILE.replace("src/**", "src/api/**").replace("80", "10"), ["rules[1]"]),
        (TWO + LIMITS, TWO + LIMITS.replace("50", "40"), ["components.api.rules[0]"]),
        (TWO + LIMITS, TWO + LIMITS.replace("max = 99\n", ""), ["components.api.rules[0].max"]),
        (TWO + LIMITS, TWO + LIMITS.replace("= 5\n", "= 6\n"), ["components.api.rules[0].max_uncovered"]),
        (TWO + LIMITS, TWO + LIMITS.replace("min = 50\n", ""), ["components.api.rules[0]"]),
    ],
)  # fmt: skip
def test_each_weakening_is_told_by_its_key(base: str, head: str, expected: list[str]) -> None:
    assert keys(base, head) == expected


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (TWO, TWO.replace("= 92", "= 93")),
        (TWO, setting("max_drop = 1")),
        (setting("soft_start_floor = 70"), TWO),
        (setting("soft_start_floor = 70"), setting("soft_start_floor = 70")),
        (TWO, TWO + SINCE),
        (TWO, TWO + TERM),
        (TWO, TWO + FILE),
        (TWO + FILE, TWO + FILE + FILE.replace("src/**", "src/api/**").replace("80", "90")),
        (TWO, TWO.replace('"src/auth/**"', '"src/auth/**", "lib/**"')),
        (TWO.replace("src/auth/**", "src/auth/core/*.py"), TWO),
        (TWO, "# a comment\n" + TWO),
        (TWO, RENAMED),
        (TWO, setting("count_deletions = true")),
        (TWO, setting('default_branch = "main"')),
        (TWO, TWO.replace("[suites.auth]", '[suites.auth]\ntests = ["."]')),
    ],
)
def test_what_is_at_least_as_strict_is_silent(base: str, head: str) -> None:
    assert keys(base, head) == []


def test_a_removed_component_and_its_suite_are_told_once_each() -> None:
    head = TWO.split("[suites.auth]")[0] + '[components.api]\npaths = ["src/api/**"]\n'
    assert keys(TWO, head) == ["components.auth", "suites.auth"]


def test_a_component_that_loses_its_own_rules_with_its_name_is_told() -> None:
    rules = "[[components.auth.rules]]\nmax_uncovered = 5\n"
    assert keys(TWO + rules, TWO.replace("components.auth]", 'components.login]\nsuite = "auth"')) == [
        "components.auth"
    ]


def test_a_path_that_moves_between_components_is_told_by_both() -> None:
    base = TWO.replace('"src/api/**"', '"src/api/**", "src/shared/**"')
    to_auth = TWO.replace('"src/auth/**"', '"src/auth/**", "src/shared/**"')
    assert keys(base, to_auth) == ["components.api.paths", "components.auth.paths"]
    assert keys(to_auth, base) == ["components.api.paths", "components.auth.paths"]


def test_the_message_says_from_what_to_what() -> None:
    (one,) = loosenings(policy(), policy(TWO.replace("= 92", "= 91.90")), renames={}, files=())
    assert one.message == "lowered from 92 to 91.90"
    rule = '[[rules]]\nscope = "project"\nmax_uncovered = 3\n'
    bare = policy(TWO.replace("fail_under = 80\n", "") + rule)
    assert "lowered from 80 to nothing" in {one.message for one in loosenings(policy(), bare, renames={}, files=())}


def test_a_removed_bar_says_which() -> None:
    (one,) = loosenings(policy(TWO + FILE), policy(), renames={}, files=FILES)
    assert one.message == "removed (combined on total for src/**)"


MOVED = TWO.replace("src/auth/**", "src/login/**")


def test_a_directory_that_moved_with_its_glob_is_no_loosening() -> None:
    renames = {"src/auth/a.py": "src/login/a.py"}
    assert not loosenings(policy(), policy(MOVED), renames=renames, files=["src/login/a.py"])


def test_a_file_that_was_left_behind_or_led_away_is_a_loosening() -> None:
    renames = {"src/auth/a.py": "src/login/a.py", "src/auth/b.py": "lib/b.py"}
    assert loosenings(policy(), policy(MOVED), renames=renames, files=["src/login/a.py", "lib/b.py"])
    assert loosenings(policy(), policy(MOVED), renames={}, files=["src/auth/left.py"])


def test_an_earlier_since_is_as_strict() -> None:
    base, head = policy(TWO + SINCE), policy(TWO + SINCE)
    earlier = head.copy(history=HistorySettings(since=date(2025, 1, 1)))
    assert not loosenings(base, earlier, renames={}, files=())


SAME = TWO.replace("= 92", "= 80")
APP = """
[policy]
fail_under = 50
[suites.all]
[components.app]
paths = ["app/**"]
suite = "all"
"""
APP_FILES = "[[components.app.rules]]\nscope = 'file'\nmin = 75\n"
REST = '[components.rest]\npaths = ["app/rest/**"]\nsuite = "all"\n'
NARROWED = APP.replace("app/**", "app/core/**")
WIDE_FILE = '[[rules]]\nscope = "file"\npaths = ["src/**"]\nmin = 80\nmax_uncovered = 5\n'


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        # another component's files, or both components in one
        (SAME, SAME.replace('"src/auth/**"', '"src/auth/**", "src/api/a.py"'), ["components.auth.paths"]),
        # files leave a component's own rules
        (APP + APP_FILES, NARROWED + APP_FILES + REST, ["components.app.paths", "components.app.rules[0]"]),
        (APP, NARROWED + REST, ["components.app.paths"]),
        # another metric
        (TWO, TWO.replace("= 92", '= 92\nmetric = "line"'), ["components.auth.fail_under", "components.auth.metric"]),
        # another or a new suite under a new name
        (TWO, RENAMED.replace('"auth"', '"easy"') + EASY, ["components.auth"]),
        # the tests run differently
        (TWO, TWO.replace("[suites.auth]", '[suites.auth]\npython = "x"'), ["suites.auth.python"]),
        (TWO, TWO.replace("[suites.auth]", '[suites.auth]\nargs = ["-k", "a b"]'), ["suites.auth.args"]),
        (TWO, TWO.replace("[suites.auth]", '[suites.auth]\nroot = "b"'), ["suites.auth.root"]),
        (TWO, TWO.replace("[suites.auth]", '[suites.auth]\ncommand = ["{junit}"]'), ["suites.auth.command"]),
        (TWO, TWO.replace("[suites.auth]", '[suites.auth]\nrunner = "unittest"'), ["suites.auth.runner"]),
        (COMMAND, COMMAND.replace("r.xml", "s.xml"), ["suites.auth.reports"]),
        (COMMAND, COMMAND.replace("j.xml", "k.xml"), ["suites.auth.junit"]),
        (TWO, DESELECTED, ["suites.auth.deselect"]),
        (DESELECTED, DESELECTED.replace("::a", "::b"), ["suites.auth.deselect"]),
        (TWO, TWO.replace("[suites.auth]", '[suites.auth]\ntests = ["t"]'), ["suites.auth.tests"]),
        (TESTS, TESTS.replace('"t/unit", ', ""), ["suites.auth.tests"]),
        (DOTTED, DOTTED.replace('"./t/unit/", ', ""), ["suites.auth.tests"]),
        (TESTS, TESTS.replace("t/unit", "t/unit/some"), ["suites.auth.tests"]),
        # file bars displaced
        (TWO + WIDE_FILE, TWO + WIDE_FILE + FILE.replace("src/**", "src/a/**").replace("80", "79"), ["rules[1]"]),
        (TWO + WIDE_FILE, TWO + WIDE_FILE + MANY, ["rules[1]"]),
        (TWO + FILE + MANY, TWO + FILE + MANY + "min = 0\n", ["rules[1]"]),
        # the register elsewhere
        (TWO, TWO + '[register]\npath = "docs/mine.md"\n', ["register.path"]),
    ],
)
def test_each_attack_on_the_shape_of_the_gate_is_told(base: str, head: str, expected: list[str]) -> None:
    assert keys(base, head) == expected


def test_another_metric_of_the_project_is_told() -> None:
    assert "policy.metric" in keys(TWO, setting('metric = "line"'))


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (APP + APP_FILES, APP + APP_FILES + REST),
        (APP, NARROWED + REST.replace('"app/rest/**"', '"app/**"')),
        (APP + APP_FILES, APP.replace("components.app", "components.new") + APP_FILES.replace(".app", ".new")),
        (TESTS, TESTS.replace("t/unit", "t")),
        (TESTS, TESTS.replace('"t/unit"', '"t/unit", "t/more"')),
        (TWO + FILE, TWO + FILE + MANY),
        (TWO + FILE.replace("src/**", "src/auth/**"), TWO + FILE.replace("src/**", "src/auth/**") + API_FILE),
        (TWO + FILE, TWO + FILE + FILE.replace("80", "0")),
    ],
)
def test_what_leaves_every_file_as_strictly_held_is_silent(base: str, head: str) -> None:
    assert keys(base, head) == []


def test_a_component_that_is_split_may_count_no_units_more_often() -> None:
    units = "[[components.app.rules]]\nmax_uncovered = 5\n"
    parts = NARROWED + units + REST + units.replace(".app", ".rest")
    assert keys(APP.replace("app/**", 'app/core/**", "app/rest/**') + units, parts) == ["components.app.paths"]
    parts = parts.replace("max_uncovered = 5", "min = 5")
    assert not keys(APP.replace("app/**", 'app/core/**", "app/rest/**') + units.replace("max_uncovered", "min"), parts)


def renamed(base: str, head: str, before: str, after: str) -> list[str]:
    return [one.key for one in loosenings(policy(base), policy(head), renames={before: after}, files=[after])]


def test_a_file_that_is_renamed_into_a_laxer_component_is_told() -> None:
    assert renamed(TWO, TWO, "src/auth/a.py", "src/api/a.py") == ["components.auth.paths"]
    assert renamed(TWO, TWO, "src/auth/a.py", "lib/a.py") == ["components.auth.paths"]
    assert renamed(TWO, TWO, "src/api/a.py", "src/auth/a.py") == []
    assert renamed(SAME, SAME, "src/auth/a.py", "src/api/a.py") == []
    assert renamed(TWO, TWO, "src/auth/README.md", "docs/README.md") == []


def test_a_file_that_is_renamed_into_a_component_with_a_new_suite_is_told() -> None:
    new = TWO + '[suites.easy]\n[components.easy]\npaths = ["easy/**"]\nfail_under = 99\n'
    assert renamed(TWO, new, "src/auth/a.py", "easy/a.py") == ["components.auth.paths"]


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("min = 0.0000001", "a minimum of 0.0000001 % undercuts rules[0] for src/api/**"),
        ("max_uncovered = 100", "a maximum of 100 uncovered units undercuts rules[0] for src/api/**"),
    ],
)
def test_what_undercuts_a_bar_is_told_as_it_was_written(limit: str, words: str) -> None:
    narrow = f'[[rules]]\nscope = "file"\npaths = ["src/api/**"]\n{limit}\n'
    (told,) = loosenings(policy(TWO + WIDE_FILE), policy(TWO + WIDE_FILE + narrow), renames={}, files=FILES)
    assert (told.key, told.message) == ("rules[1]", words)


def test_a_file_that_is_renamed_out_of_a_file_bar_is_told_unless_the_bar_follows() -> None:
    strict = '[[rules]]\nscope = "file"\npaths = ["src/auth/a.py"]\nmin = 100\n'
    assert renamed(TWO + strict, TWO + strict, "src/auth/a.py", "src/auth/b.py") == ["rules[0]"]
    assert renamed(TWO + strict, TWO + strict.replace("a.py", "b.py"), "src/auth/a.py", "src/auth/b.py") == []


WEAKER = FILE + '[[rules]]\nscope = "file"\npaths = ["src/old/**"]\nmin = 10\n'


@pytest.mark.parametrize(
    ("base", "head", "before", "after", "expected"),
    [
        (TWO + WEAKER, TWO + WEAKER, "src/a.py", "src/old/a.py", ["rules[0]"]),
        (TWO + WEAKER, TWO + WEAKER, "src/old/a.py", "src/a.py", []),
        (TWO + WEAKER, TWO + WEAKER, "src/old/a.sql", "lib/a.sql", []),
    ],
)
def test_a_file_that_is_renamed_under_a_weaker_bar_is_told(
    base: str, head: str, before: str, after: str, expected: list[str]
) -> None:
    assert renamed(base, head, before, after) == expected


def test_a_strict_bar_may_not_go_where_a_weaker_one_already_matches() -> None:
    strict = FILE.replace("src/**", "src/old/a.py").replace("80", "95")
    base, head = policy(TWO + WEAKER + strict), policy(TWO + WEAKER)
    assert [one.key for one in loosenings(base, head, renames={}, files=["src/old/a.py"])] == ["rules[2]"]


def test_a_directory_a_component_and_its_file_bar_are_renamed_together() -> None:
    rule = "[[components.auth.rules]]\nscope = 'file'\npaths = ['src/auth/key.py']\nmin = 95\n"
    base = TWO.replace("[components.auth]", '[components.auth]\nsuite = "auth"') + rule
    head = base.replace("components.auth", "components.login").replace("src/auth", "src/login")
    renames = {"src/auth/key.py": "src/login/key.py", "src/auth/a.py": "src/login/a.py"}
    files = sorted(renames.values())
    assert loosenings(policy(base), policy(head), renames=renames, files=files) == ()
    laxer = policy(head.replace("95", "94"))
    assert [one.key for one in loosenings(policy(base), laxer, renames=renames, files=files)] == [
        "components.auth.rules[0]"
    ]


def test_a_component_with_a_file_bar_is_split() -> None:
    rule = "[[components.app.rules]]\nscope = 'file'\npaths = ['app/core/a.py']\nmin = 95\n"
    parts = (
        NARROWED + rule.replace("app/core/a.py", "app/core/*") + REST.replace('"app/rest/**"', '"app/*", "app/rest/**"')
    )
    assert keys(APP + rule, parts) == []
    lost = NARROWED + REST.replace('"app/rest/**"', '"app/*", "app/rest/**"')
    assert keys(APP + rule, lost) == ["components.app.rules[0]"]


ONE = TWO.split("[suites.auth]")[0] + '[components.api]\npaths = ["src/api/**"]\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["src/api/a.py", "src/auth/README.md"], []),
        (["src/api/a.py", "t/unit/test_a.py"], ["suites.auth"]),
        (["src/api/a.py", "src/auth/a.py"], ["components.auth", "suites.auth"]),
    ],
    ids=["all gone", "its tests are still there", "its code is still there"],
)
def test_a_component_is_deleted_with_its_files_and_its_suite(files: list[str], expected: list[str]) -> None:
    found = loosenings(policy(TESTS), policy(ONE), renames={}, files=files)
    assert [one.key for one in found] == expected


def test_a_new_glob_is_foreign_by_its_files() -> None:
    base = SAME.replace("src/api/**", "src/*.py")
    head = base.replace('"src/auth/**"', '"src/auth/**", "src/login/**"')
    known = loosenings(policy(base), policy(head), renames={}, files=["src/a.py", "src/login/b.py"])
    assert known == ()
    moved = loosenings(
        policy(base), policy(head), renames={"src/a.py": "src/login/a.py"}, files=["src/login/a.py"]
    )  # fmt: skip
    assert [one.key for one in moved] == ["components.auth.paths"]


def test_test_paths_may_follow_their_files() -> None:
    head = TESTS.replace("t/unit", "t/login")
    renames = {"t/unit/test_a.py": "t/login/test_a.py"}
    assert not loosenings(policy(TESTS), policy(head), renames=renames, files=["t/login/test_a.py"])
    assert loosenings(policy(TESTS), policy(head), renames=renames, files=["t/login/test_a.py", "t/unit/test_b.py"])


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_bar_is_loosened_exactly_when_it_is_lowered(before: int, after: int) -> None:
    found = keys(TWO.replace("= 92", f"= {before}"), TWO.replace("= 92", f"= {after}"))
    assert bool(found) is (Decimal(after) < Decimal(before))


def test_a_component_whose_files_are_all_gone_may_go_without_a_word() -> None:
    gone = loosenings(policy(), policy(TWO.replace("src/auth/**", "src/new/**")), renames={}, files=["src/api/a.py"])
    assert gone == ()


def test_a_path_that_no_file_has_is_dropped_without_a_word() -> None:
    typo = TWO.replace('"src/auth/**"', '"src/auth/**", "typo/**"')
    assert keys(typo, TWO) == []


def test_a_new_file_that_the_base_would_have_claimed_is_told() -> None:
    head = policy(TWO.replace("src/auth/**", "src/auth/core/**"))
    (one,) = loosenings(policy(), head, renames={}, files=["src/auth/core/a.py", "src/auth/new.py"])
    assert (one.key, one.message) == (
        "components.auth.paths",
        "no component holds src/auth/new.py as strictly as auth did",
    )


def test_many_files_are_one_loosening() -> None:
    head = policy(TWO.replace("src/auth/**", "src/auth/core/**"))
    renames = {"src/auth/z.py": "lib/z.py"}
    (one,) = loosenings(policy(), head, renames=renames, files=["lib/z.py", "src/auth/a.py", "src/auth/b.py"])
    assert one.message == "no component holds lib/z.py (renamed from src/auth/z.py) and 2 more as strictly as auth did"


EVEN = """
[policy]
fail_under = 80
[suites.all]
[components.auth]
paths = ["src/auth/**"]
suite = "all"
[components.api]
paths = ["src/api/**"]
suite = "all"
"""
MERGED = '[components.one]\npaths = ["src/api/**", "src/auth/**"]\nsuite = "all"\n'


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (EVEN.replace('"src/auth/**"]', '"src/auth/**", "src/api/a.py"]'), ["components.auth.paths"]),
        (
            EVEN.replace('"src/auth/**"]', '"src/auth/x.py"]').replace('"src/api/**"]', '"src/api/**", "src/auth/**"]'),
            ["components.api.paths", "components.auth.paths"],
        ),
        (EVEN.split("[components.auth]")[0] + MERGED, ["components.api", "components.auth"]),
    ],
    ids=["extended", "traded", "merged"],
)
def test_files_that_could_make_up_for_another_components_own_are_told(head: str, expected: list[str]) -> None:
    assert keys(EVEN, head) == expected


EVALUATED = TWO.replace("[policy]\n", '[policy]\nenforcement = "evaluate"\n')
API_EVALUATED = TWO.replace("[components.api]\n", '[components.api]\nenforcement = "evaluate"\n')


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        (TWO, EVALUATED, ["policy.enforcement"]),
        (TWO, API_EVALUATED, ["components.api.enforcement"]),
        (EVALUATED, TWO, []),
        (EVALUATED, EVALUATED.replace("= 92", "= 50"), []),
        (TWO + FILE, TWO + FILE + 'enforcement = "evaluate"\n', ["rules[0]"]),
        (
            TWO + LIMITS,
            TWO + LIMITS + 'enforcement = "evaluate"\n',
            ["components.api.rules[0]", "components.api.rules[0].max", "components.api.rules[0].max_uncovered"],
        ),
        (
            EVALUATED.replace("[components.api]\n", '[components.api]\nenforcement = "enforce"\n'),
            EVALUATED,
            ["components.api.enforcement"],
        ),
        (TWO, setting('loosening = "report"'), ["policy.loosening"]),
        (setting('loosening = "report"'), TWO, []),
    ],
)
def test_what_is_no_longer_enforced_is_a_loosening(base: str, head: str, expected: list[str]) -> None:
    assert keys(base, head) == expected


def test_a_component_may_not_give_its_files_to_one_that_is_only_evaluated() -> None:
    moved = TWO.replace('["src/auth/**"]', '["src/auth/core/**"]')
    other = '[components.other]\nsuite = "auth"\nfail_under = 92\npaths = ["src/auth/*"]\n'
    assert keys(TWO, moved + other) == []
    assert keys(TWO, moved + other + 'enforcement = "evaluate"\n') == ["components.auth.paths"]


WITH_REST = TWO + '[components.others]\nsuite = "api"\nfail_under = 80\nrest = true\n'


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        (WITH_REST, TWO, ["components.others"]),
        (WITH_REST, WITH_REST.replace("= 80\nrest", "= 70\nrest"), ["components.others.fail_under"]),
        (WITH_REST, WITH_REST.replace("rest = true", 'paths = ["app/**"]'), ["components.others.paths"]),
        (TWO, WITH_REST, []),
        (WITH_REST, WITH_REST, []),
        (WITH_REST.replace("rest = true", 'paths = ["app/**"]'), WITH_REST, ["components.others.rest"]),
        (
            WITH_REST.replace("rest = true", 'paths = ["app/**"]'),
            WITH_REST.replace("others", "z"),
            ["components.others"],
        ),
        (WITH_REST, WITH_REST.replace("others", "z"), []),
    ],
)
def test_what_leaves_the_rest_is_told(base: str, head: str, expected: list[str]) -> None:
    assert keys(base, head) == expected


def paths(base: str, head: str, files: Sequence[str], renames: Mapping[str, str] | None = None) -> list[str]:
    """The findings about TWO's component auth with these paths before and after."""
    sides = (policy(TWO.replace('"src/auth/**"', text)) for text in (base, head))
    return [str(one.message) for one in loosenings(*sides, renames=renames or {}, files=files)]


@pytest.mark.parametrize(
    ("base", "head", "files", "expected"),
    [
        ('"src/auth/**"', '"src/auth/a.py"', ["src/auth/a.py"], "src/auth/*.py"),
        ('"src/auth/**"', '"src/auth/?.py"', ["src/auth/a.py"], "src/auth/*.py"),
        ('"src/auth/*"', '"src/auth/*.py", "src/auth/b.js"', ["src/auth/a.py", "src/auth/b.js"], "src/auth/*.js"),
        (
            '"src/auth/**"',
            '"src/auth/a.py", "src/auth/x/b.py"',
            ["src/auth/a.py", "src/auth/x/b.py"],
            "src/auth/*.py, src/auth/x/*.py",
        ),
    ],
    ids=["today's file", "its shape", "one suffix", "two folders"],
)
def test_paths_narrowed_to_the_files_of_today_lose_the_next_one(
    base: str, head: str, files: list[str], expected: str
) -> None:
    assert paths(base, head, files) == [f"no component holds new files ({expected}) as strictly as auth did"]


@pytest.mark.parametrize(
    ("base", "head", "files"),
    [
        ('"src/auth/a.py"', '"src/auth/*.py"', ["src/auth/a.py"]),
        ('"src/auth/a.py", "src/auth/b.py"', '"src/auth/a.py"', ["src/auth/a.py"]),
        ('"src/auth/**"', '"src/auth/**/*.py"', ["src/auth/a.py", "src/auth/README.md"]),
        ('"src/auth/**"', '"src/auth/*.py", "src/auth/core/**"', ["src/auth/a.py", "src/auth/core/b.py"]),
        ('"src/auth/**", "src/auth/*.js"', '"src/auth/**"', ["src/auth/a.js"]),
    ],
)
def test_other_patterns_that_claim_as_much_beside_every_file_are_silent(base: str, head: str, files: list[str]) -> None:
    assert paths(base, head, files) == []


def test_paths_that_follow_a_folder_must_claim_its_next_file_too() -> None:
    renames = {"src/auth/a.py": "src/login/a.py"}
    assert paths('"src/auth/**"', '"src/login/**"', ["src/login/a.py"], renames) == []
    assert paths('"src/auth/**"', '"src/login/a.py"', ["src/login/a.py"], renames) == [
        "no component holds new files (src/login/*.py) as strictly as auth did"
    ]


def test_the_rest_and_a_file_bar_lose_the_next_file_as_well() -> None:
    rest = TWO.replace('paths = ["src/auth/**"]', "rest = true")
    (one,) = loosenings(policy(rest), policy(TWO.replace("auth/**", "auth/a.py")), renames={}, files=["src/auth/a.py"])
    assert one.key == "components.auth.paths"
    narrow = FILE.replace("src/**", "src/auth/a.py")
    (one,) = loosenings(policy(TWO + FILE), policy(TWO + narrow), renames={}, files=["src/auth/a.py"])
    assert (one.key, "new files" in one.message) == ("rules[0]", True)
