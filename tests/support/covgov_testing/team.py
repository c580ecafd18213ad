"""A team with a bare origin, a main branch and pull requests, as GitHub Actions would run them.

The project has one module whose covered lines are module-level assignments and whose uncovered lines stand in a
function that nothing calls; so every figure in a test can be worked out by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from covgov_testing.installed import Done, Installed
from covgov_testing.repos import Repo

POLICY = """\
version = 1

[policy]
fail_under = 80
max_drop = 2
fail_under_patch = 0

[suites.app]
tests = ["tests"]

[components.app]
paths = ["app/**"]
suite = "app"

[[components.app.rules]]
scope = "file"
min = 75

[register]
path = "exceptions.md"
"""

COVERAGERC = "[run]\nsource = app\nrelative_files = True\n"
TEST = """\
import importlib
import pkgutil

import app


def test_every_module_imports() -> None:
    for module in pkgutil.iter_modules(app.__path__):
        importlib.import_module(f"app.{module.name}")
"""


def module(covered: int, uncovered: int, *, stem: str = "line") -> str:
    """`covered` executable lines that run on import and `uncovered` ones that never do.

    The `def` line of the function that nothing calls is one of the covered ones.
    """
    ran = [f"{stem}_{number} = {number}" for number in range(covered - bool(uncovered))]
    never = ["def never() -> None:", *(f"    never_{number} = {number}" for number in range(uncovered))]
    return "\n".join(ran + (never if uncovered else [])) + "\n"


class Team:
    """One bare origin and one checkout that plays developer and CI in turn."""

    def __init__(self, covgov: Installed, root: Path) -> None:
        self.covgov = covgov
        self.origin = Repo(root / "origin.git", bare=True)
        self.work = Repo(root / "work")
        self.work.git("remote", "add", "origin", str(root / "origin.git"))
        self.events = root / "events"
        self.events.mkdir()

    def push_main(self, files: Mapping[str, str], message: str = "change") -> str:
        """Commit on main and push, without running CI. The new commit."""
        self.work.git("checkout", "--quiet", "-B", "main")
        commit = self.work.commit(files, message)
        self.work.git("push", "--quiet", "origin", "main")
        return commit

    def ci_main(self, *args: str, before: str = "0" * 40) -> Done:
        """What CI does after a push to main: `covgov run` with the push event."""
        self.work.git("checkout", "--quiet", "main")
        return self._ci("push", {"before": before}, "refs/heads/main", args or ("run",))

    def branch(self, name: str, files: Mapping[str, str], *, start: str = "main") -> str:
        """A feature branch with one commit, and the merge commit with main that CI would check out."""
        self.work.git("checkout", "--quiet", "-B", name, start)
        self.work.commit(files, name)
        self.work.git("checkout", "--quiet", "-B", f"merge-of-{name}", "main")
        self.work.git("merge", "--quiet", "--no-ff", "-m", f"merge {name}", name)
        return name

    def remove(self, name: str, *paths: str) -> None:
        """A feature branch that deletes files, with its merge commit."""
        self.work.git("checkout", "--quiet", "-B", name, "main")
        for path in paths:
            self.work.git("rm", "--quiet", path)
        self.work.commit({}, name)
        self.work.git("checkout", "--quiet", "-B", f"merge-of-{name}", "main")
        self.work.git("merge", "--quiet", "--no-ff", "-m", f"merge {name}", name)

    def ci_pull_request(self, name: str, *args: str, env: Mapping[str, str] | None = None) -> Done:
        """What CI does for a pull request: the given command (default `run`) on the synthetic merge commit."""
        self.work.git("checkout", "--quiet", f"merge-of-{name}")
        event = {"pull_request": {"number": 1, "base": {"ref": "main"}}, "number": 1}
        return self._ci("pull_request", event, "refs/pull/1/merge", args or ("run",), env or {})

    def merge(self, name: str) -> str:
        """Land the branch on main and push. The commit that main pointed to before."""
        self.work.git("checkout", "--quiet", "main")
        before = self.work.git("rev-parse", "HEAD")
        self.work.git("merge", "--quiet", "--no-ff", "-m", f"land {name}", name)
        self.work.git("push", "--quiet", "origin", "main")
        return before

    def read(self, name: str) -> str:
        return (self.work.root / name).read_text(encoding="utf-8")

    def _ci(
        self,
        event: str,
        payload: Mapping[str, object],
        ref: str,
        args: tuple[str, ...],
        env: Mapping[str, str] | None = None,
    ) -> Done:
        path = self.events / f"{event}.json"
        path.write_text(json.dumps({**payload, "repository": {"default_branch": "main"}}), encoding="utf-8")
        summary = self.events / "summary.md"
        summary.unlink(missing_ok=True)
        github = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": ref.removeprefix("refs/heads/").removeprefix("refs/pull/"),
            "GITHUB_BASE_REF": "main" if event == "pull_request" else "",
            "GITHUB_STEP_SUMMARY": str(summary),
        }
        return self.covgov.run(*args, cwd=self.work.root, env={**github, **(env or {})})
