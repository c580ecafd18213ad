"""Every CI system by its name. The first that recognises the environment is used, so `generic` comes last."""

from __future__ import annotations

from covgov.ci.gitea import GiteaActions
from covgov.ci.github import GithubActions
from covgov.ci.gitlab import GitlabCi
from covgov.ci.interface import CiSystem
from covgov.ci.other import GenericCi, OtherCi
from covgov.ci.variables import TABLE

SYSTEMS: dict[str, CiSystem] = {
    "gitea": GiteaActions(),  # sets GITHUB_ACTIONS too
    "github": GithubActions(),
    "gitlab": GitlabCi(),
    **{name: OtherCi(name, names) for name, names in TABLE.items()},
    "generic": GenericCi(),
}
