"""Prove of a release what can be proven before its tag: `check.py [TAG]`, called by `make release-check`.

Not proven here: the upload, its attestations and the release page need GitHub's identity (release.yml).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BIN = Path(sys.executable).parent
DIST = ROOT / "dist" / "release"
CONTAINER = ROOT / "deploy" / "container"
LOCK = CONTAINER / "requirements.txt"
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")


def step(what: str, *command: str | Path) -> None:
    """Run a command; ends the process with its output if it fails."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}\nerror: {what}: exit code {done.returncode}")
    sys.stdout.write(f"release {what}: ok\n")
    sys.stdout.flush()


def usable(name: str) -> str | None:
    """The path of a Python that runs and can make environments, if this machine has it."""
    found = shutil.which(name)
    works = (
        found
        and not subprocess.run([found, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode
    )
    return found if works else None


def bill_of_materials(target: Path) -> None:
    """Write what the lock names, as CycloneDX, and require each pinned package in it."""
    lock = LOCK.read_text(encoding="utf-8")
    step(
        "bill of materials",
        *(BIN / "cyclonedx-py", "requirements", str(LOCK), "--pyproject", "pyproject.toml"),
        *("--output-reproducible", "--of", "JSON", "--output-file", str(target)),
    )
    names = {component["name"] for component in json.loads(target.read_text(encoding="utf-8"))["components"]}
    pinned = {line.split("==")[0].split("[")[0] for line in lock.splitlines() if "==" in line and line[0] not in " #"}
    if missing := sorted(pinned - names):
        sys.exit(f"error: bill of materials: {', '.join(missing)} missing")


def main(arguments: list[str]) -> int:
    """Everything in turn; the first failure ends it."""
    if arguments:
        step(f"notes of {arguments[0]}", sys.executable, HERE / "notes.py", arguments[0])
    shutil.rmtree(DIST, ignore_errors=True)
    step("two builds with the same bytes", sys.executable, HERE / "build.py", DIST)
    archives = [*DIST.glob("*.whl"), *DIST.glob("*.tar.gz")]
    step("metadata", BIN / "twine", "check", "--strict", *archives)
    bill_of_materials(DIST / "covgov.cdx.json")
    step("container file", BIN / "hadolint", CONTAINER / "Containerfile")
    for name in PYTHONS:
        if python := usable(name):
            for archive in archives:
                step(f"{archive.name} on {name}", python, HERE / "smoke.py", archive)
        else:
            sys.stdout.write(f"release on {name}: not tried, not installed here\n")
    docker = shutil.which("docker")
    if docker and not subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
        step("container", docker, "build", "--file", CONTAINER / "Containerfile", "--tag", "covgov:check", ".")
    else:
        sys.stdout.write("release container: not built, docker does not run here\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
