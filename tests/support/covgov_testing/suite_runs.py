"""Suites of tiny projects, run for real."""

from __future__ import annotations

from pathlib import Path

from covgov.policy.policy import Suite
from covgov.runner.passthrough import ReportOutputs
from covgov.runner.run_suite import SuiteRun, run_suite
from covgov_testing import projects

UNIT = Suite(tests=("tests",)).named("unit")
PLAIN = ReportOutputs()


def script(*command: str) -> Suite:
    """A suite of this command, whether a policy file may have it or not."""
    return Suite(command=command).named("unit")


class Run:
    """One project, run as often as a test likes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.out = root / "coverage"
        self.said: list[str] = []

    def __call__(self, suite: Suite, *extra: str, requested: ReportOutputs = PLAIN, **env: str) -> SuiteRun:
        return run_suite(
            suite,
            root=self.root,
            out=self.out,
            env=projects.environment(**projects.BARE, **env),
            extra=extra,
            requested=requested,
            progress=self.said.append,
        )

    @property
    def text(self) -> str:
        return "\n".join(self.said)

    @property
    def written(self) -> set[str]:
        return {path.name for path in self.out.iterdir() if not path.name.startswith(".")}
