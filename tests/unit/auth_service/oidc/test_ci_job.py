from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covgov.hub.auth_service.oidc.ci_job import CiJob


@pytest.mark.parametrize(
    ("ref", "branch"),
    [
        ("refs/heads/main", "main"),
        ("refs/heads/feature/a", "feature/a"),
        ("refs/pull/7/merge", "refs/pull/7/merge"),
        ("refs/merge-requests/7/head", "refs/merge-requests/7/head"),
        ("refs/tags/main", "refs/tags/main"),
        ("refs/heads/refs/heads/main", "refs/heads/main"),
    ],
)
def test_only_branches_have_short_names(ref: str, branch: str) -> None:
    assert CiJob(ref).branch == branch


@pytest.mark.security
@given(st.text(min_size=1), st.text(min_size=1))
def test_a_job_belongs_to_a_branch_only_by_its_ref(one: str, other: str) -> None:
    assert CiJob(f"refs/heads/{one}").of_branch(other) == (one == other)
    assert not CiJob(f"refs/tags/{one}").of_branch(one)
