"""Whom the code host is asked about, and when: owners and policy are those of the base branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from covgov import gate
from covgov.ci.interface import CiContext, CiEvent
from covgov.gather.prepare import prepare
from covgov.gather.request import Request
from covgov.model.approval import Approval
from covgov.policy import config
from covgov_testing.builders.register import table
from covgov_testing.desk import POLICY, TODAY, Desk

pytestmark = pytest.mark.security
CODEOWNERS = "covgov.toml @alice @acme/gate\nexceptions.md @bob\n"
WIDER = POLICY.replace("max_drop = 2", "max_drop = 9")


class Host:
    """A code host on which these owners approved."""

    def __init__(self, *approved: str) -> None:
        self.approved = approved
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def __call__(self, head: str, owners: Sequence[str], /) -> Approval:
        self.asked.append((head, tuple(owners)))
        return next((Approval(owner) for owner in owners if owner in self.approved), Approval(why="nobody"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A recorded main with owners, and a topic branch."""
    made = Desk(tmp_path / "work")
    made.commit({"CODEOWNERS": CODEOWNERS, "api/a.py": "one\ntwo\n"})
    made.measure({"api/a.py": "++"})
    made.record(made.judge())
    made.repo.git("switch", "-q", "-c", "topic")
    return made


def judged(desk: Desk, host: Host, head: str = "", today: date = TODAY) -> gate.Judgement:
    desk.measure({"api/a.py": "++"})
    policy = config.load(desk.read)
    assert policy is not None
    ci = CiContext("github", CiEvent.PULL_REQUEST, target="main", pull_request="7", head_commit=head)
    edges = replace(desk.edges(ci=ci), approvals=host)
    return gate.judge(prepare(Request(today), policy, edges), edges)


def loosened(judgement: gate.Judgement) -> list[str]:
    return [str(one.effect) for one in judgement.verdict.findings if one.rule == "loosened"]


def test_a_loosening_that_an_owner_approved_is_a_note(desk: Desk) -> None:
    head = desk.commit({"covgov.toml": WIDER})
    host = Host("@alice")
    assert loosened(judged(desk, host, head)) == ["note"]
    assert host.asked == [(head, ("@alice", "@acme/gate"))]


def test_a_loosening_that_nobody_approved_fails(desk: Desk) -> None:
    head = desk.commit({"covgov.toml": WIDER})
    assert loosened(judged(desk, Host("@bob", "@mallory"), head)) == ["fail"]


def test_a_change_does_not_name_its_own_owners(desk: Desk) -> None:
    head = desk.commit({"covgov.toml": WIDER, "CODEOWNERS": "* @mallory\n"})
    host = Host("@mallory")
    assert loosened(judged(desk, host, head)) == ["fail"]
    assert host.asked == [(head, ("@alice", "@acme/gate"))]


def test_without_an_owner_on_the_base_branch_nobody_is_asked(tmp_path: Path) -> None:
    made = Desk(tmp_path / "work")
    made.commit({"api/a.py": "one\ntwo\n"})
    made.measure({"api/a.py": "++"})
    made.record(made.judge())
    made.repo.git("switch", "-q", "-c", "topic")
    head = made.commit({"covgov.toml": WIDER, "CODEOWNERS": "* @mallory\n"})
    host = Host("@mallory")
    judgement = judged(made, host, head)
    (hint,) = [one.hint for one in judgement.verdict.findings if one.rule == "loosened"]
    assert hint.endswith("(not approved: CODEOWNERS of the base branch names no owner of covgov.toml)")
    assert host.asked == []


def test_the_head_of_the_request_is_asked_about_where_its_merge_is_built(desk: Desk) -> None:
    head = desk.commit({"covgov.toml": WIDER})
    desk.repo.git("switch", "-q", "--detach", "main")
    desk.repo.git("merge", "-q", "--no-ff", "topic")
    host = Host("@alice")
    assert loosened(judged(desk, host, head)) == ["note"]
    assert [asked for asked, _ in host.asked] == [head]


def test_a_commit_on_top_of_what_was_approved_is_asked_about_itself(desk: Desk) -> None:
    approved = desk.commit({"README.md": "harmless"})
    for text in ("one", "two"):
        head = desk.commit({"covgov.toml": WIDER, "README.md": text})
    host = Host()
    judged(desk, host, approved)
    assert [asked for asked, _ in host.asked] == [head]


def test_what_loosens_nothing_asks_nobody(desk: Desk) -> None:
    head = desk.commit({"README.md": "text"})
    host = Host()
    judged(desk, host, head)
    assert host.asked == []


def test_a_change_of_the_register_asks_its_owners(desk: Desk) -> None:
    head = desk.commit({"exceptions.md": table()})
    host = Host()
    judged(desk, host, head)
    assert host.asked == [(head, ("@bob",))]
