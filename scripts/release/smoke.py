"""Try a wheel or sdist as a newcomer would, with the Python that runs this: `smoke.py ARCHIVE`.

It is installed into a new environment with what the index has today, adopts a small project, passes it, and must fail
it once a test is gone. Runs on Linux, macOS and Windows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

BIN = "Scripts" if os.name == "nt" else "bin"
SHOP = "def price(items):\n    return sum(items)\n\n\ndef discount(total):\n    return total // 10\n"
TESTS = {
    "tests/test_price.py": "from shop import price\n\n\ndef test_price():\n    assert price([1, 2]) == 3\n",
    "tests/test_discount.py": "from shop import discount\n\n\ndef test_discount():\n    assert discount(100) == 10\n",
}
FILES = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n\n[tool.pytest.ini_options]\npythonpath = ["src"]\n',
    "src/shop/__init__.py": SHOP,
    ".gitignore": "coverage/\n",
    **TESTS,
}


def step(*command: str, cwd: Path, expected: int = 0) -> str:
    """Run `command` and return what it printed. Ends the process if it exits with another code than `expected`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "COV"))}
    environment = {**{name: value for name, value in kept.items() if name != "CI"}, "PYTHONUTF8": "1"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )
    words = " ".join([Path(command[0]).stem, *command[1:]])
    if done.returncode != expected:
        sys.exit(f"{done.stdout}\nerror: `{words}` ended with {done.returncode}, expected {expected}")
    sys.stdout.write(f"ok  {words}  ({done.returncode})\n")
    return done.stdout


def project(folder: Path) -> None:
    """A small package with tests in a git repository of one commit."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    step("git", "init", "--quiet", "--initial-branch=main", cwd=folder)
    commit(folder, "Begin")


def commit(folder: Path, subject: str) -> None:
    """Commit everything."""
    step("git", "add", "--all", cwd=folder)
    who = ("-c", "user.name=newcomer", "-c", "user.email=newcomer@example.invalid")
    step("git", *who, "commit", "--quiet", "--message", subject, cwd=folder)


def main(arguments: list[str]) -> int:
    """Install, adopt, pass, fail."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        sys.stderr.write("usage: smoke.py ARCHIVE, a wheel or sdist of covgov\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="covgov-smoke-", ignore_cleanup_errors=True) as name:
        home, shop = Path(name) / "env", Path(name) / "shop"
        venv.create(home, with_pip=True)
        python, covgov = str(home / BIN / "python"), str(home / BIN / "covgov")
        shop.mkdir()
        pip = (python, "-m", "pip", "--disable-pip-version-check")
        step(*pip, "install", "--quiet", str(Path(arguments[0]).resolve()), "pytest", "pytest-cov", cwd=shop)
        step(*pip, "check", cwd=shop)
        step(covgov, "--version", cwd=shop)
        project(shop)
        step(covgov, "init", "--adopt", cwd=shop)
        commit(shop, "Govern coverage")
        step(covgov, "run", cwd=shop)
        (shop / "tests" / "test_discount.py").unlink()
        commit(shop, "Delete a test")
        step(covgov, "run", cwd=shop, expected=10)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
