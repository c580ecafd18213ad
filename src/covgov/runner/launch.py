"""Interpreter, command line and environment of a suite. Pure, except for checking whether a file exists."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from covgov.policy.policy import Suite, SuiteRunner

BOOTSTRAP = Path(__file__).parent / "bootstrap"
REPORTER = Path(__file__).parent / "reporter.py"
UNITTEST = Path(__file__).parent / "unittest_junit.py"
PLUGIN = Path(__file__).parent.parent / "pytest_plugin.py"
PLUGIN_COPY = "covgov_attributes"
"""Module name of the pytest plugin's copy for an interpreter without covgov."""

INSTALLED = "lib/python3*/site-packages/coverage/__init__.py"
"""What a virtual environment has that can measure."""

NO_AUTOLOAD = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"

FOREIGN = (
    *("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"),
    *("_COVGOV_HANDED", "_COVGOV_PLUGIN", "_COVGOV_PYTEST"),
)
"""Variables of an outer run (covgov testing itself), which has nothing to do with the suite."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The clean directory of one run; a run never reads or deletes data outside of it."""

    path: Path

    @property
    def data(self) -> Path:
        """Data files, interpreter notes and plugin notes of the measured processes."""
        return self.path / "data"

    @property
    def junit(self) -> Path:
        return self.path / "junit.xml"

    @property
    def reports(self) -> Path:
        """Where coverage.py's reports and the combined data file are written."""
        return self.path / "reports"

    @property
    def plugin(self) -> Path:
        return self.path / "plugin"


def interpreter(suite: Suite, root: Path, env: Mapping[str, str]) -> str:
    """The suite's own interpreter: `python` of the suite, else that of the active virtual environment, else of the
    project's own `.venv` or `venv` where coverage.py is installed in it, else COVGOV_SUITE_PYTHON, else this one.

    COVGOV_SUITE_PYTHON is for a covgov with an environment of its own, which has none of the project's packages. A
    relative path is relative to `root`; a bare name is looked up in PATH.
    """
    if suite.python:
        return str(root / suite.python) if "/" in suite.python else suite.python
    if env.get("VIRTUAL_ENV"):
        active = Path(env["VIRTUAL_ENV"], "bin", "python")
        return str(active) if active.is_file() else sys.executable
    own = (root / name for name in (".venv", "venv") if any((root / name).glob(INSTALLED)))
    default = env.get("COVGOV_SUITE_PYTHON") or sys.executable
    return next((str(place / "bin" / "python") for place in own if place != Path(sys.prefix)), default)


def command_line(suite: Suite, python: str, work: Workspace, extra: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """The suite's `command` with `{junit}` filled in, else pytest or unittest under coverage.py."""
    if suite.command:
        return [*(part.replace("{junit}", str(work.junit)) for part in suite.command), *extra]
    if suite.runner is SuiteRunner.UNITTEST:
        # the start-up hook measures; the script itself has no file name, so that no report lists it
        run = [python, "-c", f"exec(compile(open({str(UNITTEST)!r}).read(), '<covgov>', 'exec'))"]
        left_out = [f"--deselect={test}" for test in suite.deselect]
        return [*run, f"--junit={work.junit}", *left_out, *suite.tests, *suite.args, *extra]
    run = [python, "-m", "coverage", "run", "--parallel-mode", f"--data-file={work.data / '.coverage'}", "-m", "pytest"]
    plugin = ["-p", PLUGIN_COPY] if needs_plugin(suite, python, env) else []
    # pytest imports the file of a deselected test, but not an ignored file
    left_out = [f"--{'deselect' if '::' in test else 'ignore'}={test}" for test in suite.deselect]
    return [*run, *plugin, *suite.tests, *suite.args, *left_out, f"--junitxml={work.junit}", *extra]


def needs_plugin(suite: Suite, python: str, env: Mapping[str, str]) -> bool:
    """Whether pytest needs `-p` for the plugin: another interpreter may have no covgov, or plugin autoload is
    disabled."""
    return not suite.command and (python != sys.executable or bool(env.get(NO_AUTOLOAD)))


def environment(suite: Suite, root: Path, work: Workspace, env: Mapping[str, str]) -> dict[str, str]:
    """The child's environment: the caller's, plus variables that measure every Python process in it.

    A suite with `reports` is not measured. pytest in a `command` is asked to count its tests, whoever starts it.
    """
    kept = {name: value for name, value in env.items() if name not in FOREIGN}
    paths = [str(BOOTSTRAP), str(work.plugin)]
    paths += [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path and path not in paths]
    kept |= {"PYTHONPATH": os.pathsep.join(paths), "COVGOV_NOTES_DIR": str(work.data), "_COVGOV_DATA": str(work.data)}
    if suite.command:
        kept |= {"_COVGOV_PLUGIN": PLUGIN_COPY, "TOX_OVERRIDE": tox_override(env.get("TOX_OVERRIDE", ""))}
    if suite.reports:
        return kept
    context = env.get("COVERAGE_CONTEXT") or suite.name
    return {
        **kept,
        "COVERAGE_FILE": str(work.data / ".coverage"),
        "COVERAGE_CONTEXT": context,
        "_COVGOV_ROOT": str(root),
    }


PASSED = ("PYTHONPATH", "COVERAGE_*", "COVGOV_*", "_COVGOV_*")
"""What a tool that clears the environment must pass on."""


def tox_override(given: str) -> str:
    """`given`, and PASSED for tox's environments, as its INI and its TOML files call what they share."""
    shared = (f"{section}.pass_env+={','.join(PASSED)}" for section in ("testenv", "env_run_base"))
    return ";".join(filter(None, (given, *shared)))
