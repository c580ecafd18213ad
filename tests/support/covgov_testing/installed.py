"""The console script of the built wheel, installed into an environment of its own outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from covgov_testing.projects import FEW_PLUGINS

CHECKOUT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended. text: stdout and stderr together, for messages that may stand in either."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment that has the wheel; third-party packages are those of the environment the tests run in."""

    home: Path

    @property
    def python(self) -> Path:
        return self.home / "bin" / "python"

    def run(self, *args: str, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
        """`covgov ARGS` through the console script, with this process's environment less its coverage measurement."""
        return self.execute(str(self.home / "bin" / "covgov"), *args, cwd=cwd, env=env)

    def execute(self, *command: str, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
        """Any command, with this environment's programs first on PATH."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
        path = f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**inherited, "PATH": path, "VIRTUAL_ENV": str(self.home), **FEW_PLUGINS, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)


def install(target: Path) -> Installed:
    """Build the wheel of this checkout and install it into a new environment below `target`.

    The dependencies are lent through a path file, not copied: path files of a lent directory are not read, so the
    editable install of the checkout stays invisible there.
    """
    dist = target / "dist"
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist), str(CHECKOUT)]
    subprocess.run(build, check=True, capture_output=True)
    home = target / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True, capture_output=True)
    site = next((home / "lib").glob("python*/site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    wheel = next(dist.glob("covgov-*.whl"))
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "--disable-pip-version-check"]
    install_ = [*pip, "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", str(wheel)]
    subprocess.run(install_, check=True, capture_output=True)
    return Installed(home)
