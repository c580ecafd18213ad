from __future__ import annotations

from covgov.gather.unmeasured import unreported

from covgov_testing.builders.coverage import snap
from covgov_testing.builders.policy import API, AUTH, policy

TEXTS = {"src/api/blank.py": b" \n", "src/api/gone.py": None}


def read(path: str) -> bytes | None:
    return TEXTS.get(path, b"x = 1\n")


def test_files_of_a_component_that_its_suite_does_not_report_are_found() -> None:
    files = ["src/api/a.py", "src/api/z.py", "src/api/b.py", "src/auth/a.py", "docs/x.py"]
    assert unreported(policy(), {"api": API, "auth": AUTH}, files, read, ()) == {
        "api": ("src/api/b.py", "src/api/z.py")
    }


def test_a_report_of_another_suite_does_not_count() -> None:
    heads = {"api": API, "auth": snap({**AUTH.files, "src/api/b.py": "+"}, suite="auth")}
    assert unreported(policy(), heads, ["src/api/b.py"], read, ()) == {"api": ("src/api/b.py",)}


def test_blank_files_other_kinds_and_what_is_told_elsewhere_are_left_out() -> None:
    files = ["src/api/blank.py", "src/api/gone.py", "src/api/data.json", "src/api/told.py"]
    assert unreported(policy(), {"api": API}, files, read, {"src/api/told.py"}) == {}


def test_a_suite_that_did_not_arrive_says_nothing_of_its_files() -> None:
    assert unreported(policy(), {}, ["src/api/b.py"], read, ()) == {}
