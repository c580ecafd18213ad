"""Arguments after `--`: coverage output options are for covgov, the rest for pytest.

covgov is the coverage runner, so that one measurement path gives every total; pytest-cov's options are understood
because people, and `nox -s "tests(unit_engine)" -- --cov-report=xml:PATH`, pass them (docs/decisions/0012).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from covgov.errors import UsageError

DEFAULTS = {"xml": "coverage.xml", "json": "coverage.json", "lcov": "coverage.lcov", "html": "htmlcov"}
"""Report kind -> pytest-cov's default path."""

REFUSED = {
    "--cov-fail-under": "set fail_under in covgov.toml, or pass --fail-under to `covgov check`, which is the gate",
    "--no-cov": "call pytest itself to run without coverage",
}
WITH_VALUE = ("--cov-report", "--cov-config", "--cov-context", "--cov-fail-under")


@dataclass(frozen=True, slots=True)
class ReportOutputs:
    """Extra outputs of one run. Paths are relative to the project's root.

    term: print the table with missed lines. ignored: unsupported options, as given.
    """

    xml: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    lcov: tuple[str, ...] = ()
    html: tuple[str, ...] = ()
    term: bool = False
    ignored: tuple[str, ...] = ()


class Passthrough(NamedTuple):
    """Arguments split by receiver; `pytest` keeps its order."""

    requested: ReportOutputs
    pytest: tuple[str, ...]


def split(arguments: Sequence[str]) -> Passthrough:
    """Split the arguments. Raises UsageError for an option that bypasses the gate, or an unsupported report."""
    reports: list[str] = []
    ignored: list[str] = []
    rest: list[str] = []
    queue = list(arguments)
    while queue:
        argument = queue.pop(0)
        if argument == "--":
            rest += [argument, *queue]
            break
        name = argument.partition("=")[0]
        if not is_coverage_option(name):
            rest.append(argument)
            continue
        whole = argument if "=" in argument or not takes_next(name, queue) else f"{argument}={queue.pop(0)}"
        refuse(name)
        if name == "--cov-report":
            reports.append(whole.partition("=")[2])
        else:
            ignored.append(whole)
    return Passthrough(requested(reports, ignored), tuple(rest))


def is_coverage_option(name: str) -> bool:
    """Whether an option is one of pytest-cov's."""
    return name == "--cov" or name.startswith(("--cov-", "--no-cov"))


def takes_next(name: str, queue: Sequence[str]) -> bool:
    """Whether the option's value is the next argument, as in argparse."""
    return bool(queue) and (name in WITH_VALUE or (name == "--cov" and not queue[0].startswith("-")))


def refuse(name: str) -> None:
    """Raise UsageError for options that contradict the run."""
    if name in REFUSED:
        raise UsageError("passthrough-refused", f"{name} cannot be passed through covgov run", hint=REFUSED[name])


def requested(reports: Sequence[str], ignored: Sequence[str]) -> ReportOutputs:
    """The outputs that `--cov-report` values ask for. Raises UsageError for a kind that covgov does not write."""
    places: dict[str, list[str]] = {kind: [] for kind in DEFAULTS}
    term = False
    for report in filter(None, reports):
        kind, _, place = report.partition(":")
        if kind in places:
            places[kind].append(place or DEFAULTS[kind])
        elif kind in ("term", "term-missing"):
            term = True
        else:
            raise UsageError(
                "passthrough-report",
                f"--cov-report={report}: covgov run does not write `{kind}`",
                hint=f"it writes {', '.join(DEFAULTS)}, term and term-missing",
            )
    found = {kind: tuple(paths) for kind, paths in places.items()}
    return ReportOutputs(**found, term=term, ignored=tuple(ignored))
