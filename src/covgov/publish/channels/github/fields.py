"""The text fields of parcels for GitHub, checked when they are sent.

A parcel can come from the spool, and so from a file of unknown origin: nothing in it decides where the
token is sent, and it is only delivered in its own repository's workflow.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from covgov.errors import DeliveryFailed, NotConfigured, UsageError
from covgov.publish.channels.interface import COMMIT, NUMBER, Parcel

if TYPE_CHECKING:
    from covgov.publish.channels.github.api import GithubApi

REPOSITORY = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
WHEN = "%Y-%m-%dT%H:%M:%SZ"


class GithubConnector(Protocol):
    """Opens the API of one repository, configured by the environment."""

    def __call__(self, env: Mapping[str, str], repository: str, /) -> GithubApi: ...


def connect(env: Mapping[str, str], repository: str, /) -> GithubApi:
    """Raises UsageError (`http-extra-missing`), NotConfigured and DeliveryFailed."""
    try:
        from covgov.publish.channels.github import api, client  # noqa: PLC0415 - from the extra `http`
    except ModuleNotFoundError as error:
        raise UsageError(
            "http-extra-missing",
            f"GitHub's API needs packages that are not installed ({error.name})",
            hint="pip install 'covgov[http]'",
        ) from error
    return api.GithubApi(client.connect(env), repository)


def own_repository(env: Mapping[str, str]) -> str:
    """The repository of this workflow. Raises NotConfigured (`github-repository-missing`)."""
    name = env.get("GITHUB_REPOSITORY", "")
    if not REPOSITORY.fullmatch(name):
        raise NotConfigured(
            "github-repository-missing",
            "GITHUB_REPOSITORY does not name a repository",
            hint="set GITHUB_REPOSITORY=owner/name outside of GitHub workflows",
        )
    return name


def moment(at: datetime) -> str:
    """An aware time as a field, to the second."""
    return at.astimezone(UTC).strftime(WHEN)


class ParcelFields:
    """The fields of a parcel. Every method raises DeliveryFailed (`github-parcel-damaged`)."""

    def __init__(self, parcel: Parcel) -> None:
        self._parcel = parcel

    def text(self, name: str) -> str:
        try:
            return self._parcel.body[name]
        except KeyError:
            raise self.damaged(f"has no {name}") from None

    def matching(self, name: str, shape: re.Pattern[str]) -> str:
        value = self.text(name)
        if not shape.fullmatch(value):
            raise self.damaged(f"has no usable {name}")
        return value

    def number(self, name: str) -> int:
        return int(self.matching(name, NUMBER))

    def commit(self) -> str:
        return self.matching("commit", COMMIT)

    def time(self, name: str) -> datetime:
        try:
            return datetime.strptime(self.text(name), WHEN).replace(tzinfo=UTC)
        except ValueError:
            raise self.damaged(f"has no usable {name}") from None

    def repository(self, env: Mapping[str, str]) -> str:
        """The parcel's repository, which must be the workflow's own. Raises NotConfigured too."""
        name, here = self.matching("repository", REPOSITORY), own_repository(env)
        if here.casefold() != name.casefold():
            raise self.damaged(f"is about {name}, and this is {here}")
        return name

    def one_of(self, name: str, choices: Collection[str]) -> str:
        value = self.text(name)
        if value not in choices:
            raise self.damaged(f"has no usable {name}")
        return value

    def damaged(self, what: str) -> DeliveryFailed:
        return DeliveryFailed(
            "github-parcel-damaged",
            f"the parcel for {self._parcel.destination!r} {what}",
            hint="nothing was sent; publish again, or delete the parcel from the spool",
        )
