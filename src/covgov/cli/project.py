"""The composition root of the single commands: where the project is, its policy, its repository, its history."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from covgov.ci.detect import detect
from covgov.ci.interface import CiContext
from covgov.cli.world import World
from covgov.errors import PolicyInvalid
from covgov.vcs.git import GitRepository, toplevel

if TYPE_CHECKING:
    from covgov.history.interface import RunStore
    from covgov.policy.policy import Policy
    from covgov.register.entry import Register


class Project:
    """Lazily opened parts of the project around `world.cwd`; each property does its input once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._stores: dict[str, RunStore] = {}

    @cached_property
    def root(self) -> Path:
        """Top of the git checkout, else the current directory."""
        return self._checkout or self.world.cwd

    @property
    def is_repository(self) -> bool:
        return self._checkout is not None

    @cached_property
    def _checkout(self) -> Path | None:
        return toplevel(self.world.cwd, self.world.env)

    @cached_property
    def policy(self) -> Policy:
        """The policy on disk. Raises PolicyInvalid, also when there is none."""
        from covgov.policy import config

        found = config.load(self.read)
        if found is None:
            raise PolicyInvalid(
                "policy-missing",
                f"no covgov.toml and no [tool.covgov] in pyproject.toml in {self.root}",
                hint="run `covgov init`, which writes one from what it finds here",
            )
        return found

    @cached_property
    def repository(self) -> GitRepository:
        return GitRepository(self.root, env=self.world.env, fetch=self.ci.in_ci)

    @cached_property
    def ci(self) -> CiContext:
        context = detect(self.world.env, _file)
        if context.branch or not self.is_repository:
            return context
        return replace(context, branch=GitRepository(self.root, env=self.world.env, fetch=False).branch())

    @property
    def store(self) -> RunStore:
        """The configured history."""
        return self.store_at(self.policy.history.store)

    def store_at(self, address: str) -> RunStore:
        """The history at an address, opened once; CI may fetch it from the remote, a laptop reads what is there."""
        from covgov.history.stores.registry import open_store

        if address not in self._stores:
            remote = self.repository.remote()
            self._stores[address] = open_store(
                address, self.root, env=self.world.env, remote=remote, fetch=self.ci.in_ci
            )
        return self._stores[address]

    @cached_property
    def register(self) -> Register:
        """The register on disk; an empty one when the file does not exist. Raises RegisterInvalid."""
        from covgov.register import document

        path = self.policy.exceptions.path
        return document.read(self.read(path), path)

    def read(self, path: str) -> bytes | None:
        """A file of the project, None when it does not exist."""
        file = self.root / path
        return file.read_bytes() if file.is_file() else None


def _file(path: str) -> bytes | None:
    return Path(path).read_bytes() if Path(path).is_file() else None
