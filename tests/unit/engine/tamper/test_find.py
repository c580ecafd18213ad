from __future__ import annotations

from covgov.policy import config
from covgov.policy.policy import Policy
from covgov.tamper import find as tampering

TOML = """\
version = 1
[policy]
fail_under = 50
[suites.api]
tests = ["tests"]
[components.api]
paths = ["api/**"]
suite = "api"
"""
FILES = {"api/a.py": b"x = 1\ny = 2  # pragma: no cover\n", "api/odd.py": b"# coding: utf-7\nx = 1\n"}


def policy(text: str = TOML) -> Policy:
    return config.parse(text, "covgov.toml")


def find(start: Policy | None, changed: dict[str, int]) -> list[str]:
    found = tampering.find(
        (start, policy()), (lambda path: None, FILES.get), renames={}, changed=changed, files=tuple(FILES)
    )
    return [loosening.key for loosening in found]


def test_without_a_policy_to_start_from_nothing_can_be_loosened() -> None:
    assert find(None, {"api/a.py": 0b110}) == []


def test_a_pragma_on_a_changed_line_is_found_and_an_old_one_is_not() -> None:
    assert len(find(policy(), {"api/a.py": 0b100})) == 1
    assert find(policy(), {"api/a.py": 0b010}) == []


def test_a_changed_file_that_is_gone_has_no_pragmas() -> None:
    assert find(policy(), {"api/gone.py": 0b110}) == []


def test_an_encoding_that_hides_pragmas_is_found() -> None:
    assert find(policy(), {"api/odd.py": 0b100}) == ["api/odd.py"]


def test_a_lowered_bar_is_found() -> None:
    assert "policy.fail_under" in find(policy(TOML.replace("50", "90")), {})
