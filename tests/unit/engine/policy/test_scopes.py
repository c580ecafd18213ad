from __future__ import annotations

import pytest

from covgov.policy.scopes import base_belongs, belongs, components_of, is_source
from covgov_testing.builders.policy import policy


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
