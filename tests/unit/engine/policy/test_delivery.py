from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.errors import PolicyInvalid
from covgov.policy import config, present
from covgov.policy.delivery import NotifySettings, Occasion, QuietHours

MINIMAL = """\
[suites.api]
tests = ["tests"]
[components.api]
paths = ["api/**"]
"""
NIGHT, LUNCH = QuietHours(time(22), time(7)), QuietHours(time(12), time(13, 30))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
FULL = """
[notify]
on_drop = ["${A}", "${B}"]
on_recovery = "${A}"
on_digest = []
branches = ["main", "release/*"]
quiet_hours = "22:00-07:30"
timezone = "Europe/Paris"
required = ["${A}"]
"""


def parsed(table: str) -> NotifySettings:
    return config.parse(MINIMAL + table, "covgov.toml").notify


def at(hour: int, minute: int = 0, *, month: int = 1) -> datetime:
    return datetime(2026, month, 15, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "moment", "held"),
    [
        (NIGHT, at(22), True),
        (NIGHT, at(6, 59), True),
        (NIGHT, at(7), False),
        (NIGHT, at(21, 59), False),
        (LUNCH, at(12), True),
        (LUNCH, at(13, 29), True),
        (LUNCH, at(13, 30), False),
        (LUNCH, at(11, 59), False),
    ],
)
def test_quiet_hours_include_their_start_and_not_their_end(hours: QuietHours, moment: datetime, held: bool) -> None:
    assert hours.holds(moment) is held


def test_clocks_are_those_of_the_zone_summer_time_included() -> None:
    paris = QuietHours(time(22), time(7), "Europe/Paris")
    assert paris.holds(at(21, month=1))
    assert paris.holds(at(20, month=7))
    assert not paris.holds(at(20, month=1))
    assert not paris.holds(at(5, 30, month=7))


@given(st.times(), st.times(), moments)
def test_a_day_is_divided_into_quiet_and_not(start: time, end: time, moment: datetime) -> None:
    if start != end:
        assert QuietHours(start, end).holds(moment) != QuietHours(end, start).holds(moment)


@given(moments, st.integers(-1000, 1000))
def test_every_day_is_alike(moment: datetime, days: int) -> None:
    assert NIGHT.holds(moment) == NIGHT.holds(moment + timedelta(days=days))


def test_the_whole_table_is_read() -> None:
    notify = parsed(FULL)
    assert notify.targets == {Occasion.DROP: ("${A}", "${B}"), Occasion.RECOVERY: ("${A}",)}
    assert notify.branches == ("main", "release/*")
    assert notify.quiet == QuietHours(time(22), time(7, 30), "Europe/Paris")
    assert notify.required == ("${A}",)


def test_nobody_is_told_without_the_table() -> None:
    assert parsed("") == NotifySettings()
    assert not parsed("").targets
    assert parsed("").quiet is None


def test_who_is_told_is_no_part_of_the_policy_hash() -> None:
    assert config.parse(MINIMAL + FULL, "x").hash == config.parse(MINIMAL, "x").hash


def test_policy_show_prints_every_setting() -> None:
    shown = present.show(config.parse(MINIMAL + FULL, "x")).payload["settings"]
    assert isinstance(shown, dict)
    assert {key: value for key, value in shown.items() if key.startswith("notify.")} == {
        "notify.on_drop": "${A}, ${B}",
        "notify.on_under_bar": "none",
        "notify.on_overdue": "none",
        "notify.on_undetermined": "none",
        "notify.on_fail": "none",
        "notify.on_recovery": "${A}",
        "notify.on_digest": "none",
        "notify.branches": "main, release/*",
        "notify.quiet_hours": "22:00-07:30",
        "notify.timezone": "Europe/Paris",
        "notify.required": "${A}",
    }
    bare = present.show(config.parse(MINIMAL, "x")).payload["settings"]
    assert isinstance(bare, dict)
    assert (bare["notify.quiet_hours"], bare["notify.branches"]) == ("none", "the default branch")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ('quiet_hours = "22-7"', "must be two different times of a day like 22:00-07:00, not '22-7'"),
        ('quiet_hours = "24:00-07:00"', "must be two different times"),
        ('quiet_hours = "07:00-07:00"', "must be two different times"),
        ("quiet_hours = 22", "must be two different times"),
        ('timezone = "Mars/Olympus"', "must be a time zone that this machine knows, like Europe/Paris"),
        ('timezone = "../etc/passwd"', "must be a time zone"),
        ("timezone = 1", "must be a time zone"),
        ('required = ["${A}"]', "required names a target that is in no on_... list"),
        ('on_dropp = "${A}"', "is not a known key: did you mean on_drop?"),
        ('branches = "main"', "must be a list"),
        ("on_drop = 3", "must be text or a list of texts"),
    ],
)
def test_faults_say_what_to_write(table: str, fault: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parsed(f"[notify]\n{table}\n")
    assert fault in caught.value.faults[0]
