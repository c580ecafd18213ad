"""Any other CI that sets the variable CI, or the variables of a pull request that it builds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from covgov.ci.interface import BranchSource, CiContext, CiEvent

TARGETS = (
    ("CHANGE_TARGET", "CHANGE_ID"),  # Jenkins
    ("SYSTEM_PULLREQUEST_TARGETBRANCH", "SYSTEM_PULLREQUEST_PULLREQUESTID"),  # Azure Pipelines
    ("BITBUCKET_PR_DESTINATION_BRANCH", "BITBUCKET_PR_ID"),
    ("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "BUILDKITE_PULL_REQUEST"),
    ("CI_COMMIT_TARGET_BRANCH", "CI_COMMIT_PULL_REQUEST"),  # Woodpecker
    ("DRONE_TARGET_BRANCH", "DRONE_PULL_REQUEST"),
    ("TRAVIS_BRANCH", "TRAVIS_PULL_REQUEST"),
    ("APPVEYOR_REPO_BRANCH", "APPVEYOR_PULL_REQUEST_NUMBER"),
    ("CIRRUS_BASE_BRANCH", "CIRRUS_PR"),
    ("SEMAPHORE_GIT_BRANCH", "SEMAPHORE_GIT_PR_NUMBER"),
    ("", "CIRCLE_PULL_REQUEST"),
)
"""Variables of a pull request: its target branch ("" = not told), and its number or address."""

NO_REQUEST = ("", "false")


class GenericCi:
    name: ClassVar[str] = "generic"

    def recognises(self, env: Mapping[str, str]) -> bool:
        return env.get("CI", "").lower() in ("true", "1", "yes") or _request(env) is not None

    def context(self, env: Mapping[str, str], read: Callable[[str], bytes | None]) -> CiContext:
        target = _request(env)
        event = CiEvent.LOCAL if target is None else CiEvent.PULL_REQUEST
        return CiContext(system=self.name, event=event, target=target or "", branch_from=BranchSource.UNKNOWN)


def _request(env: Mapping[str, str]) -> str | None:
    """Target branch of the pull request that is built, "" when unnamed; None when none is built."""
    found = (target for target, request in TARGETS if env.get(request, "") not in NO_REQUEST)
    name = next(found, None)
    return None if name is None else env.get(name, "").removeprefix("refs/heads/")
