"""Deepens a shallow clone in steps until a query succeeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from covgov.errors import Undetermined
from covgov.vcs.command import Git

STEPS = ("--deepen=50", "--deepen=200", "--deepen=1000", "--unshallow")
"""Fetch options in order; the last fetches the whole history."""


class Deepener(Struct, frozen=True):
    """remote None or fetch False: the history cannot be fetched."""

    git: Git
    remote: str | None
    fetch: bool

    def shallow(self) -> bool:
        return self.git.run("rev-parse", "--is-shallow-repository").text == "true"

    def until(self, answered: Callable[[], bool], question: str) -> None:
        """Fetch older history until `answered`. Raises Undetermined (`clone-too-shallow`) when that fails.

        Returns when the whole history is present, even without an answer.
        """
        steps = self._steps(question)
        while not answered():
            if not self.shallow():
                return
            next(steps)

    def _steps(self, question: str) -> Iterator[None]:
        if self.remote is None:
            raise too_shallow(question, "there is no remote to fetch older history from")
        if not self.fetch:
            raise too_shallow(question, "older history is not fetched implicitly")
        for step in STEPS:
            done = self.git.ask("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", step, self.remote)
            if done.code:
                words = done.err.splitlines()[0] if done.err else f"exit code {done.code}"
                raise too_shallow(question, f"git fetch {step} {self.remote} failed: {words}")
            yield
        raise too_shallow(question, f"{self.remote} itself has no older history")


def too_shallow(question: str, why: str) -> Undetermined:
    """The error for a history that ends too early."""
    return Undetermined(
        "clone-too-shallow",
        f"the clone is too shallow to find {question}: {why}",
        hint="fetch the whole history: `fetch-depth: 0` in actions/checkout, GIT_DEPTH=0 in GitLab, "
        "or `git fetch --unshallow`",
    )
