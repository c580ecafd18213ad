from __future__ import annotations

from pathlib import Path

import pytest

from covgov.gather.base_branch import policy_at, reader, register_at
from covgov_testing.builders.register import COMPLETE, table
from covgov_testing.desk import POLICY, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "work")


def test_the_policy_of_a_commit_is_read_from_that_commit(desk: Desk) -> None:
    commit = desk.commit()
    (desk.root / "covgov.toml").unlink()
    found, fault = policy_at(desk.repository, commit)
    assert found is not None
    assert (found.expected, fault) == (("api",), "")
    assert reader(desk.repository, commit)("nowhere") is None


def test_a_commit_without_a_policy_has_none(desk: Desk) -> None:
    (desk.root / "covgov.toml").unlink()
    assert policy_at(desk.repository, desk.commit({"a.txt": "a"})) == (None, "")


@pytest.mark.reliability
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (POLICY.replace("max_drop = 2", 'max_drop = "two"'), "line 5: policy.max_drop"),
        (POLICY + "[broken\n", "line 15: is not TOML"),
    ],
)
def test_a_policy_that_cannot_be_read_gives_way_to_the_newest_that_can(desk: Desk, text: str, words: str) -> None:
    desk.commit({"covgov.toml": POLICY.replace("fail_under = 50", "fail_under = 40")})
    good = desk.commit({"covgov.toml": POLICY})
    desk.commit({"covgov.toml": "nonsense ="})
    commit = desk.commit({"covgov.toml": text})
    found, fault = policy_at(desk.repository, commit)
    assert found is not None
    assert found.gate.fail_under == 50
    assert f"covgov.toml at {commit[:12]} (base branch): {words}" in fault
    assert fault.endswith(f"that of {good[:12]} is used")


@pytest.mark.reliability
def test_a_first_policy_that_cannot_be_read_is_none(desk: Desk) -> None:
    commit = desk.commit({"covgov.toml": "nonsense ="})
    found, fault = policy_at(desk.repository, commit)
    assert found is None
    assert "is not TOML" in fault


@pytest.mark.reliability
def test_a_register_that_cannot_be_read_gives_way_to_the_newest_that_can(desk: Desk) -> None:
    desk.commit({"exceptions.md": table([COMPLETE])})
    commit = desk.commit({"exceptions.md": "<!-- covgov:exceptions:begin -->\n| nonsense |\n"})
    found, fault = register_at(desk.repository, commit, "exceptions.md")
    assert found is not None
    assert fault.startswith(f"exceptions.md at {commit[:12]}")
    assert [entry.id for entry in found.entries] == [COMPLETE.id]
    assert register_at(desk.repository, commit, "nowhere.md") == (None, "")
