"""Runs one suite under coverage.py in the suite's own interpreter, and makes a snapshot of it.

    clean workspace -> tests -> combine and report (coverage.py) -> analyse -> snapshot
                    -> a command with `reports` -> what it wrote            -> snapshot

A suite without usable data has not arrived, and the run states the reason; nothing is reused from an earlier
run. Failing tests still give a snapshot, with their exit code, for the rules to judge. The workspace (data
files, unpacked reports) is removed when tests passed and were measured, else kept until the suite's next run.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

import msgspec

from covgov.errors import InputError
from covgov.files import write, writing
from covgov.ingest.collect import collect
from covgov.model.snapshot import Snapshot, TestRun
from covgov.model.snapshot_codec import encode
from covgov.policy.policy import Suite, SuiteRunner
from covgov.runner import launch, written
from covgov.runner.analyse import analyser
from covgov.runner.artifacts import SuiteArtifacts, deliver
from covgov.runner.checkout import look
from covgov.runner.passthrough import ReportOutputs
from covgov.runner.process import stream
from covgov.runner.results import TestResult, read_results, session_faults

NO_TESTS, NOT_STARTED = 5, 4
"""pytest's exit codes for "no tests were collected" and "the command line is wrong, or a conftest.py fails"."""
LAST = 3
"""Lines of a traceback that are quoted."""

NO_MODULE = re.compile(r"(?:^|: )No module named '?(coverage|pytest)'?$")
REMEMBERED, LONGEST = 40, 200
"""Lines of a test command's output kept for an error message; most characters quoted from one."""


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """The result of one suite.

    snapshot: None when the suite has not arrived, for `reason`. tests: None when they never started.
    python: the measuring interpreter. files: the written files, in order. failed: ids of the tests that failed.
    """

    suite: str
    snapshot: Snapshot | None
    reason: str = ""
    tests: TestRun | None = None
    python: str = ""
    files: tuple[Path, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def arrived(self) -> bool:
        return self.snapshot is not None


@dataclass(frozen=True, slots=True)
class _SuiteJob:
    suite: Suite
    root: Path
    env: Mapping[str, str]
    work: launch.Workspace
    artifacts: SuiteArtifacts
    progress: Callable[[str], None]


def run_suite(
    suite: Suite,
    *,
    root: Path,
    out: Path,
    env: Mapping[str, str],
    progress: Callable[[str], None],
    extra: Sequence[str] = (),
    requested: ReportOutputs = ReportOutputs(),  # noqa: B008 - frozen
) -> SuiteRun:
    """Run a suite from `root` and write its artifacts to `out`; `extra` goes to the test command.

    `progress` gets each line of the child's output and of covgov's. Never raises for a suite that cannot be measured:
    `out/SUITE.why` then holds the reason, for the verdict. Raises DeliveryFailed when `out` cannot be written.
    """
    artifacts = SuiteArtifacts(out.resolve(), suite.name)
    artifacts.prepare()
    work = _workspace(artifacts.out / ".data" / suite.name)
    job = _SuiteJob(suite, root.resolve(), env, work, artifacts, progress)
    for option in requested.ignored:
        progress(f"covgov: {option} is ignored: coverage is configured in coverage.py's own configuration file")
    if suite.reports and requested != ReportOutputs():
        progress(f"covgov: --cov-report is ignored: the reports of suite {suite.name} are its command's")
    try:
        done = _run(job, extra, requested)
    except InputError as error:
        if error.hint:
            progress(f"covgov: hint: {error.hint}")
        done = SuiteRun(suite.name, None, f"{error.message} [{error.code}]")
    if not done.arrived:
        write(artifacts.why, f"{done.reason}\n".encode())
    elif done.tests is None or done.tests.passed:
        shutil.rmtree(work.path.parent, ignore_errors=True)
    return done


def _run(job: _SuiteJob, extra: Sequence[str], requested: ReportOutputs) -> SuiteRun:
    suite = job.suite
    code = look(job.root, job.env)
    python = launch.interpreter(suite, job.root, job.env)
    before = written.clear(job.root, suite.reports, suite.junit, code.committed() if suite.command else None)
    command = launch.command_line(suite, python, job.work, extra, job.env)
    output: deque[str] = deque(maxlen=REMEMBERED)
    done = _test(job, command, launch.environment(suite, job.root, job.work, job.env), output, before)
    tests = msgspec.structs.replace(done.run, arguments=shlex.join(extra))
    reason = _why_nothing(job, replace(done, run=tests), output)
    if reason:
        return SuiteRun(suite.name, None, reason, tests, python)
    if suite.reports:
        found = written.reports(suite.reports, before)
    else:
        python = _measured_by(job.work.data) or python if suite.command else python
        _report(job, python)
        found = [job.work.reports / ".coverage"]
    collected = collect(
        suite.name,
        found,
        tree=code.tree,
        origin=code.origin,
        tests=tests,
        analyse=analyser(python, job.root, _outside(job.env)),
        start=suite.root,
    )
    notes = (*collected.snapshot.notes, *done.notes, *_plugin_notes(job.work.data))
    files = _write(job, requested, replace(collected.snapshot, notes=notes))
    return SuiteRun(suite.name, replace(collected.snapshot, notes=notes), "", tests, python, files, done.failed)


def _workspace(place: Path) -> launch.Workspace:
    """A new empty workspace with a copy of the pytest plugin.

    Its name is new each time, so that leftover processes of a killed run cannot write into it.
    """
    shutil.rmtree(place, ignore_errors=True)
    with writing(place):
        place.mkdir(parents=True)
        work = launch.Workspace(Path(tempfile.mkdtemp(dir=place)))
        for directory in (work.data, work.reports, work.plugin):
            directory.mkdir()
        shutil.copyfile(launch.PLUGIN, work.plugin / f"{launch.PLUGIN_COPY}.py")
    return work


def _test(
    job: _SuiteJob, command: Sequence[str], env: Mapping[str, str], output: deque[str], before: written.FilesBefore
) -> TestResult:
    """Run the tests. `output` gets the output lines too."""

    def say(line: str) -> None:
        output.append(line)
        job.progress(line)

    job.progress(f"covgov: suite {job.suite.name}: {shlex.join(command)}")
    began = time.monotonic()
    exit_code = stream(command, cwd=job.root, env=env, say=say)
    seconds = round(time.monotonic() - began, 3)
    named = [job.work.junit] if job.work.junit.is_file() else written.fresh(job.suite.junit, before)
    done = read_results(exit_code, seconds, named, job.work.data, job.suite.name)
    if len(done.junit) == 1 and not job.work.junit.is_file():
        shutil.copyfile(done.junit[0], job.work.junit)
    return done


def _why_nothing(job: _SuiteJob, done: TestResult, output: Iterable[str]) -> str:
    """Why there is nothing to analyse, with the test command's own message; empty when there is data."""
    suite, code = job.suite, done.run.exit_code
    lines = [line.strip() for line in output if line.strip()]
    started = bool(suite.command) or bool(done.junit)
    missing = "" if started else _missing_package(lines)
    if missing:
        return (
            f"{missing} is not installed in the suite's interpreter: run `pip install {missing}` there, "
            f"or set `python` or `command` in [suites.{suite.name}]"
        )
    if not suite.command and code == NO_TESTS:
        return (
            f"no tests were collected ({suite.runner} exit code 5): "
            f"write tests, or correct `tests` in [suites.{suite.name}]"
        )
    if done.junit and not done.run.tests and code == 0:
        return "its JUnit report holds no test"
    if not suite.command and suite.runner is SuiteRunner.PYTEST and code == NOT_STARTED:
        return (
            f"pytest ran no tests (exit code 4: wrong command line, or a conftest.py cannot be imported): {_why(lines)}"
        )
    if not suite.reports and not any(job.work.data.glob(".coverage*")):
        return (
            f"the tests (exit code {code}) left no coverage data{_cause(job, done)}{_quoted('. Last output: ', lines)}"
        )
    return ""


def _why(lines: Iterable[str]) -> str:
    """pytest's message about its command line, else the end of the traceback."""
    said = list(takewhile(lambda line: "CoverageWarning" not in line, lines))  # that there is no data
    refused = [line for line in said if "error: " in line.lower() and not line.startswith(("ERROR: usage:", "E "))]
    return " | ".join(line[:LONGEST] for line in refused[-1:] or said[-LAST:])


def _cause(job: _SuiteJob, done: TestResult) -> str:
    """What may be the reason that nothing was measured."""
    faults = session_faults(job.work.data)
    if not done.run.passed and done.junit:
        return ": they failed before measured code ran"
    if faults and done.run.exit_code == 0:
        return f": {faults[0]}"
    if any(job.work.data.glob("interpreter.*")):
        return ": no code of coverage.py's `source` ran in any of their processes"
    passed = f" If it is, let the tool pass on {', '.join(launch.PASSED)}" if job.suite.command else ""
    return f": is coverage.py installed in their interpreter?{passed}"


def _missing_package(lines: Iterable[str]) -> str:
    """`coverage` or `pytest` when the interpreter lacks it, else ""."""
    found = next(filter(None, map(NO_MODULE.search, lines)), None)
    return found[1] if found else ""


def _quoted(lead: str, lines: Sequence[str]) -> str:
    """`lead` and the last line; "" without lines."""
    return f"{lead}{lines[-1][:LONGEST]}" if lines else ""


def _measured_by(data: Path) -> str:
    """The interpreter of most data files; empty when unknown."""
    makers: Counter[str] = Counter()
    for note in sorted(data.glob("interpreter.*")):
        pid = note.suffix.removeprefix(".")
        makers[note.read_text(encoding="utf-8")] += sum(1 for _ in data.glob(f".coverage.*.{pid}.*"))
        makers[note.read_text(encoding="utf-8")] += sum(1 for _ in data.glob(f".coverage.*.pid{pid}.*"))
    return makers.most_common(1)[0][0] if makers else ""


def _report(job: _SuiteJob, python: str) -> None:
    """coverage.py's own reports. Raises InputError (`suite-not-reportable`) with its message."""
    output: list[str] = []
    command = [python, str(launch.REPORTER), str(job.work.data), str(job.work.reports)]
    if stream(command, cwd=job.root, env=_outside(job.env), say=output.append):
        raise InputError(
            "suite-not-reportable",
            f"coverage.py could not report: {output[-1] if output else 'no message'}",
            hint=f"the data files are in {job.work.data}",
        )


def _outside(env: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without an outer measurement, and without warnings that make coverage.py skip a file."""
    dropped = (*launch.FOREIGN, "COVERAGE_FILE", "PYTHONWARNINGS")
    return {name: value for name, value in env.items() if name not in dropped}


def _plugin_notes(data: Path) -> tuple[str, ...]:
    """The pytest plugin's notes, without duplicates."""
    found: dict[str, None] = {}
    for path in sorted(data.glob("covgov-notes*.json")):
        found.update(dict.fromkeys(msgspec.json.decode(path.read_bytes(), type=dict[str, list[str]])["notes"]))
    return tuple(found)


def _write(job: _SuiteJob, requested: ReportOutputs, snapshot: Snapshot) -> tuple[Path, ...]:
    reports = job.work.reports
    files = job.artifacts.publish(reports, job.work.junit)
    if job.suite.reports:
        return (*files, write(job.artifacts.snapshot, encode(snapshot)))
    files += deliver(requested, reports, job.root)
    if requested.term:
        for line in (reports / "report.txt").read_text(encoding="utf-8").splitlines():
            job.progress(line)
    return (*files, write(job.artifacts.snapshot, encode(snapshot)))
