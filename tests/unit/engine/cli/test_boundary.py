from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.cli.boundary import PRECEDENCE, guarded, report, worst
from covgov.cli.world import World
from covgov.errors import (
    CovgovError,
    DeliveryFailed,
    InputError,
    PolicyInvalid,
    RegisterInvalid,
    Undetermined,
    UsageError,
)

codes = st.lists(st.sampled_from(PRECEDENCE), max_size=6)


@pytest.fixture
def world() -> World:
    return World(Path(), {}, lambda: datetime(2026, 11, 22, tzinfo=UTC), io.StringIO(), io.StringIO())


def said(world: World) -> str:
    assert isinstance(world.err, io.StringIO)
    assert isinstance(world.out, io.StringIO)
    assert world.out.getvalue() == ""
    return world.err.getvalue()


class Full(io.StringIO):
    """A full disk."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def raising(error: BaseException) -> Callable[[], int]:
    def call() -> int:
        raise error

    return call


@given(codes)
def test_no_code_that_applies_comes_before_the_one_that_wins(applying: list[int]) -> None:
    winner = worst(applying)
    assert winner in applying or (winner == 0 and not applying)
    assert all(PRECEDENCE.index(winner) <= PRECEDENCE.index(code) for code in applying)


@given(codes, codes)
def test_winning_does_not_depend_on_order_or_grouping(one: list[int], other: list[int]) -> None:
    assert worst(one + other) == worst(other + one) == worst([worst(one), worst(other)])


def test_a_failed_gate_wins_over_everything_and_pass_over_nothing() -> None:
    assert worst([0, 5, 4, 3, 11, 10]) == 10
    assert worst([0, 5, 4, 3, 11]) == 11
    assert worst([0, 5]) == 5
    assert worst([]) == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError, 2),
        (PolicyInvalid, 3),
        (RegisterInvalid, 3),
        (InputError, 4),
        (DeliveryFailed, 5),
        (Undetermined, 11),
    ],
)
def test_every_error_has_its_exit_code_and_is_printed_with_its_stable_code(
    world: World, error: type[CovgovError], code: int
) -> None:
    assert guarded(raising(error("some-code", "what and where")), world) == code
    assert said(world) == "covgov: error: what and where [some-code]\n"


def test_the_hint_says_what_to_do_next(world: World) -> None:
    report(InputError("report-empty", "a.xml is empty", hint="run the tests first"), world)
    assert said(world).endswith("  hint: run the tests first\n")


def test_all_faults_of_a_policy_are_printed_at_once(world: World) -> None:
    report(PolicyInvalid("policy-invalid", "2 faults", faults=("a.toml:1: x", "a.toml:2: y")), world)
    assert said(world) == "covgov: error: 2 faults [policy-invalid]\n  a.toml:1: x\n  a.toml:2: y\n"


def test_what_the_call_returns_is_the_exit_code(world: World) -> None:
    assert guarded(lambda: 10, world) == 10
    assert said(world) == ""


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interruption_is_told_and_exits_130(world: World, error: BaseException) -> None:
    assert guarded(raising(error), world) == 130
    assert said(world) == "covgov: interrupted\n"


def test_a_usage_error_points_at_help_with_and_without_a_command(world: World) -> None:
    assert guarded(raising(click.UsageError("no")), world) == 2
    context = click.Context(click.Command("check"), info_name="check")
    assert guarded(raising(click.BadParameter("not a number", ctx=context, param_hint="--n")), world) == 2
    assert said(world) == (
        "covgov: error: no [usage]\n  hint: see `covgov --help`\n"
        "covgov: error: check: Invalid value for --n: not a number [usage]\n  hint: see `check --help`\n"
    )


def test_a_bug_keeps_its_traceback(world: World) -> None:
    with pytest.raises(ZeroDivisionError):
        guarded(raising(ZeroDivisionError()), world)


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (PermissionError(13, "Permission denied", "/x/covgov.toml"), "/x/covgov.toml: Permission denied"),
        (OSError("odd"), "odd"),
    ],
)
def test_a_failing_disk_is_one_message_and_exits_5(world: World, error: OSError, told: str) -> None:
    assert guarded(raising(error), world) == 5
    assert said(world).startswith(f"covgov: error: {told} [io-error]\n  hint: ")


@pytest.mark.reliability
def test_a_message_that_cannot_be_printed_still_has_its_exit_code() -> None:
    full = Full()
    world = World(Path(), {}, lambda: datetime(2026, 11, 22, tzinfo=UTC), full, full)
    assert guarded(raising(OSError(28, "No space left on device")), world) == 5


@pytest.mark.reliability
def test_a_pipe_that_broke_elsewhere_than_at_the_output_is_a_fault_like_any_other(world: World) -> None:
    assert guarded(raising(BrokenPipeError(32, "Broken pipe")), world) == 5
    assert said(world).startswith("covgov: error: Broken pipe [io-error]\n")
