"""What is asked, and the edges it is asked through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date

from msgspec import Struct

from covgov.ci.interface import CiContext
from covgov.history.interface import RunStore
from covgov.model.approval import Approval, Approvals
from covgov.vcs.interface import Repository


class Request(Struct, frozen=True):
    """suites: () = every declared one. fail_under: text of `--fail-under`. base: a revision instead of the usual one.

    folder: where the snapshots lie, relative to the project root.
    """

    today: date
    suites: tuple[str, ...] = ()
    fail_under: str | None = None
    accept_identity: bool = False
    base: str | None = None
    folder: str = "coverage"


def no_reviews(_head: str, _owners: Sequence[str], /) -> Approval:
    """Where there is no code host, nobody has approved anything."""
    return Approval(why="there is no code host whose reviews can be read")


@dataclass(frozen=True, slots=True)
class Edges:
    """read: a project file's bytes, None when there is none. repository: None outside git. store: the history at an
    address (`history.store`), opened on demand. approvals: asked on demand, too."""

    read: Callable[[str], bytes | None]
    repository: Repository | None
    store: Callable[[str], RunStore]
    ci: CiContext
    env: Mapping[str, str]
    approvals: Approvals = no_reviews

    def steady(self) -> AbstractContextManager[None]:
        """Inside, the files on disk do not change."""
        return nullcontext() if self.repository is None else self.repository.steady()
