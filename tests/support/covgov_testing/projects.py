"""Tiny projects with tests of their own, written to a temporary directory and run for real."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from covgov.runner.launch import FOREIGN

COVERAGERC = "[run]\nbranch = true\nrelative_files = true\nsource = app\ncontext = ${COVERAGE_CONTEXT-local}\n"

CALC = """\
def sign(number):
    if number < 0:
        return -1
    return 1


def never():
    return 0
"""

TEST_CALC = """\
import pytest

from app.calc import sign


@pytest.mark.security
def test_positive():
    assert sign(1) == 1
"""


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write files below `root`; the root."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def calc(root: Path, more: Mapping[str, str] | None = None) -> Path:
    """`app/calc.py` with 6 statements (4 run) and one `if` (one of 2 exits taken), tested by `tests/test_calc.py`."""
    files = {
        ".coveragerc": COVERAGERC,
        "pytest.ini": "[pytest]\npythonpath = .\n",
        "app/__init__.py": "",
        "app/calc.py": CALC,
        "tests/test_calc.py": TEST_CALC,
    }
    return write(root, {**files, **(more or {})})


def counted(root: Path, covered: int, total: int) -> Path:
    """A project with exactly `covered` of `total` executable lines run (no branches), and a policy for its suite."""
    body = "def run():\n" + "    x = 1\n" * (covered - 2) + "def missed():\n" + "    x = 1\n" * (total - covered)
    return write(
        root,
        {
            ".coveragerc": "[run]\nrelative_files = true\nsource = app\n",
            "pytest.ini": "[pytest]\npythonpath = .\n",
            "app/counted.py": body,
            "tests/test_counted.py": "from app.counted import run\n\n\ndef test_run():\n    run()\n",
            "covgov.toml": COUNTED_POLICY,
        },
    )


COUNTED_POLICY = """\
[policy]
fail_under = 90
fail_under_patch = 0
max_drop = 100

[suites.engine]
tests = ["tests"]

[components.app]
paths = ["app/**"]
suite = "engine"
"""


BARE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""For a pytest whose plugins are not what is tested: loading every one that is installed here takes it a second."""

FEW_PLUGINS = {"PYTEST_ADDOPTS": "-p no:schemathesis -p no:inline_snapshot -p no:hypothesispytest -p no:anyio"}
"""For a pytest that loads plugins as it usually does: these are this environment's own and no project's under test."""


def environment(**more: str) -> dict[str, str]:
    """The test process's environment without an active virtual environment, whose interpreter then is this one."""
    env = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return {**env, "COVGOV_PYTHON": sys.executable, **more}


def unmeasured(env: Mapping[str, str]) -> dict[str, str]:
    """`env` for a process that only its answers are wanted of: measuring it takes longer than what it does."""
    return {name: value for name, value in env.items() if name not in FOREIGN}
