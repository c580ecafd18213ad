from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from covgov.hub.auth_service import placement
from covgov.hub.auth_service.oidc.ci_job import CiJob
from covgov.hub.auth_service.permissions import Role
from covgov.hub.auth_service.placement import PendingRun, place
from covgov.hub.auth_service.principals import Principal, PrincipalKind, RepositoryScope, principal
from covgov.hub.auth_service.refusals import PlacementRefusal
from covgov.hub.store import repositories
from covgov.hub.store.repositories import HubRepository
from covgov.hub.store.schema import RUNS
from covgov.hub.store.work import UnitOfWork, stamp
from covgov_testing.fakes.auth import NOON, AuthDesk

SHA = "c" * 40
MAIN = CiJob("refs/heads/main", SHA)
PULL = CiJob("refs/pull/7/merge", SHA)
REFS = st.sampled_from(
    ["refs/heads/main", "refs/heads/dev", "refs/pull/7/merge", "refs/tags/main", "refs/heads/refs/x"]
)


def refusal(job: CiJob, run: PendingRun, *, taken: bool = False, default: str = "main") -> str:
    """code: message (hint); empty when the run may be added."""
    try:
        place(job, run, default, taken=taken)
    except PlacementRefusal as refused:
        return f"{refused.code}: {refused.message} ({refused.hint})"
    return ""


@pytest.mark.security
def test_only_default_branch_jobs_can_repeat_its_runs() -> None:
    assert refusal(MAIN, PendingRun("main", SHA, "t")) == ""
    assert refusal(MAIN, PendingRun("main", "a" * 40, "t"), taken=True) == ""
    for ref in ("refs/tags/main", "refs/pull/7/merge", "refs/heads/Main"):
        assert refusal(CiJob(ref, SHA), PendingRun("main", SHA, "t")).startswith("ci-branch: ")


@pytest.mark.security
def test_a_pull_requests_job_adds_runs_under_the_name_of_its_ref() -> None:
    assert refusal(PULL, PendingRun("refs/pull/7/merge", SHA, "t")) == ""
    said = "send the branch refs/pull/7/merge, or record with a token of the hub"
    assert refusal(PULL, PendingRun("main", SHA, "t")) == (
        f"ci-branch: a job of refs/pull/7/merge cannot add a run of main ({said})"
    )
    assert refusal(PULL, PendingRun("", SHA, "t")) == (
        f"ci-branch: a job of refs/pull/7/merge cannot add a run of no branch ({said})"
    )


@pytest.mark.security
def test_a_job_of_the_default_branch_cannot_write_elsewhere() -> None:
    said = "ci-branch: a job of refs/heads/main cannot add a run of"
    assert refusal(MAIN, PendingRun("dev", SHA, "t")).startswith(f"{said} dev (")
    assert refusal(MAIN, PendingRun("x" * 5000, SHA, "t")).startswith(f"{said} {'x' * 200} (")


@pytest.mark.security
@pytest.mark.parametrize(
    "run", [PendingRun("refs/pull/7/merge", SHA, "t"), PendingRun("refs/pull/7/merge", "a" * 40, "t")]
)
def test_trees_of_the_default_branch_cannot_be_measured_again(run: PendingRun) -> None:
    job = CiJob("refs/pull/7/merge")
    assert refusal(job, run) == ""
    assert refusal(job, run, taken=True) == (
        "ci-measured: main already has a run of this commit or tree; a job of refs/pull/7/merge cannot add another "
        "(do not measure it again: the recorded run of the default branch counts)"
    )


@pytest.mark.security
def test_a_job_of_another_ref_adds_runs_of_its_own_commit_only() -> None:
    assert refusal(PULL, PendingRun("refs/pull/7/merge", "a" * 40, "t")) == (
        f"ci-commit: a job of refs/pull/7/merge at {'c' * 12} cannot add a run of {'a' * 12} "
        "(measure the commit of the job)"
    )


@pytest.mark.security
def test_a_default_branch_named_like_a_ref_is_not_that_ref() -> None:
    assert refusal(PULL, PendingRun("refs/pull/7/merge", SHA, "t"), default="refs/pull/7/merge") == (
        "ci-branch: a job of refs/pull/7/merge is not a job of the branch refs/pull/7/merge (run it on the branch)"
    )


@pytest.mark.security
@given(REFS, st.sampled_from(["main", "dev", "refs/x"]), st.booleans())
def test_only_jobs_of_the_default_branch_add_runs_of_it(ref: str, default: str, taken: bool) -> None:
    assume(ref != f"refs/heads/{default}")
    assert refusal(CiJob(ref, SHA), PendingRun(default, SHA, "t"), taken=taken, default=default) != ""


def shop(work: UnitOfWork) -> HubRepository:
    found = repositories.get(work.connection, "acme", "shop")
    assert found is not None
    return found


def recorded(work: UnitOfWork, branch: str, commit: str, tree: str, repository: str = "acme/shop") -> None:
    """A row as every recorded run has it."""
    found = repositories.get(work.connection, *repository.split("/"))
    assert found is not None
    number = len(work.connection.execute(select(RUNS.c.id)).all()) + 1
    rest = {"attempt": 1, "outcome": "pass", "complete": True, "dirty": False, "policy_hash": "p"}
    values = {"repository_id": found.id, "run_id": f"r{number}", "sequence": number, "recorded_at": stamp(NOON)}
    work.connection.execute(insert(RUNS).values(branch=branch, commit_id=commit, tree=tree, **values, **rest))


def asking(job: CiJob | None) -> Principal:
    return principal(PrincipalKind.TOKEN, "token:a", Role.UPLOADER, RepositoryScope(frozenset({"acme/shop"})), job)


OWN = PendingRun("refs/pull/7/merge", SHA, "own")


@pytest.mark.security
def test_a_run_is_compared_with_the_default_branchs_runs(desk: AuthDesk) -> None:
    with desk.work() as work:
        recorded(work, "main", "m" * 40, "base")
        recorded(work, "dev", SHA, "own")
        recorded(work, "main", SHA, "own", "other/thing")
        placement.check(work, shop(work), asking(PULL), [OWN])
        for taken in (PendingRun(OWN.branch, SHA, "base"), PendingRun(OWN.branch, "m" * 40, "own")):
            with pytest.raises(PlacementRefusal) as caught:
                placement.check(work, shop(work), asking(CiJob(PULL.ref)), [OWN, taken])
            assert (caught.value.code, caught.value.status) == ("ci-measured", 409)
            assert caught.value.repository == "acme/shop"


@pytest.mark.security
def test_placement_is_checked_for_ci_jobs_only(desk: AuthDesk) -> None:
    with desk.work() as work:
        recorded(work, "main", SHA, "base")
        placement.check(work, shop(work), asking(MAIN), [PendingRun("main", SHA, "base")])
        for run in (PendingRun("main", SHA, "base"), PendingRun("x", SHA, "base")):
            placement.check(work, shop(work), asking(None), [run])
            with pytest.raises(PlacementRefusal, match=r"^a job of refs/pull/7/merge cannot add a run"):
                placement.check(work, shop(work), asking(PULL), [run])


@pytest.mark.security
def test_a_refusal_is_audited(desk: AuthDesk) -> None:
    with desk.work("token:a") as work:
        with pytest.raises(PlacementRefusal) as caught:
            placement.check(work, shop(work), asking(PULL), [PendingRun("main", SHA, "own")])
        placement.account(work, caught.value)
    fields = {"permission": "history:append", "reason": "ci-branch", "repository": "acme/shop"}
    assert desk.audited() == [("access-refused", "token:a", fields)]
