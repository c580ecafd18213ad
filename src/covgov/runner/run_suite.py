"""Runs one suite under coverage.py in the suite's own interpreter, and turns what it measured into a snapshot.

    clean workspace -> tests -> combine and report (coverage.py) -> analyse -> snapshot

A suite that yields nothing usable has not arrived, and the run says why; nothing is ever taken over from an earlier
run. Tests that fail still give a snapshot: it carries their exit code, and the rules do the rest. The workspace (data
files, unpacked reports) is removed when tests passed and were measured, else kept until the suite's next run.
"""

from __future__ import annotations

import shlex
import shutil
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from covgov.errors import InputError
from covgov.files import write, writing
from covgov.ingest.collect import collect
from covgov.ingest.junit import read_tests
from covgov.model.snapshot import Snapshot, TestRun
from covgov.model.snapshot_codec import encode
from covgov.policy.policy import Suite
from covgov.runner import launch
from covgov.runner.analyse import analyser
from covgov.runner.artifacts import SuiteArtifacts, deliver
from covgov.runner.checkout import look
from covgov.runner.passthrough import ReportOutputs
from covgov.runner.process import stream

NO_TESTS, NOT_STARTED = 5, 4
"""pytest's exit codes for "no tests were collected" and "the command line is wrong"."""

REMEMBERED, LONGEST = 40, 200
"""Lines of a test command's output that are kept to say why nothing was measured; characters that are quoted of one."""


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """What became of one suite.

    snapshot: None when the suite has not arrived; `reason` then says why. tests: None when they never started.
    python: the interpreter that measured. files: what was written, in the order it was written.
    """

    suite: str
    snapshot: Snapshot | None
    reason: str = ""
    tests: TestRun | None = None
    python: str = ""
    files: tuple[Path, ...] = ()

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

    `progress` takes each line of the child's output and of our own. Never raises for a suite that cannot be measured:
    `out/SUITE.why` then says why, for the verdict. Raises DeliveryFailed when `out` cannot be written.
    """
    artifacts = SuiteArtifacts(out.resolve(), suite.name)
    artifacts.prepare()
    work = _workspace(artifacts.out / ".data" / suite.name)
    job = _SuiteJob(suite, root.resolve(), env, work, artifacts, progress)
    for option in requested.ignored:
        progress(f"covgov: {option} is ignored: covgov measures, with coverage.py's own configuration")
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
    code = look(job.root, job.env)
    python = launch.interpreter(job.suite, job.root, job.env)
    child_env = launch.environment(job.suite, job.root, job.work, job.env)
    said: deque[str] = deque(maxlen=REMEMBERED)
    tests, notes = _test(job, launch.command_line(job.suite, python, job.work, extra, job.env), child_env, said)
    tests = msgspec.structs.replace(tests, arguments=shlex.join(extra))
    reason = _why_nothing(job, tests, said)
    if reason:
        return SuiteRun(job.suite.name, None, reason, tests, python)
    python = _measured_by(job.work.data) or python if job.suite.command else python
    _report(job, python)
    collected = collect(
        job.suite.name,
        [job.work.reports / ".coverage"],
        root=job.root,
        blobs=code.blobs,
        origin=code.origin,
        tests=tests,
        analyse=analyser(python, job.root, _outside(job.env)),
    )
    snapshot = replace(collected.snapshot, notes=(*collected.snapshot.notes, *notes, *_plugin_notes(job.work.data)))
    files = _write(job, requested, snapshot)
    return SuiteRun(job.suite.name, snapshot, "", tests, python, files)


def _workspace(place: Path) -> launch.Workspace:
    """An empty workspace instead of the last one, and in it the plugin for interpreters that have none.

    Its name is new each time: what a killed run left running cannot write into it.
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
    job: _SuiteJob, command: Sequence[str], env: Mapping[str, str], said: deque[str]
) -> tuple[TestRun, tuple[str, ...]]:
    """Run the tests: how they went, and what is to be noted of it. `said` takes the output beside `progress`."""

    def say(line: str) -> None:
        said.append(line)
        job.progress(line)

    job.progress(f"covgov: suite {job.suite.name}: {shlex.join(command)}")
    began = time.monotonic()
    exit_code = stream(command, cwd=job.root, env=env, say=say)
    seconds = round(time.monotonic() - began, 3)
    bare = TestRun(exit_code=exit_code, seconds=seconds)
    if not job.work.junit.is_file():
        return bare, ()
    try:
        counted = read_tests(job.work.junit.read_bytes(), exit_code, f"{job.suite.name}-junit.xml")
    except InputError as error:
        return bare, (f"tests were not counted: {error.message}",)
    return msgspec.structs.replace(counted, seconds=seconds), ()


def _why_nothing(job: _SuiteJob, tests: TestRun, said: Iterable[str]) -> str:
    """Why there is nothing to analyse, in the words of the test command where it has some; empty when there is data."""
    spoken = [line.strip() for line in said if line.strip()]
    if not job.suite.command and tests.exit_code == NO_TESTS:
        return "no tests were collected (pytest exit code 5)"
    if not job.suite.command and tests.exit_code == NOT_STARTED:
        faults = [line for line in spoken if "error" in line.lower() and not line.startswith("ERROR: usage:")]
        return f"pytest refused its command line and ran no tests (exit code 4){_quoted(': ', faults)}"
    if not any(job.work.data.glob(".coverage*")):
        question = "is coverage.py in their interpreter?"
        return (
            f"the tests (exit code {tests.exit_code}) left no coverage data; {question}{_quoted(' It said: ', spoken)}"
        )
    return ""


def _quoted(lead: str, lines: Sequence[str]) -> str:
    """The last line, as the end of a sentence; "" when there is none."""
    return f"{lead}{lines[-1][:LONGEST]}" if lines else ""


def _measured_by(data: Path) -> str:
    """The interpreter behind most of the data files; empty when none left a note."""
    makers: Counter[str] = Counter()
    for note in sorted(data.glob("interpreter.*")):
        pid = note.suffix.removeprefix(".")
        makers[note.read_text(encoding="utf-8")] += sum(1 for _ in data.glob(f".coverage.*.{pid}.*"))
        makers[note.read_text(encoding="utf-8")] += sum(1 for _ in data.glob(f".coverage.*.pid{pid}.*"))
    return makers.most_common(1)[0][0] if makers else ""


def _report(job: _SuiteJob, python: str) -> None:
    """coverage.py's own reports. Raises InputError (`suite-not-reportable`) with its last words."""
    said: list[str] = []
    command = [python, str(launch.REPORTER), str(job.work.data), str(job.work.reports)]
    if stream(command, cwd=job.root, env=_outside(job.env), say=said.append):
        raise InputError(
            "suite-not-reportable",
            f"coverage.py could not report: {said[-1] if said else 'it said nothing'}",
            hint=f"the data files are in {job.work.data}",
        )


def _outside(env: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without any measurement around this one."""
    return {name: value for name, value in env.items() if name not in (*launch.FOREIGN, "COVERAGE_FILE")}


def _plugin_notes(data: Path) -> tuple[str, ...]:
    """What the pytest plugin had to say, once each."""
    found: dict[str, None] = {}
    for path in sorted(data.glob("covgov-notes*.json")):
        found.update(dict.fromkeys(msgspec.json.decode(path.read_bytes(), type=dict[str, list[str]])["notes"]))
    return tuple(found)


def _write(job: _SuiteJob, requested: ReportOutputs, snapshot: Snapshot) -> tuple[Path, ...]:
    reports = job.work.reports
    files = job.artifacts.publish(reports, job.work.junit)
    files += deliver(requested, reports, job.root)
    if requested.term:
        for line in (reports / "report.txt").read_text(encoding="utf-8").splitlines():
            job.progress(line)
    return (*files, write(job.artifacts.snapshot, encode(snapshot)))
