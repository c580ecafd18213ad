"""Measures another commit of the project with today's tools: its own tests on its own code."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from covgov.model.snapshot import Snapshot
from covgov.policy.policy import Suite
from covgov.runner.run_suite import run_suite

TOOLS = (".venv", "venv", "node_modules")
"""Directories of installed tools, which git ignores and the suites' commands use."""


def measure_base(
    suites: Sequence[Suite],
    *,
    root: Path,
    project: Path,
    env: Mapping[str, str],
    progress: Callable[[str], None],
) -> Mapping[str, Snapshot] | str:
    """Run the suites in `root`, a checkout of the commit; the text is why they prove nothing.

    project: the checkout that the caller works in, whose tools are used. Reports go to a directory beside `root`.
    """
    for name in TOOLS:
        if (project / name).is_dir() and not (root / name).exists():
            (root / name).symlink_to(project / name, target_is_directory=True)
    found: dict[str, Snapshot] = {}
    for suite in suites:
        done = run_suite(suite, root=root, out=root.parent / "reports", env=_environment(root, env), progress=progress)
        if done.snapshot is None:
            return f"suite {suite.name} did not arrive: {done.reason}"
        if done.snapshot.tests is not None and not done.snapshot.tests.passed:
            return f"the tests of suite {suite.name} failed"
        if not done.snapshot.files:
            return f"suite {suite.name} measured no file"
        found[suite.name] = done.snapshot
    return found


def _environment(root: Path, env: Mapping[str, str]) -> Mapping[str, str]:
    """An editable install leads to the caller's checkout; PYTHONPATH comes before it."""
    own = [str(path) for path in (root / "src", root) if path.is_dir()]
    rest = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path]
    return {**env, "PYTHONPATH": os.pathsep.join([*own, *rest])}
