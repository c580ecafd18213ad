"""Tiny projects, measured by the real tools of their languages: covgov's totals are the tools' own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from covgov.ingest.read import read_report
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Metric
from covgov_testing.desk import Desk
from covgov_testing.polyglot import shop

pytestmark = pytest.mark.system

C = """\
static int total(int a, int b) {
    if (a > 100 && b) {
        return a - b;
    }
    return a * b;
}

int share(int a, int b) {
    return a / b;
}

int main(void) {
    return total(1, 2) - 2;
}
"""


def needs(*programs: str) -> pytest.MarkDecorator:
    lacking = [name for name in programs if shutil.which(name) is None]
    return pytest.mark.skipif(bool(lacking), reason=f"{', '.join(lacking)} not installed: make setup-system")


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


@needs("go")
def test_go_is_adopted_run_and_failed_by_what_init_writes(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "work")
    files = shop.shop()
    wanted = ("go/go.mod", shop.SOURCES["go"], shop.TESTS["go"], ".gitignore")
    desk.commit()
    desk.repo.git("rm", "--quiet", "covgov.toml")
    desk.commit({name: files[name].replace("go 1.22", "go 1.19") for name in wanted})
    assert desk.covgov("init", "--adopt") == 0, desk.err.getvalue()
    desk.commit()
    assert desk.covgov("run") == 0, desk.out.getvalue() + desk.err.getvalue()
    assert "recorded run 1" in desk.err.getvalue()
    own = run("go", "tool", "cover", "-func=../coverage/go/go.out", cwd=desk.root / "go")
    assert "100.0%" in own.splitlines()[-1]
    assert re.search(r"^project +pass .* 100\.00 %", desk.out.getvalue(), re.MULTILINE)
    desk.commit({shop.TESTS["go"]: shop.tests("total", "discount")[shop.TESTS["go"]]})
    assert desk.covgov("run") == 10


@needs("gcc", "gcov", "lcov")
def test_gcov_and_lcov_of_one_run_have_the_totals_of_the_tool(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text(C)
    run("gcc", "--coverage", "-O0", "-c", "a.c", cwd=tmp_path)
    run("gcc", "--coverage", "-o", "a", "a.o", cwd=tmp_path)
    run("./a", cwd=tmp_path)
    own = run("gcov", "-b", "-c", "a.gcda", cwd=tmp_path)
    run("gcov", "-j", "-b", "a.gcda", cwd=tmp_path)
    run("lcov", "--rc", "lcov_branch_coverage=1", "-c", "-d", ".", "-o", "lcov.info", cwd=tmp_path)
    lines, branches = _stated("Lines executed", own), _stated("Taken at least once", own)
    assert lines.covered < lines.total
    for name in ("a.c.gcov", "a.gcov.json.gz", "lcov.info"):
        report = read_report(tmp_path / name, lambda _: b"")
        assert report.stated(Metric.LINE) == lines, name
        assert report.stated(Metric.BRANCH) == branches, name
        assert report.faults == ()


def _stated(what: str, text: str) -> Ratio:
    """gcov's `WHAT:70.00% of 10`."""
    found = re.search(rf"{what}:([\d.]+)% of (\d+)", text)
    assert found is not None, text
    total = int(found[2])
    return Ratio(round(float(found[1]) * total / 100), total)
