"""A digest as JSON, `covgov-digest` version 1: its parts are those of a verdict (docs/verdict-json.md)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from covgov.history.digest import ComponentChange, Digest, FileMove, SuiteAccount
from covgov.model import codec
from covgov.model.ratio import Points, apportion, show_signed

Json = Mapping[str, object]


def digest_json(digest: Digest) -> str:
    """The document, indented, ending in a newline; the same digest gives the same bytes."""
    return msgspec.json.format(codec.encode(digest_payload(digest)), indent=2).decode() + "\n"


def digest_payload(digest: Digest) -> dict[str, object]:
    """The document's fields, with the model's values as they are: `covgov.model.codec` spells them."""
    return {
        "format": "covgov-digest",
        "version": 1,
        "since": digest.since,
        "until": digest.until,
        "weeks": digest.weeks,
        "runs": digest.runs,
        "outcomes": dict(digest.outcomes or {}),
        "unenforced": digest.unenforced,
        "commit": digest.commit or None,
        "components": [_component(component) for component in digest.components],
        "suites": [_suite(suite) for suite in digest.suites],
        "exceptions": {"opened": digest.opened, "resolved": digest.resolved, "overdue": digest.overdue},
        "movers": [_mover(move) for move in digest.movers],
        "failing": digest.failing,
        "measurement": digest.measurement,
    }


def _component(component: ComponentChange) -> Json:
    parts = component.change.parts if component.change is not None else ()
    *_, rest = apportion([*(part.points for part in parts), component.unexplained])
    return {
        "name": component.name,
        "suite": component.suite,
        "metric": component.metric,
        "bar": component.bar,
        "outcome": component.outcome,
        "enforced": component.enforced,
        "before": component.before,
        "first": component.first,
        "last": component.last,
        "change": component.change.points if component.change is not None else None,
        "causes": parts,
        "unexplained": Points(component.unexplained, show_signed(rest)),
    }


def _suite(suite: SuiteAccount) -> Json:
    return {
        "name": suite.name,
        "runs": suite.runs,
        "failed": suite.failed,
        "before": suite.before,
        "last": suite.last,
        "slowest_seconds": suite.slowest,
    }


def _mover(move: FileMove) -> Json:
    return {
        "suite": move.suite,
        "path": move.path,
        "before": move.before,
        "now": move.now,
        "uncovered": move.uncovered,
    }
