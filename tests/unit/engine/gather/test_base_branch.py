from __future__ import annotations

from pathlib import Path

import pytest

from covgov.errors import PolicyInvalid
from covgov.gather.base_branch import policy_at, reader
from covgov_testing.desk import POLICY, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "work")


def test_the_policy_of_a_commit_is_read_from_that_commit(desk: Desk) -> None:
    commit = desk.commit()
    (desk.root / "covgov.toml").unlink()
    found = policy_at(desk.repository, commit)
    assert found is not None
    assert found.expected == ("api",)
    assert reader(desk.repository, commit)("nowhere") is None


def test_a_commit_without_a_policy_has_none(desk: Desk) -> None:
    (desk.root / "covgov.toml").unlink()
    assert policy_at(desk.repository, desk.commit({"a.txt": "a"})) is None


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (POLICY.replace("max_drop = 2", 'max_drop = "two"'), "line 5: policy.max_drop"),
        (POLICY + "[broken\n", "line 15: is not TOML"),
    ],
)
def test_a_faulty_policy_of_the_base_names_its_commit_and_the_way_out(desk: Desk, text: str, words: str) -> None:
    commit = desk.commit({"covgov.toml": text})
    desk.repo.write({"covgov.toml": POLICY})
    with pytest.raises(PolicyInvalid) as caught:
        policy_at(desk.repository, commit)
    told = "\n".join((caught.value.message, *caught.value.faults))
    assert f"covgov.toml at {commit[:12]} (base branch): {words}" in told
    assert "once the repaired policy is the base" in caught.value.hint
    assert "administrator" in caught.value.hint
