from __future__ import annotations

import pytest

from covgov.policy.scopes import base_belongs, belongs, components_of, is_source, placed
from covgov_testing.builders.policy import TWO, policy

REST = TWO + '[components.others]\nsuite = "api"\nrest = true\n'


def test_a_path_belongs_to_the_component_whose_globs_match() -> None:
    assert belongs(policy(), "api")("src/api/x.py")
    assert not belongs(policy(), "api")("src/auth/x.py")
    assert components_of(policy(), "src/auth/x.py") == ("auth",)
    assert not is_source(policy(), "docs/x.md")


def test_an_undeclared_component_is_an_error() -> None:
    with pytest.raises(KeyError):
        belongs(policy(), "nobody")


def test_a_base_path_belongs_by_its_own_name_and_else_follows_its_rename() -> None:
    renames = {"lib/x.py": "src/api/x.py", "src/auth/y.py": "src/api/y.py"}
    of_api = base_belongs(policy(), "api", renames)
    assert of_api("src/api/z.py")
    assert of_api("lib/x.py")
    assert not of_api("src/auth/y.py")  # a move across components is told as one
    assert not of_api("lib/other.py")


def test_the_rest_is_what_no_other_component_names() -> None:
    assert belongs(policy(REST), "others")("lib/x.py")
    assert not belongs(policy(REST), "others")("src/api/x.py")
    assert components_of(policy(REST), "lib/x.py") == ("others",)
    assert components_of(policy(REST), "src/api/x.py") == ("api",)
    assert placed(policy(REST), "lib/x.py") == ()
    assert is_source(policy(REST), "lib/x.py")


def test_a_file_that_is_moved_out_of_the_rest_counts_there_at_the_base() -> None:
    renames = {"lib/x.py": "src/api/x.py"}
    assert base_belongs(policy(REST), "others", renames)("lib/x.py")
    assert not base_belongs(policy(REST), "api", renames)("lib/x.py")


def test_a_renamed_file_is_asked_for_under_the_name_that_the_policy_knows() -> None:
    judging = policy().by_names({"lib/x.py": "src/api/x.py"})
    assert is_source(judging, "lib/x.py")
    assert not is_source(policy(), "lib/x.py")
