"""Deletes old workflow artifacts: the newest few of each name stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from covgov.publish.channels.github.api import GithubApi, WorkflowArtifact


@dataclass(frozen=True, slots=True)
class ArtifactPruning:
    """kept: number of remaining artifacts. gone: deleted ones (in a dry run, candidates), by name, newest first."""

    kept: int
    gone: Sequence[WorkflowArtifact]


def prune(api: GithubApi, *, keep: int, prefix: str, dry_run: bool) -> ArtifactPruning:
    """Delete all but the newest `keep` of each name that begins with `prefix`.

    An artifact deleted concurrently is no error. Raises DeliveryFailed.
    """
    found = api.client.insist(lambda: [one for one in api.artifacts() if one.name.startswith(prefix)])
    gone = tuple(beyond(found, keep))
    for artifact in () if dry_run else gone:
        api.client.insist(partial(api.delete_artifact, artifact.id))
    return ArtifactPruning(len(found) - len(gone), gone)


def beyond(artifacts: Iterable[WorkflowArtifact], keep: int) -> Iterator[WorkflowArtifact]:
    """All but the newest `keep` of each name, by time and id. Expired ones do not count."""
    live = [one for one in artifacts if not one.expired]
    newest_first = sorted(live, key=lambda one: (one.created_at, one.id), reverse=True)
    for _, same in groupby(sorted(newest_first, key=lambda one: one.name), key=lambda one: one.name):
        yield from list(same)[keep:]
