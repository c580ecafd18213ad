from __future__ import annotations

import httpx2
import pytest

from covgov.errors import DeliveryFailed
from covgov.publish.channels.github.artifacts import ArtifactPruning, prune
from covgov_testing.fakes.github import FakeGithub, api_of, refusal


def pruned(github: FakeGithub, keep: int = 2, *, dry_run: bool = False) -> ArtifactPruning:
    return prune(api_of(github), keep=keep, prefix="coverage-", dry_run=dry_run)


def left(github: FakeGithub) -> list[str]:
    return sorted(str(one["name"]) + "@" + str(one["created_at"])[8:10] for one in github.artifacts)


def test_the_newest_artifacts_of_each_name_stay() -> None:
    github = FakeGithub()
    for day in (3, 1, 4, 2):
        github.artifact("coverage-unit-api", day)
        github.artifact("coverage-unit-auth", day)
    github.artifact("coverage-digest", 1)
    done = pruned(github)
    assert left(github) == [
        "coverage-digest@01",
        "coverage-unit-api@03",
        "coverage-unit-api@04",
        "coverage-unit-auth@03",
        "coverage-unit-auth@04",
    ]
    assert done.kept == 5
    assert [(one.name, one.created_at.day) for one in done.gone] == [
        ("coverage-unit-api", 2),
        ("coverage-unit-api", 1),
        ("coverage-unit-auth", 2),
        ("coverage-unit-auth", 1),
    ]


def test_other_names_are_not_touched() -> None:
    github = FakeGithub()
    for day in range(1, 9):
        github.artifact("release", day)
    assert pruned(github).gone == ()
    assert len(github.artifacts) == 8


def test_the_later_artifact_of_one_second_stays() -> None:
    github = FakeGithub()
    ids = [github.artifact("coverage-x", 1) for _ in range(3)]
    assert [one.id for one in pruned(github, keep=1).gone] == [ids[1], ids[0]]


def test_expired_ones_take_no_place_and_are_left_to_github() -> None:
    github = FakeGithub()
    for day in range(1, 6):
        github.artifact("coverage-x", day, expired=day > 3)
    assert [one.created_at.day for one in pruned(github).gone] == [1]


def test_artifacts_are_found_on_every_page() -> None:
    github = FakeGithub()
    for number in range(230):
        github.artifact("coverage-x" if number % 2 else "other", 1 + number % 28)
    assert len(pruned(github, keep=10).gone) == 105
    assert len(github.artifacts) == 125


def test_a_dry_run_deletes_nothing() -> None:
    github = FakeGithub()
    for day in range(1, 6):
        github.artifact("coverage-x", day)
    assert len(pruned(github, dry_run=True).gone) == 3
    assert len(github.artifacts) == 5


@pytest.mark.reliability
@pytest.mark.parametrize("fault", [refusal(502, "no"), refusal(404, "Not Found"), httpx2.ReadTimeout("slow")])
def test_an_artifact_already_deleted_is_no_error(fault: httpx2.Response | Exception) -> None:
    github = FakeGithub()
    for day in range(1, 4):
        github.artifact("coverage-x", day)
    github.fail(fault, method="DELETE", done=True)
    assert len(pruned(github).gone) == 1
    assert len(github.artifacts) == 2


def test_a_token_without_delete_permission_is_an_error() -> None:
    github = FakeGithub(read_only=True)
    for day in range(1, 4):
        github.artifact("coverage-x", day)
    with pytest.raises(DeliveryFailed) as caught:
        pruned(github)
    assert caught.value.code == "github-forbidden"
