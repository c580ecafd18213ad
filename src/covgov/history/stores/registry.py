"""Which stores there are: the part of `[history] store` before the colon -> how it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from covgov.errors import PolicyInvalid, UsageError
from covgov.history.interface import RunStore
from covgov.history.stores.directory import DirStore
from covgov.history.stores.git.plumbing import Plumbing
from covgov.history.stores.git.store import GitStore


class StoreContext(Struct, frozen=True):
    """What a store may need besides its own address."""

    root: Path
    env: Mapping[str, str]
    remote: str | None
    fetch: bool


def open_store(url: str, root: Path, *, env: Mapping[str, str], remote: str | None, fetch: bool) -> RunStore:
    """The store that `url` names. Raises PolicyInvalid (`history-store-unknown`, `history-store-unsupported`).

    remote: the git remote that shares the branch. fetch: bring it from there before the first read (CI).
    """
    scheme, _, address = url.partition(":")
    if scheme in LATER:
        raise PolicyInvalid(
            "history-store-unsupported",
            f"[history] store = {url}: {scheme}: stores are not in this version of covgov",
            hint="use git:BRANCH, dir:PATH or hub:URL",
        )
    if scheme not in STORES or not address:
        raise PolicyInvalid(
            "history-store-unknown",
            f"[history] store = {url}: not a store address",
            hint="use git:BRANCH (git:coverage-history), dir:PATH (dir:../coverage-history) or hub:https://HUB/OWNER/NAME",
        )
    return STORES[scheme](address, StoreContext(root, env, remote, fetch))


def _git(branch: str, around: StoreContext) -> RunStore:
    git = Plumbing(around.root, around.env)
    if git.run("check-ref-format", f"refs/heads/{branch}").code or branch.startswith("-"):
        raise PolicyInvalid(
            "history-store-unknown",
            f"[history] store = git:{branch}: not a valid branch name",
            hint="use git:coverage-history",
        )
    return GitStore(git, branch, remote=around.remote, fetch=around.fetch)


def _directory(path: str, around: StoreContext) -> RunStore:
    return DirStore(around.root / path)


def _hub(url: str, around: StoreContext) -> RunStore:
    try:
        from covgov.history.stores.hub.client import TOKEN, HubClient, parse  # noqa: PLC0415 - from the extra `http`
        from covgov.history.stores.hub.store import HubStore  # noqa: PLC0415 - from the extra `http`
    except ModuleNotFoundError as error:
        raise UsageError(
            "http-extra-missing",
            f"a hub: store needs packages that are not installed ({error.name})",
            hint="pip install 'covgov[http]'",
        ) from error
    return HubStore(HubClient(parse(url), around.env.get(TOKEN, "")), in_ci=around.fetch)


STORES: dict[str, Callable[[str, StoreContext], RunStore]] = {
    "git": _git,
    "dir": _directory,
    "hub": _hub,
}

LATER = frozenset({"s3", "sqlite", "postgresql"})
"""Named by the design, refused by name until they exist."""
