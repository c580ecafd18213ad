"""The verdict as metrics in a text file, which Prometheus' node exporter collects (`--collector.textfile.directory`).

One file holds the state of one branch and is replaced as a whole. Pull requests write no metrics, because a series for
each would stay for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from covgov.ci.interface import CiEvent
from covgov.errors import DeliveryFailed, NotConfigured, UsageError
from covgov.files import write
from covgov.model.ratio import Ratio
from covgov.model.verdict import Effect, Outcome, Row, Verdict
from covgov.publish.channels.interface import Parcel, Publication

VARIABLE = "COVGOV_TEXTFILE"
"""The path of the file, which must end in `.prom` for the node exporter."""

OF_A_CHANGE = (CiEvent.PULL_REQUEST, CiEvent.MERGE_QUEUE)
FAMILIES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "covgov_judged_timestamp_seconds": ("When the verdict was published", ()),
    "covgov_outcome": ("1 for the outcome of the newest verdict, 0 for the others", ("outcome",)),
    "covgov_findings": ("Findings that count, by their effect", ("effect",)),
    "covgov_findings_not_enforced": ("Those of them that are not enforced, by their effect", ("effect",)),
    "covgov_covered_units": ("Covered units of the metric that is judged", ("scope", "name")),
    "covgov_units": ("Units that count, of the metric that is judged", ("scope", "name")),
    "covgov_coverage_ratio": ("Covered units per unit", ("scope", "name")),
    "covgov_bar_ratio": ("Least coverage that the policy asks for", ("scope", "name")),
    "covgov_change_ratio": ("Change against the baseline", ("scope", "name")),
    "covgov_attribute_ratio": ("Lines reached by tests of a quality attribute", ("name", "attribute")),
    "covgov_suite_arrived": ("1 when the suite was measured", ("suite",)),
    "covgov_suite_tests": ("Tests of the suite's run, by result", ("suite", "result")),
    "covgov_suite_seconds": ("How long the suite's tests took", ("suite",)),
    "covgov_exceptions": ("Entries of the exception register, by state", ("state",)),
}
"""Metric -> help text and labels, in addition to `repository` and `branch`."""

Sample = tuple[str, tuple[str, ...], float]


class PrometheusChannel:
    name: ClassVar[str] = "prometheus"

    def parcels(self, publication: Publication, /) -> Sequence[Parcel]:
        if publication.ci.event in OF_A_CHANGE:
            return ()
        text = exposition(publication)
        return (Parcel(self.name, f"${{{VARIABLE}}}", f"metrics of {publication.ci.branch or 'HEAD'}", {"text": text}),)

    def silence(self, publication: Publication, /) -> str:
        """Why there are no parcels."""
        return "metrics are written for branches, not for pull requests"

    def send(self, parcel: Parcel, env: Mapping[str, str], /) -> str:
        path = env.get(VARIABLE, "")
        if not path:
            raise NotConfigured(
                "textfile-unset",
                f"{VARIABLE} is not set",
                hint=f"set {VARIABLE} to a .prom file in the directory that the node exporter collects",
            )
        target = _textfile(path)
        write(target, parcel.body["text"].encode())
        return f"{path} written"


PROMETHEUS = PrometheusChannel()


def _textfile(path: str) -> Path:
    """Raises DeliveryFailed (`textfile-unusable`) for a file that a node exporter does not read."""
    target = Path(path)
    fault = ""
    if target.suffix != ".prom":
        fault = "the name does not end in .prom"
    elif not target.parent.is_dir():
        fault = f"{target.parent} is not a directory"
    if fault:
        raise DeliveryFailed(
            "textfile-unusable",
            f"{VARIABLE}={path}: {fault}",
            hint=f"set {VARIABLE} to a .prom file in the directory that the node exporter collects; it must exist",
        )
    return target


def exposition(publication: Publication) -> str:
    """All samples in Prometheus' text format. Raises UsageError (`prometheus-extra-missing`)."""
    try:
        from prometheus_client import CollectorRegistry, Gauge, generate_latest  # noqa: PLC0415 - from an extra
    except ModuleNotFoundError as error:
        raise UsageError(
            "prometheus-extra-missing",
            f"metrics need a package that is not installed ({error.name})",
            hint="pip install 'covgov[prometheus]'",
        ) from error
    registry = CollectorRegistry()
    gauges = {
        name: Gauge(name, text, ("repository", "branch", *labels), registry=registry)
        for name, (text, labels) in FAMILIES.items()
    }
    for name, values, value in samples(publication):
        labels = (publication.repository, publication.ci.branch, *values)
        gauges[name].labels(*map(_encodable, labels)).set(value)
    return generate_latest(registry).decode()


def _encodable(text: str) -> str:
    """The text with lone surrogates, as from undecodable names, replaced by `?`."""
    return text.encode("utf-8", "replace").decode()


def samples(publication: Publication) -> Iterable[Sample]:
    """Metric, values of its own labels, value."""
    verdict = publication.verdict
    yield "covgov_judged_timestamp_seconds", (), publication.now.timestamp()
    for outcome in Outcome:
        yield "covgov_outcome", (outcome.value,), float(verdict.outcome is outcome)
    counted = [finding for finding in verdict.findings if not finding.waived_by]
    for effect in Effect:
        of_effect = [finding for finding in counted if finding.effect is effect]
        yield "covgov_findings", (effect.value,), float(len(of_effect))
        if effect is not Effect.NOTE:
            evaluated = sum(not finding.enforced for finding in of_effect)
            yield "covgov_findings_not_enforced", (effect.value,), float(evaluated)
    rows = [*verdict.rows, *([verdict.project] if verdict.project is not None else [])]
    for row in rows:
        yield from _row(row)
    yield from _suites(verdict)
    states = [exception.state.value for exception in verdict.exceptions]
    for state in sorted(set(states)):
        yield "covgov_exceptions", (state,), float(states.count(state))


def _row(row: Row) -> Iterable[Sample]:
    key = (row.scope.value, row.name)
    if row.bar is not None:
        yield "covgov_bar_ratio", key, float(row.bar / 100)
    if row.now is None:
        return
    yield "covgov_covered_units", key, float(row.now.covered)
    yield "covgov_units", key, float(row.now.total)
    yield from _ratio("covgov_coverage_ratio", key, row.now)
    if row.delta is not None and row.delta.points is not None:
        yield "covgov_change_ratio", key, float(row.delta.points / 100)
    for attribute, ratio in row.attributes.items():
        if ratio is not None:
            yield from _ratio("covgov_attribute_ratio", (row.name, attribute), ratio)


def _ratio(metric: str, labels: tuple[str, ...], ratio: Ratio) -> Iterable[Sample]:
    """No sample without units: a gap in the graph, not 100 %."""
    if ratio.total:
        yield metric, labels, ratio.covered / ratio.total


def _suites(verdict: Verdict) -> Iterable[Sample]:
    for suite in verdict.suites:
        yield "covgov_suite_arrived", (suite.name,), float(suite.arrived)
        if suite.tests is None:
            continue
        tests = suite.tests
        passed = tests.tests - tests.failures - tests.errors - tests.skipped
        results = {"passed": passed, "failed": tests.failures, "error": tests.errors, "skipped": tests.skipped}
        for result, count in results.items():
            yield "covgov_suite_tests", (suite.name, result), float(count)
        yield "covgov_suite_seconds", (suite.name,), tests.seconds
