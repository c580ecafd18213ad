"""Workflow artifacts of the repository that this workflow runs in."""

from __future__ import annotations

from covgov.cli.world import World
from covgov.errors import NotConfigured
from covgov.publish.channels.github.artifacts import Pruned, prune
from covgov.publish.channels.github.fields import REPOSITORY, connect


def prune_github(world: World, *, keep: int, prefix: str, dry_run: bool) -> Pruned:
    """Delete on GitHub what is beyond the newest `keep` of each name.

    Raises DeliveryFailed, NotConfigured (`github-repository-missing`, `github-token-missing`) and UsageError
    (`http-extra-missing`).
    """
    repository = world.env.get("GITHUB_REPOSITORY", "")
    if not REPOSITORY.fullmatch(repository):
        raise NotConfigured(
            "github-repository-missing",
            "GITHUB_REPOSITORY does not name a repository",
            hint="this runs in a workflow of GitHub; elsewhere set GITHUB_REPOSITORY=owner/name",
        )
    return prune(connect(world.env, repository), keep=keep, prefix=prefix, dry_run=dry_run)
