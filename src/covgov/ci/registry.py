"""Every CI system by its name. The first that recognises the environment is used, so `generic` comes last."""

from __future__ import annotations

from covgov.ci.generic import GenericCi
from covgov.ci.github import GithubActions
from covgov.ci.gitlab import GitlabCi
from covgov.ci.interface import CiSystem

SYSTEMS: dict[str, CiSystem] = {
    "github": GithubActions(),
    "gitlab": GitlabCi(),
    "generic": GenericCi(),
}
