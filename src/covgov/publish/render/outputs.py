"""The outputs of a CI step: `name=value` lines, as GitHub reads them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from covgov.model.verdict import Row, Scope, Verdict


def step_outputs(verdict: Verdict, files: Mapping[str, str]) -> str:
    """Outcome, the components' figures as one line of JSON, and the given files' paths. A line break in a path would
    begin another output, so such a path is left out."""
    components = {row.name: _figures(row) for row in verdict.rows if row.scope is Scope.COMPONENT}
    outputs = {
        "outcome": verdict.outcome.value,
        "components": json.dumps(components),
        **files,
    }
    return "".join(f"{name}={value}\n" for name, value in outputs.items() if not set("\r\n") & set(value))


def _figures(row: Row) -> Mapping[str, str | int | None]:
    """percent: rounded down, None when nothing was measured, as `bar` when there is none."""
    measured = row.now if row.now is not None and row.now.measurable else None
    return {
        "outcome": row.outcome.value,
        "covered": measured.covered if measured else 0,
        "total": measured.total if measured else 0,
        "percent": measured.percent() if measured else None,
        "bar": f"{row.bar:f}" if row.bar is not None else None,
    }
