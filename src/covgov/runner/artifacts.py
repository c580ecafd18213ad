"""The artifacts of a run in the output directory, written atomically."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from covgov.files import remove, write, writing
from covgov.runner.passthrough import ReportOutputs

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time of ZIP files, so that the archive does not depend on the clock."""


def prepare_folder(out: Path) -> None:
    """Create the output directory, ignored by git."""
    ignore = out / ".gitignore"
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        present = ignore.exists()
    if not present:
        write(ignore, b"# measured output, never committed\n*\n")


@dataclass(frozen=True, slots=True)
class SuiteArtifacts:
    """`OUT/SUITE.xml`, `.json`, `.lcov`, `.snapshot`, `SUITE-html.zip` and `SUITE-junit.xml`; or `SUITE.why`.

    `SUITE.verdict.json` is written by `covgov check SUITE`; like the rest it is from the newest run or removed.
    """

    out: Path
    suite: str

    @property
    def snapshot(self) -> Path:
        return self.out / f"{self.suite}.snapshot"

    @property
    def why(self) -> Path:
        """Written instead of the snapshot: one line with the reason."""
        return self.out / f"{self.suite}.why"

    @property
    def all(self) -> tuple[Path, ...]:
        """Every file, the snapshot last: it is written after the others."""
        names = (".xml", ".json", ".lcov", "-html.zip", "-junit.xml", ".why", ".verdict.json", ".snapshot")
        return tuple(self.out / f"{self.suite}{name}" for name in names)

    def prepare(self) -> None:
        """Create the output directory and remove the artifacts of an earlier run."""
        prepare_folder(self.out)
        for path in self.all:
            remove(path)

    def publish(self, reports: Path, junit: Path) -> tuple[Path, ...]:
        """Copy coverage.py's reports and the JUnit file, where there are any; returns the written paths."""
        written: list[Path] = []
        if (reports / "html").is_dir():
            kinds = ("xml", "json", "lcov")
            written += [copy(reports / f"report.{kind}", self.out / f"{self.suite}.{kind}") for kind in kinds]
            written.append(pack(reports / "html", self.out / f"{self.suite}-html.zip"))
        if junit.is_file():
            written.append(copy(junit, self.out / f"{self.suite}-junit.xml"))
        return tuple(written)


def deliver(requested: ReportOutputs, reports: Path, root: Path) -> tuple[Path, ...]:
    """Copy reports to the requested extra paths; returns the written paths."""
    wanted = {"xml": requested.xml, "json": requested.json, "lcov": requested.lcov}
    written = [copy(reports / f"report.{kind}", root / place) for kind, places in wanted.items() for place in places]
    for place in requested.html:
        with writing(root / place):
            shutil.copytree(reports / "html", root / place, dirs_exist_ok=True)
        written.append(root / place)
    return tuple(written)


def copy(source: Path, target: Path) -> Path:
    """`write` from a file."""
    return write(target, source.read_bytes())


def pack(directory: Path, target: Path) -> Path:
    """Zip a directory: sorted names, fixed times and modes; the same content gives the same bytes."""
    with tempfile.TemporaryFile() as buffer:
        with zipfile.ZipFile(buffer, "w") as archive:
            for path in sorted(path for path in directory.rglob("*") if path.is_file() and path.name != ".gitignore"):
                info = zipfile.ZipInfo(path.relative_to(directory).as_posix(), EPOCH)
                info.external_attr = 0o644 << 16
                archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
        buffer.seek(0)
        return write(target, buffer.read())
