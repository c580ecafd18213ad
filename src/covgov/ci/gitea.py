"""Gitea Actions and Forgejo Actions: GitHub's variables and event files, and a code host that is not GitHub."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from covgov.ci.github import GithubActions
from covgov.ci.interface import CiContext


class GiteaActions:
    name: ClassVar[str] = "gitea"

    def recognises(self, env: Mapping[str, str]) -> bool:
        return "true" in (env.get("GITEA_ACTIONS"), env.get("FORGEJO_ACTIONS"))

    def context(self, env: Mapping[str, str], read: Callable[[str], bytes | None]) -> CiContext:
        numbered = {**env, "GITHUB_RUN_ID": env.get("GITHUB_RUN_NUMBER", "")}  # Gitea's pages are by number
        return replace(GithubActions().context(numbered, read), system=self.name)
