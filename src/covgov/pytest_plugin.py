"""What `covgov run` has pytest do: set a coverage.py context per test, and record how the session went.

A test marked with a quality attribute (`@pytest.mark.security`) runs, from set-up to tear-down, in a context that
lists its attributes, sorted: `covgov:architecture,security`. Without active coverage, or with the user's own context
setting, no context is set.

Never imports covgov or coverage.py itself: a plugin is imported before measurement begins,
and the modules it imports would be missing from their package's coverage.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Protocol

import pytest

NAME = "covgov-attributes"
DEFAULT = ("architecture", "reliability", "security")
PREFIX = "covgov:"
OUTER, PLUGIN, MEASURED = "_COVGOV_PYTEST", "_COVGOV_PLUGIN", "_COVGOV_ROOT"
"""Variables: the process of the suite's own pytest, the name under which it was asked to load this file, and the root
of the project that `covgov run` measures."""

WORKER = "PYTEST_XDIST_WORKER"


class ActiveCoverage(Protocol):
    """The used part of `coverage.Coverage`."""

    def get_option(self, option_name: str, /) -> object: ...

    def switch_context(self, new_context: str, /) -> object: ...

    def sys_info(self) -> Iterable[tuple[str, object]]: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini option `covgov_attributes`."""
    text = f"markers that are quality attributes (default: {' '.join(DEFAULT)}; or COVGOV_ATTRIBUTES, by commas)"
    with contextlib.suppress(ValueError):  # `covgov run` may have loaded a copy of this file already
        parser.addini("covgov_attributes", text, type="args", default=[])


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Keep pytest-cov (`--cov` in `addopts`) from measuring what `covgov run` measures, into the same data file."""
    options = early_config.known_args_namespace
    own = belongs(os.environ, worker=bool(os.environ.get(WORKER) and os.environ.get(OUTER)))
    if os.environ.get(MEASURED) and own and getattr(options, "cov_source", None):
        options.covgov_cov_source, options.cov_source = options.cov_source, []
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, so that --strict-markers accepts them everywhere, and the plugins themselves."""
    if config.pluginmanager.has_plugin(NAME):
        return
    attributes = wanted(config, os.environ.get("COVGOV_ATTRIBUTES", ""))
    for name in attributes:
        config.addinivalue_line("markers", f"{name}: quality attribute {name}, shown by covgov as a column")
    notes = os.environ.get("COVGOV_NOTES_DIR", "")
    config.pluginmanager.register(AttributePlugin(config, attributes, active, notes), NAME)
    if Path(notes).is_dir() and notes and belongs(os.environ, worker=hasattr(config, "workerinput")):
        config.pluginmanager.register(SessionPlugin(config, notes, os.environ), f"{NAME}-session")


def belongs(environ: Mapping[str, str], *, worker: bool) -> bool:
    """Whether a session is the suite's own, or a worker of it; a pytest that one of its tests starts is not."""
    outer = environ.get(OUTER, "")
    return outer == str(os.getppid()) if worker else not outer


def wanted(config: pytest.Config, listed: str) -> tuple[str, ...]:
    """The quality attributes: the ini option, else the comma-separated `listed`, else the default."""
    configured: list[str] = config.getini("covgov_attributes")
    return tuple(configured or [name.strip() for name in listed.split(",") if name.strip()] or DEFAULT)


def context_of(markers: set[str], attributes: tuple[str, ...]) -> str:
    """The context of a test with these markers; empty when none of them is an attribute."""
    found = sorted(markers & set(attributes))
    return PREFIX + ",".join(found) if found else ""


def active() -> ActiveCoverage | None:
    """The coverage measurement of this process, None when there is none."""
    module = sys.modules.get("coverage")
    found: ActiveCoverage | None = None if module is None else module.Coverage.current()
    return found


def obstacle(coverage: ActiveCoverage, config: pytest.Config) -> str:
    """Why contexts cannot be used here; empty when they can."""
    if coverage.get_option("run:dynamic_context") or config.getoption("cov_context", None):
        return "the project configures its own dynamic context: tests were not tagged with quality attributes"
    about = dict(coverage.sys_info())
    if about.get("core", about.get("tracer")) == "SysMonitor":
        return "the sysmon core has no contexts: tests were not tagged with quality attributes"
    return ""


def ignored(coverage: ActiveCoverage, options: argparse.Namespace) -> str:
    """What pytest-cov's options set and coverage.py's configuration does not; empty when nothing."""
    sources = [source for source in getattr(options, "covgov_cov_source", ()) if isinstance(source, str) and source]
    settings = ("run:source", "run:source_pkgs", "run:include")
    lost = [] if any(map(coverage.get_option, settings)) else [f"--cov={source}" for source in sources]
    if getattr(options, "cov_branch", None) and not coverage.get_option("run:branch"):
        lost.append("--cov-branch")
    if not lost:
        return ""
    return f"pytest's {' '.join(lost)} is not used: set `source` and `branch` in coverage.py's configuration instead"


class AttributePlugin:
    """Switches the context only when it differs from the previous test's: a switch makes coverage.py write its
    data. notes: the directory for notes, "" for none."""

    def __init__(
        self,
        config: pytest.Config,
        attributes: tuple[str, ...],
        active: Callable[[], ActiveCoverage | None],
        notes: str,
    ) -> None:
        self.config = config
        self.attributes = attributes
        self.active = active
        self.notes = notes
        self.note = ""
        self.current: tuple[ActiveCoverage | None, str] = (None, "")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        coverage = self.active()
        self.note = obstacle(coverage, self.config) if coverage is not None else ""
        unused = ignored(coverage, self.config.known_args_namespace) if coverage is not None else ""
        for note in filter(None, (self.note, unused)):
            leave(note, self.notes)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, None, None]:
        coverage = self.active()
        if coverage is not None and not self.note:
            self._switch(coverage, context_of({marker.name for marker in item.iter_markers()}, self.attributes))
        yield

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        coverage = self.active()
        if coverage is not None:
            self._switch(coverage, "")

    def _switch(self, coverage: ActiveCoverage, context: str) -> None:
        if (coverage, context) != self.current:
            if context or self.current[0] is coverage:
                coverage.switch_context(context)
            self.current = (coverage, context)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.note:
            terminalreporter.write_line(f"covgov: {self.note}", yellow=True)


def leave(note: str, directory: str) -> None:
    """Write a note for `covgov run` to a file of its own, so that workers do not collide."""
    if directory and Path(directory).is_dir():
        path = Path(directory, f"covgov-notes.{os.getpid()}.{abs(hash(note))}.json")
        path.write_text(json.dumps({"notes": [note]}), encoding="utf-8")


class SessionPlugin:
    """Records in `covgov-session.PID.json` whether the session came to its end, which tests failed, and failures that
    were reported as passed; has pytest write `covgov-junit.PID.xml` where a test command of the project's own
    starts it.
    """

    def __init__(self, config: pytest.Config, directory: str, environ: MutableMapping[str, str]) -> None:
        self.config = config
        self.environ = environ
        self.worker = hasattr(config, "workerinput")
        self.path = Path(directory, f"covgov-session.{os.getpid()}.json")
        self.stopped = ""
        self.raised: set[tuple[str, str]] = set()
        self.hidden: list[str] = []
        self.failed: dict[str, None] = {}
        self.junit: tuple[str, Path] | None = None
        asked = environ.get("PYTEST_PLUGINS", "").split(",")
        if environ.get(PLUGIN) in asked:  # not asked of what the tests start
            environ["PYTEST_PLUGINS"] = ",".join(name for name in asked if name != environ[PLUGIN])
            self._count(Path(directory, f"covgov-junit.{os.getpid()}.xml"))
        if not self.worker:
            environ[OUTER] = str(os.getpid())

    def _count(self, junit: Path) -> None:
        if not self.worker and hasattr(self.config.option, "xmlpath"):
            self.junit = (self.config.option.xmlpath or str(junit), junit)
            self.config.option.xmlpath = self.junit[0]

    def pytest_sessionstart(self) -> None:
        if not self.worker:
            self._record(finished=False)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[object]
    ) -> Generator[None, None, None]:
        if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
            self.raised.add((item.nodeid, call.when))
        yield

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        place = (report.nodeid, report.when)
        if place in self.raised and report.passed:
            self.hidden.append(report.nodeid)
        self.raised.discard(place)
        self.pytest_collectreport(report)

    def pytest_collectreport(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if report.failed:
            self.failed[report.nodeid] = None

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.stopped = f"{excinfo.typename} {excinfo.value}".strip()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        if not self.worker or self.stopped or self.hidden:
            self._record(finished=True)

    def pytest_unconfigure(self) -> None:
        if not self.worker:
            self.environ.pop(OUTER, None)
        if self.junit is not None and Path(self.junit[0]).is_file() and Path(self.junit[0]) != self.junit[1]:
            self.junit[1].write_bytes(Path(self.junit[0]).read_bytes())

    def _record(self, *, finished: bool) -> None:
        record = {"finished": finished, "stopped": self.stopped, "hidden": self.hidden, "failed": list(self.failed)}
        self.path.write_text(json.dumps(record), encoding="utf-8")
