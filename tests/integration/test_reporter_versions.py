"""The reporter as it is run, beside coverage.py's own commands: the oldest supported version and this environment's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from covgov.runner import launch
from covgov_testing import projects

OLDEST = Path(__file__).resolve().parents[2] / ".cache" / "oldest"

absent = pytest.mark.skipif(
    not OLDEST.is_dir(), reason=f"{OLDEST} is absent: run `python scripts/setup/fetch_sdists.py` once"
)

MODULES = ("argparse", "contextlib", "dataclasses", "shlex", "textwrap", "tokenize")
"""Of the standard library, as sources that nobody wrote for this test."""

COMMANDS = {"xml": ("-o",), "json": ("-o",), "lcov": ("-o",), "html": ("-d",), "report": ()}


def tool(root: Path, env: dict[str, str], *args: str) -> str:
    command = [sys.executable, *args]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=True).stdout


def timeless(folder: Path) -> dict[str, str]:
    """Name -> report without what tells the time; `status.json` is about coverage.py's settings."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix not in (".png", "")}
    read = {name: path.read_text(encoding="utf-8") for name, path in files.items() if path.name != "status.json"}
    return {name: re.sub(r'timestamp(": |=)"[^"]*"|created at [-0-9: +]+', "", text) for name, text in read.items()}


@pytest.mark.reliability
@pytest.mark.parametrize("path", [pytest.param(OLDEST, marks=absent, id="oldest"), pytest.param(None, id="own")])
@pytest.mark.parametrize("branch", [True, False])
def test_reports_are_those_of_the_five_commands(tmp_path: Path, path: Path | None, branch: bool) -> None:
    root = projects.write(tmp_path / "project", {"app/__init__.py": "", "app/broken.py": "print 1\n"})
    (root / ".coveragerc").write_text(f"[run]\nbranch = {branch}\nrelative_files = true\nsource = app\n")
    for name in MODULES:
        shutil.copyfile(f"{sysconfig.get_path('stdlib')}/{name}.py", root / f"app/{name}.py")
    projects.write(
        root, {"x.py": f"from app import {', '.join(MODULES)}\ntextwrap.fill('a b', 2)\nshlex.split('a b')\n"}
    )
    env = projects.environment(XDG_CACHE_HOME=str(tmp_path / "caches"), **({"PYTHONPATH": str(path)} if path else {}))
    del env["COVGOV_CACHE"]
    tool(root, env, "-m", "coverage", "run", "--data-file=data/.coverage", "x.py")
    theirs, out = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir()
    shutil.copyfile(root / "data/.coverage", root / ".coverage")
    for kind, option in COMMANDS.items():
        place = [*option, str(theirs / ("html" if kind == "html" else f"report.{kind}"))] if option else ["-m"]
        text = tool(root, env, "-m", "coverage", kind, "--ignore-errors", *place)
        if kind == "report":
            (theirs / "report.txt").write_text(text)
    for _ in ("cold", "warm"):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        tool(root, env, str(launch.REPORTER), "data", str(out))
        assert timeless(out) == timeless(theirs)
    assert len(os.listdir(tmp_path / "caches/covgov/facts")) == 1  # noqa: PTH208
