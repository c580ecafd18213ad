"""Measures every Python process of a suite: `run_suite` puts this directory first on PYTHONPATH.

Runs in the suite's interpreter, so it needs nothing but the standard library and coverage.py (6.5 or later), imports
nothing of covgov and uses only syntax of old interpreters. It is used instead of `[run] patch = subprocess`
because it works under any coverage.py and needs no line in the project's configuration; where that line exists,
the first one measures and the other does nothing. Without `_COVGOV_DATA` in the environment it does nothing.

The variables start with an underscore because they are private to one run and its children.
"""

from __future__ import annotations

import atexit
import importlib.machinery
import importlib.util
import os
import sys

TYPE_CHECKING = False  # `typing` is too slow to import for every process
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping
    from types import ModuleType

    from coverage import Coverage

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - start-up of every process: no pathlib
QUIET = ["no-data-collected", "module-not-imported", "module-not-measured", "already-imported"]
"""Warnings that are normal in a child process."""

PROCESS_CONFIG, HANDED = "COVERAGE_PROCESS_CONFIG", "_COVGOV_HANDED"
"""coverage.py's variable, and a copy of what is ours in it."""


def measure(
    environ: Mapping[str, str], argv: list[str], busy: Callable[[], bool], start: Callable[[str, str], object]
) -> bool:
    """Start coverage.py as `_COVGOV_DATA` (directory) and `_COVGOV_ROOT` ask; whether this call started it.

    busy: whether this process is measured already.
    """
    data, root = environ.get("_COVGOV_DATA", ""), environ.get("_COVGOV_ROOT", "")
    if not (os.path.isdir(data) and os.path.isdir(root)):  # noqa: PTH112
        return False
    if importlib.util.find_spec("coverage") is None:
        return False
    record_interpreter(data)
    if is_coverage(argv):
        hand_on(data, root)
        return False
    if busy():
        return False
    start(data, root)
    return True


def is_coverage(argv: list[str]) -> bool:
    """Whether a command line is coverage.py's own: `python -m coverage ...`, `python .../bin/coverage ...`."""
    for index, argument in enumerate(argv[1:], start=1):
        if argument == "-m":
            return argv[index + 1 : index + 2] == ["coverage"]
        if not argument.startswith("-"):
            return os.path.basename(argument).startswith("coverage")  # noqa: PTH119
    return False


def is_pytest(argv: list[str]) -> bool:
    """Whether a command line is pytest's: `python -m pytest`, `coverage run -m pytest`, `.../bin/pytest`."""
    names = [os.path.basename(argument) for argument in argv]  # noqa: PTH119
    scripts = ("pytest", "py.test", "pytest.exe")
    return any(name in scripts and (index < 2 or argv[index - 1] == "-m") for index, name in enumerate(names))


def is_worker(argv: list[str]) -> bool:
    """Whether a command line is that of a pytest-xdist worker, as execnet starts it."""
    return any("eval(sys.stdin.readline())" in argument for argument in argv)


def count_tests(environ: MutableMapping[str, str], argv: list[str], parent: int) -> None:
    """Have the suite's pytest and its workers load the plugin that `_COVGOV_PLUGIN` names; not what a test starts.

    Set here and not by `covgov run`, because whoever reads this file can also import the plugin: a tool that removes
    PYTHONPATH must not leave a pytest that fails on a plugin it cannot find.
    """
    plugin, outer = environ.get("_COVGOV_PLUGIN", ""), environ.get("_COVGOV_PYTEST", "")
    if plugin and (outer == str(parent) and is_worker(argv) if outer else is_pytest(argv)):
        environ["PYTEST_PLUGINS"] = ",".join(filter(None, [environ.get("PYTEST_PLUGINS", ""), plugin]))


def measured() -> bool:
    """Whether coverage.py measures this process. What it started only because of `announce` is stopped."""
    import coverage  # noqa: PLC0415 - only in processes that are measured

    current = coverage.Coverage.current()
    if current is None or os.environ.get(HANDED) != os.environ.get(PROCESS_CONFIG, ""):
        return current is not None
    current.stop()
    current._auto_save = False  # or it would write a data file of nothing
    return False


def record_interpreter(data: str) -> None:
    """Write `interpreter.PID`, so that this interpreter later analyses the data of this process."""
    with open(os.path.join(data, "interpreter.%d" % os.getpid()), "w") as note:  # noqa: PTH118, PTH123, UP031
        note.write(sys.executable)


def begin(
    data: str,
    root: str,
    at_end: Callable[..., object] = atexit.register,
    new: Callable[..., Coverage] | None = None,
) -> Coverage:
    """Measure with a `new` Coverage until `at_end` calls back, with the configuration coverage.py finds in `root`.

    coverage.py resolves `source` and `relative_files` against the directory it starts in, hence the change to `root`.
    """
    import coverage  # noqa: PLC0415

    came_from = os.getcwd()  # noqa: PTH109
    os.chdir(root)
    try:
        measuring = (new or coverage.Coverage)(data_file=os.path.join(data, ".coverage"), data_suffix=True)  # noqa: PTH118
        measuring.set_option("run:disable_warnings", QUIET)
        announce(measuring)
        measuring.start()
    finally:
        os.chdir(came_from)
    at_end(finish, measuring)
    return measuring


def hand_on(data: str, root: str) -> None:
    """`announce` for the children of a process that measures itself."""
    import coverage  # noqa: PLC0415

    came_from = os.getcwd()  # noqa: PTH109
    os.chdir(root)
    try:
        announce(coverage.Coverage(data_file=os.path.join(data, ".coverage")))  # noqa: PTH118
    finally:
        os.chdir(came_from)


def announce(measuring: Coverage) -> None:
    """Have coverage.py's own start-up file measure children that get another PYTHONPATH, if this version has one.

    Those name files absolutely, because coverage.py takes `relative_files` from the directory that it starts in.
    """
    serialize = getattr(getattr(measuring, "config", None), "serialize", None)
    if serialize is not None:
        relative = measuring.get_option("run:relative_files")
        measuring.set_option("run:parallel", True)
        measuring.set_option("run:relative_files", False)
        os.environ[PROCESS_CONFIG] = os.environ[HANDED] = serialize()
        measuring.set_option("run:relative_files", relative)
        import coverage  # noqa: PLC0415

        # or a test that calls it starts another measurement
        coverage.process_startup.coverage = measuring  # type: ignore[attr-defined]


def finish(measuring: Coverage) -> None:
    """Stop and save the data."""
    measuring.stop()
    measuring.save()


def forked(modules: Mapping[str, ModuleType]) -> None:
    """In a forked process: save what it measures at its end, if it is a process of multiprocessing.

    Such a process ends in os._exit, so nothing else would save the data. SIGTERM is left alone, as by coverage.py.
    """
    coverage, util = modules.get("coverage"), modules.get("multiprocessing.util")
    current = coverage.Coverage.current() if coverage is not None else None
    if current is not None and util is not None:
        # called once multiprocessing has dropped the parent's finalizers
        util.register_after_fork(current, save_at_end)


def save_at_end(measuring: Coverage) -> None:
    """At the end of this process of multiprocessing."""
    from multiprocessing.util import Finalize  # noqa: PLC0415 - only where it is imported already

    Finalize(measuring, finish_current, args=(measuring,), exitpriority=-100)


def finish_current(measuring: Coverage) -> None:
    """`finish`, where no other measurement (`concurrency = multiprocessing`) has taken over."""
    import coverage  # noqa: PLC0415 - it measures

    if coverage.Coverage.current() is measuring:
        finish(measuring)


def run_shadowed(path: list[str]) -> None:
    """Run the `sitecustomize` that this one shadows, if there is one, and register it as `sitecustomize`."""
    others = [entry for entry in path if os.path.abspath(entry) != HERE]  # noqa: PTH100
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    argv = list(getattr(sys, "orig_argv", sys.argv))
    count_tests(os.environ, argv, os.getppid())
    measure(os.environ, argv, measured, begin)
    if os.environ.get("_COVGOV_ROOT") and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: forked(sys.modules))
    run_shadowed(sys.path)
