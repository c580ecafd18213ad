"""One session per suite of covgov.toml: `nox -s "tests(unit_engine)" -- --cov-report=xml:coverage/engine.xml`.

With `--fail-under PERCENT` after `--`, or COVERAGE_FAIL_UNDER in the environment, the session also checks the suite and
fails below that bar; without them it only measures. nox turns every failure into exit code 1; pipelines that act on
covgov's exit codes call covgov itself.
"""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from pathlib import Path

import nox

nox.options.default_venv_backend = os.environ.get("NOX_DEFAULT_VENV_BACKEND", "virtualenv")

# The version that runs nox. One version as text: a list would put it into the session's name.
PYTHON = "{}.{}".format(*sys.version_info)
JUDGED = [0, 10, 11]
"""Exit codes after which a check can follow: it also judges tests that failed and a suite that is missing."""
SUITES = tuple(tomllib.loads(Path("covgov.toml").read_text(encoding="utf-8"))["suites"])


@nox.session(python=PYTHON)
@nox.parametrize("suite", [nox.param(name, id=f"unit_{name.replace('-', '_')}") for name in SUITES])
def tests(session: nox.Session, suite: str) -> None:
    """Measure one suite with `covgov run --measure-only`, and check it if a bar is given."""
    parser = argparse.ArgumentParser(prog="nox -s tests --", add_help=False, allow_abbrev=False)
    parser.add_argument("--fail-under", metavar="PERCENT")
    own, arguments = parser.parse_known_args(session.posargs)
    bar = [] if own.fail_under is None else ["--fail-under", own.fail_under]
    checked = bool(bar or os.environ.get("COVERAGE_FAIL_UNDER"))
    python = sys.executable if session.venv_backend == "none" else "python"
    if session.venv_backend != "none":
        session.run_install(python, "scripts/setup/install.py")
    session.run(
        *(python, "-m", "covgov", "run", "--measure-only", suite, "--", *arguments),
        env={"COVERAGE_CONTEXT": os.environ.get("COVERAGE_CONTEXT", suite)},
        success_codes=JUDGED if checked else [0],
    )
    if checked:
        session.run(python, "-m", "covgov", "check", suite, *bar)
