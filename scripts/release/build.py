"""Build the sdist and, from it, the wheel of HEAD: `build.py FOLDER`. Both are built twice, and must be the same bytes.

The second build has another path, umask and time zone, as another machine has. Only what git tracks is built.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = ({"TZ": "UTC"}, 0o022), ({"TZ": "Asia/Kathmandu", "LC_ALL": "C"}, 0o077)


def sources(root: Path, target: Path) -> None:
    """Write HEAD of the repository at `root` to `target`."""
    asked = ["git", "-C", str(root), "archive", "--format=zip", "HEAD"]
    packed = subprocess.run(asked, stdout=subprocess.PIPE, check=True).stdout
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(target)


def commit_time(root: Path) -> str:
    """Seconds since 1970 of HEAD, which every file in the archives gets as its time."""
    asked = ["git", "-C", str(root), "show", "--no-patch", "--format=%ct", "HEAD"]
    return subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def build(root: Path, target: Path, environment: Mapping[str, str], umask: int) -> dict[str, bytes]:
    """Build in a new folder. {file name: bytes} of the sdist and of the wheel that is made out of it."""
    with tempfile.TemporaryDirectory(prefix="covgov-build-") as folder:
        old = os.umask(umask)
        try:
            sources(root, Path(folder))
            subprocess.run(
                [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), "."],
                cwd=folder,
                env={**os.environ, **environment, "SOURCE_DATE_EPOCH": commit_time(root)},
                stdout=subprocess.DEVNULL,
                check=True,
            )
        finally:
            os.umask(old)
    return {path.name: path.read_bytes() for path in sorted(target.iterdir())}


def write_if_equal(builds: Sequence[Mapping[str, bytes]], target: Path) -> int:
    """Write the archives and SHA256SUMS to `target` if both builds have the same bytes; else nothing, and return 1."""
    first, second = builds
    if different := sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name)):
        sys.stderr.write(f"error: two builds of one commit differ: {', '.join(different)}\n")
        return 1
    target.mkdir(parents=True, exist_ok=True)
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in first.items())
    for name, data in first.items():
        (target / name).write_bytes(data)
    (target / "SHA256SUMS").write_text(sums, encoding="utf-8")
    sys.stdout.write(sums)
    return 0


def main(arguments: list[str]) -> int:
    """Build twice, compare, and write the archives. Exit code 1: the builds differ."""
    if len(arguments) != 1:
        sys.stderr.write("usage: build.py FOLDER\n")
        return 2
    builds = []
    for environment, umask in ELSEWHERE:
        with tempfile.TemporaryDirectory(prefix="covgov-dist-") as folder:
            builds.append(build(ROOT, Path(folder), environment, umask))
    return write_if_equal(builds, Path(arguments[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
