"""One reader on one report: `python readers.py READER FILE [ROOT]` prints `files lines covered`, `-` for unknown.

Run by path in the environment of whoever is measured, so that nothing else is imported.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def covgov(path: str, _root: str) -> tuple[object, ...]:
    """covgov's reader of any format."""
    from covgov.ingest.read import read_report

    files = read_report(Path(path), lambda _: b"").files.values()
    lines, covered = (sum(bits.bit_count() for bits in sets) for sets in zip(*_sets(files), strict=True))
    return len(files), lines, covered


def _sets(files: Any) -> list[tuple[int, int]]:
    return [(file.statements, file.covered) for file in files]


def diff_cover_lcov(path: str, _root: str) -> tuple[object, ...]:
    """diff-cover's LCOV."""
    from diff_cover.violationsreporters.violations_reporter import LcovCoverageReporter

    files = LcovCoverageReporter.parse(path)
    return len(files), sum(len(lines) for lines in files.values()), "-"


def diff_cover_xml(path: str, root: str) -> tuple[object, ...]:
    """diff-cover's Cobertura, Clover and JaCoCo, asked for every file of the repository `root`."""
    from xml.etree import ElementTree

    from diff_cover.git_path import GitPathTool
    from diff_cover.violationsreporters.violations_reporter import XmlCoverageReporter

    os.chdir(root)
    GitPathTool.set_cwd(root)
    reporter = XmlCoverageReporter([ElementTree.parse(path)])
    files = sorted(found.relative_to(root).as_posix() for found in Path(root, "pkg").rglob("*.py"))
    lines = sum(len(reporter.measured_lines(file)) for file in files)
    return len(files), lines, lines - sum(len(reporter.violations(file)) for file in files)


def pycobertura(path: str, _root: str) -> tuple[object, ...]:
    """Every file's lines in pycobertura, which counts partly covered lines apart."""
    from pycobertura import Cobertura

    report = Cobertura(path)
    hit = sum(len(report.hit_statements(file)) for file in report.files())
    return len(report.files()), hit + sum(len(report.missed_statements(file)) for file in report.files()), hit


def lcov_cobertura(path: str, _root: str) -> tuple[object, ...]:
    """lcov_cobertura, without the conversion."""
    from lcov_cobertura import LcovCobertura

    summary = LcovCobertura(Path(path).read_text(encoding="utf-8")).parse()["summary"]
    return "-", summary["lines-total"], summary["lines-covered"]


def json_sets(path: str, _root: str) -> tuple[object, ...]:
    """The least that a reader on the standard library does: the lines of each file as sets."""
    with Path(path).open(encoding="utf-8") as stream:
        files = json.load(stream)["files"]
    sets = {name: (set(file["executed_lines"]), set(file["missing_lines"])) for name, file in files.items()}
    hit = sum(len(executed) for executed, _ in sets.values())
    return len(sets), hit + sum(len(missing) for _, missing in sets.values()), hit


def coverage_threshold(path: str, _root: str) -> tuple[object, ...]:
    """coverage-threshold's model of a report."""
    from coverage_threshold.model.report import ReportModel

    with Path(path).open(encoding="utf-8") as stream:
        report = ReportModel.parse(json.load(stream))
    return len(report.files), "-", "-"


def gzipped(first: str, second: str) -> tuple[object, ...]:
    """Two gzipped JSON reports compared line by line: the files that differ."""
    import gzip

    a, b = (json.loads(gzip.decompress(Path(path).read_bytes()))["files"] for path in (first, second))
    keys = ("executed_lines", "missing_lines")
    changed = [name for name in a.keys() | b.keys() if [a[name][k] for k in keys] != [b[name][k] for k in keys]]
    return len(changed), "-", "-"


def plain_json(path: str, _root: str) -> tuple[object, ...]:
    """The standard library's parser alone."""
    with Path(path).open(encoding="utf-8") as stream:
        json.load(stream)
    return "-", "-", "-"


def plain_xml(path: str, _root: str) -> tuple[object, ...]:
    """The standard library's parser alone, without a tree that grows."""
    from xml.etree import ElementTree

    for _, element in ElementTree.iterparse(path):
        element.clear()
    return "-", "-", "-"


def plain_lines(path: str, _root: str) -> tuple[object, ...]:
    """Every line, split at its colons."""
    with Path(path).open(encoding="utf-8") as stream:
        for line in stream:
            line.rstrip().split(":")
    return "-", "-", "-"


def gcovr(path: str, _root: str) -> tuple[object, ...]:
    """gcovr's own JSON, read and added up."""
    import subprocess

    command = [sys.executable, "-m", "gcovr", "--add-tracefile", path, "--json-summary", "-"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    summary = json.loads(done.stdout)
    return len(summary["files"]), summary["line_total"], summary["line_covered"]


READERS: dict[str, Callable[[str, str], tuple[object, ...]]] = {
    "covgov": covgov,
    "diff-cover-lcov": diff_cover_lcov,
    "diff-cover-xml": diff_cover_xml,
    "pycobertura": pycobertura,
    "lcov_cobertura": lcov_cobertura,
    "json": json_sets,
    "coverage-threshold": coverage_threshold,
    "gzipped": gzipped,
    "gcovr": gcovr,
    "plain-json": plain_json,
    "plain-xml": plain_xml,
    "plain-lines": plain_lines,
}

if __name__ == "__main__":
    print(*READERS[sys.argv[1]](sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else ""))
