"""A digest as JSON, `covgov-digest` version 1: figures as integers and floored text, deltas as exact fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import msgspec

from covgov.history.digest import ComponentChange, Digest, FileMove, SuiteAccount
from covgov.model.ratio import Ratio, apportion, show_signed
from covgov.model.snapshot import TestRun
from covgov.model.verdict import ExceptionLine, Finding
from covgov.publish.render.safe_text import utf8

Json = Mapping[str, object]


def digest_json(digest: Digest) -> str:
    """The document, indented, ending in a newline; the same digest gives the same bytes."""
    document = {"format": "covgov-digest", "version": 1, **digest_payload(digest)}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def digest_payload(digest: Digest) -> dict[str, object]:
    """The document's fields without its name and version."""
    return {
        "since": digest.since,
        "until": digest.until,
        "weeks": digest.weeks,
        "runs": digest.runs,
        "outcomes": dict(digest.outcomes or {}),
        "commit": utf8(digest.commit) or None,
        "components": [_component(component) for component in digest.components],
        "suites": [_suite(suite) for suite in digest.suites],
        "exceptions": {
            "opened": [_exception(line) for line in digest.opened],
            "resolved": [_exception(line) for line in digest.resolved],
            "overdue": [_exception(line) for line in digest.overdue],
        },
        "movers": [_mover(move) for move in digest.movers],
        "failing": [_finding(finding) for finding in digest.failing],
    }


def _component(component: ComponentChange) -> Json:
    change = component.change
    parts = change.parts if change is not None else ()
    *shares, rest = apportion([*(part.points for part in parts), component.unexplained])
    return {
        "name": utf8(component.name),
        "suite": utf8(component.suite),
        "metric": component.metric,
        "bar": component.bar,
        "outcome": component.outcome,
        "before": _ratio(component.before),
        "first": _ratio(component.first),
        "last": _ratio(component.last),
        "change": _points(change.points) if change is not None and change.points is not None else None,
        "causes": [
            {"cause": part.cause, "covered": part.covered, "total": part.total, "points": _points(part.points, share)}
            for part, share in zip(parts, shares, strict=True)
        ],
        "unexplained": _points(component.unexplained, rest),
    }


def _points(value: Fraction, shown: Fraction | None = None) -> Json:
    """shown: rounded so that what is shown together adds up; else floored."""
    return {
        "exact": f"{value.numerator}/{value.denominator}",
        "shown": show_signed(value if shown is None else shown),
    }


def _ratio(ratio: Ratio | None) -> Json | None:
    return None if ratio is None else {"covered": ratio.covered, "total": ratio.total, "percent": ratio.percent()}


def _suite(suite: SuiteAccount) -> Json:
    return {
        "name": utf8(suite.name),
        "runs": suite.runs,
        "failed": suite.failed,
        "before": _tests(suite.before),
        "last": _tests(suite.last),
        "slowest_seconds": suite.slowest,
    }


def _tests(run: TestRun | None) -> Json | None:
    if run is None:
        return None
    return {
        "passed": run.passed,
        "tests": run.tests,
        "failures": run.failures,
        "errors": run.errors,
        "skipped": run.skipped,
        "seconds": run.seconds,
    }


def _exception(line: ExceptionLine) -> Json:
    return {
        "id": utf8(line.id),
        "scope": utf8(line.scope),
        "metric": line.metric,
        "state": line.state,
        "floor": line.floor,
        "current": _ratio(line.current),
        "owner": utf8(line.owner) or None,
        "opened": line.opened,
        "resolved": line.resolved,
        "review": line.review,
    }


def _mover(move: FileMove) -> Json:
    return {
        "suite": utf8(move.suite),
        "path": utf8(move.path),
        "before": _ratio(move.before),
        "now": _ratio(move.now),
        "uncovered": move.uncovered,
    }


def _finding(finding: Finding) -> Json:
    return {
        "rule": finding.rule,
        "effect": finding.effect,
        "scope": finding.scope,
        "subject": utf8(finding.subject),
        "message": utf8(finding.message),
    }
