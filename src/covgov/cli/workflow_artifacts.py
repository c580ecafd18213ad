"""Workflow artifacts of the repository that this workflow runs in."""

from __future__ import annotations

from covgov.cli.world import World
from covgov.publish.channels.github.artifacts import ArtifactPruning, prune
from covgov.publish.channels.github.fields import connect, own_repository


def prune_github(world: World, *, keep: int, prefix: str, dry_run: bool) -> ArtifactPruning:
    """Delete on GitHub what is beyond the newest `keep` of each name.

    Raises DeliveryFailed, NotConfigured (`github-repository-missing`, `github-token-missing`) and UsageError
    (`http-extra-missing`).
    """
    return prune(connect(world.env, own_repository(world.env)), keep=keep, prefix=prefix, dry_run=dry_run)
