from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from msgspec import structs

from covgov.errors import InputError
from covgov.history.format import layout
from covgov.history.format.layout import StoredManifest
from covgov.history.format.wire import Manifest
from covgov.hub.store.verify import plausible
from covgov.hub.store.verify.plausible import EARLIEST, SKEW
from covgov.model.ratio import Ratio
from covgov.model.run import RunRecord
from covgov.model.snapshot import Metric, TestRun
from covgov.model.verdict import BarLine, Scope, SuiteLine, Verdict
from covgov_testing.builders import verdict as build
from covgov_testing.builders.run import NOON, row, run, verdict


def stored(record: RunRecord) -> StoredManifest:
    body, _ = layout.dismantle(record)
    return StoredManifest("0" * 64, Manifest(layout.FORMAT, layout.VERSION, 1, "", body, {}))


def refused(check: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        check()
    assert caught.value.code == "run-implausible"
    return caught.value.message


@pytest.mark.security
@pytest.mark.parametrize(
    ("odd", "what"),
    [
        (run(branch="main\n\x1b[31m"), "is no branch"),
        (run(branch="b" * 256), "is no branch"),
        (replace(run(), commit="c\x00"), "control character"),
        (replace(run(), policy_hash="\x7f"), "control character"),
        (run(expected=["a\nb"]), "control character"),
        (run(at=NOON.replace(tzinfo=None)), "no zone"),
        (run(at=datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14)))), "is not between"),
        (run(at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))), "is not between"),
        (run(at=NOON + SKEW + timedelta(seconds=1)), "is not between"),
        (run(at=EARLIEST - timedelta(seconds=1)), "is not between"),
    ],
)
def test_what_no_covgov_says_of_a_run_is_refused(odd: RunRecord, what: str) -> None:
    assert what in refused(lambda: plausible.check_run(stored(odd), NOON))


@pytest.mark.parametrize("at", [NOON + SKEW, EARLIEST, NOON - timedelta(days=4000)])
def test_clocks_may_differ_and_histories_may_be_old(at: datetime) -> None:
    plausible.check_run(stored(run(at=at, branch="")), NOON)
    plausible.check_run(stored(run(at=at + timedelta(days=400), branch="topic/ä-1")), None)


@given(build.verdicts())
def test_every_verdict_that_can_be_rendered_is_admitted(made: Verdict) -> None:
    plausible.check_verdict(stored(run()), made)


def poisoned(bar: str) -> Verdict:
    return verdict(rows=[structs.replace(row("api", 1, 2), bar=Decimal(bar))])


@pytest.mark.security
@pytest.mark.parametrize(
    "bar", ["NaN", "sNaN", "Infinity", "-Infinity", "1E-3000000", "0E+3000000", "-1", "100.1", "1E+3", "1E-51"]
)
def test_a_bar_that_nobody_could_print_or_compare_is_refused(bar: str) -> None:
    assert "holds a bar" in refused(lambda: plausible.check_verdict(stored(run()), poisoned(bar)))


@pytest.mark.parametrize("bar", ["0", "100", "1E+2", "92.5", "79." + "9" * 50])
def test_a_bar_that_a_policy_may_write_is_admitted(bar: str) -> None:
    plausible.check_verdict(stored(run()), poisoned(bar))


@pytest.mark.security
@pytest.mark.parametrize(
    ("odd", "what"),
    [
        (structs.replace(verdict(), guard_judged={"api": Fraction(10**900)}), "a figure beyond"),
        (verdict(suites=[SuiteLine("api", arrived=True, tests=TestRun(10**40))]), "a figure beyond"),
        (verdict(suites=[SuiteLine("api", arrived=True, tests=TestRun(0, seconds=float("nan")))]), "not finite"),
        (
            structs.replace(
                verdict(),
                bars=(BarLine(Scope.FILE, "a.py", Metric.LINE, Ratio(0, 10**40), Decimal(1), met=False),),
            ),
            "a figure beyond",
        ),
    ],
)
def test_a_figure_that_no_measurement_has_is_refused_wherever_it_stands(odd: Verdict, what: str) -> None:
    assert what in refused(lambda: plausible.check_verdict(stored(run()), odd))


@pytest.mark.security
@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", "a\x1b.py", "a\n", "C:/a", "C:\\a", "a" * 4097]
)
def test_a_path_that_is_in_no_repository_is_refused(path: str) -> None:
    assert not plausible.is_path(path)
    refused(lambda: plausible.check_paths(stored(run()), ["src/a.py", path]))


@pytest.mark.parametrize("path", ["a", "src/a.py", "..a/b..", "src/ä b.py", "a:b", "a\\b", ".github/x", "a" * 4096])
def test_a_path_as_git_has_them_is_admitted(path: str) -> None:
    assert plausible.is_path(path)
    plausible.check_paths(stored(run()), [path])


def attempts(*numbers: int, tree: str = "t") -> list[StoredManifest]:
    return [stored(replace(run(tree=tree), attempt=number)) for number in numbers]


@pytest.mark.security
@pytest.mark.parametrize(
    ("numbers", "before"), [((0,), 0), ((2**31 - 1,), 0), ((1001,), 0), ((1, 1002), 0), ((1_000_001,), 1_000_000)]
)
def test_no_attempt_leaves_none_for_those_that_follow(numbers: tuple[int, ...], before: int) -> None:
    runs = attempts(*numbers)
    assert "attempt" in refused(lambda: plausible.check_attempts(runs, {runs[0].manifest.run.tree: before}))


def test_attempts_may_skip_those_that_recorded_nothing() -> None:
    tree = attempts(1)[0].manifest.run.tree
    plausible.check_attempts(attempts(2, 7, 3, 1007), {})
    plausible.check_attempts(attempts(1_000_000), {tree: 999_999})
    plausible.check_attempts([*attempts(1000), *attempts(1000, tree="u")], {})
