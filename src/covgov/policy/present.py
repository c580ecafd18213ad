"""The policy for people and programs: what is in force, what was left at its default, what applies to a path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time

from covgov.policy import bars, globs, scopes
from covgov.policy.bars import Bar, BarScope, BarUnits, spelled
from covgov.policy.policy import Policy
from covgov.policy.tables.keys import Secret, Setting, UnsetText, settings, word
from covgov.policy.tables.table import Table


@dataclass(frozen=True, slots=True)
class Presentation:
    """One result in both forms: lines of text, and the payload of a JSON document."""

    lines: tuple[str, ...]
    payload: Mapping[str, object]


def show(policy: Policy) -> Presentation:
    """Everything in force as `key = value`, then the bars. Keys that the file does not set are marked."""
    rows = [(one.key, _spoken(one), not one.given) for one in settings(policy)]
    width = max((len(f"{key} = {value}") for key, value, default in rows if default), default=0)
    lines = [f"{key} = {value}".ljust(width) + ("  # default" if default else "") for key, value, default in rows]
    lines += [f"{bar.key}: {describe(bar)}" for bar in policy.bars]
    lines.append(f"policy hash {policy.hash}")
    return Presentation(
        lines=tuple(line.rstrip() for line in lines),
        payload={
            "suites": list(policy.suites),
            "settings": {key: value for key, value, _ in rows},
            "defaults": [key for key, _, default in rows if default],
            "bars": [_payload(bar) for bar in policy.bars],
            "policy_hash": policy.hash,
        },
    )


def explain(policy: Policy, path: str) -> Presentation:
    """What applies to one path: components and suites, total bars, file bars with the winner and why it won."""
    names = scopes.components_of(policy, path)
    lines = [f"{path}"]
    lines += [line for name in names for line in _component_lines(policy, name, path)]
    lines += [] if names else ["  belongs to no component: only the project's bars count it"]
    owned = [bar for bar in policy.bars if bar.scope is not BarScope.FILE and bar.component in ("", *names)]
    lines += [f"  {bar.key}: {describe(bar)}" for bar in owned]
    choices = [
        choice for on in (BarUnits.TOTAL, BarUnits.PATCH) for choice in bars.for_file(policy.bars, on, path, names)
    ]
    lines += [f"  {choice.bar.key}: {describe(choice.bar)}: {_why(choice)}" for choice in choices]
    return Presentation(
        lines=tuple(lines),
        payload={
            "path": path,
            "components": [
                {"name": name, "suite": policy.components[name].suite, "matched": _matched(policy, name, path)}
                for name in names
            ],
            "bars": [_payload(bar) for bar in owned],
            "file_bars": [{**_payload(one.bar), "applies": one.won, "why": _why(one)} for one in choices],
        },
    )


def describe(bar: Bar) -> str:
    """`component auth, total, combined: at least 92 %`."""
    limits = [
        *([f"at least {spelled(bar.min)} %"] if bar.min is not None else []),
        *([f"at most {spelled(bar.max)} %"] if bar.max is not None else []),
        *([f"at most {bar.max_uncovered} units"] if bar.max_uncovered is not None else []),
    ]
    subject = f"{bar.scope} {bar.component}".rstrip()
    parts = [subject, bar.on.value, bar.metric.value]
    parts += [f"reached by {bar.attribute} tests"] if bar.attribute else []
    parts += [f"paths {', '.join(bar.paths)}"] if bar.paths else []
    return f"{', '.join(parts)}: {' and '.join(limits)}"


def masked(target: str) -> str:
    """A notification target without its secret: `${NAME}` stays as it is written, of a literal URL only the scheme."""
    if "://" not in target or re.fullmatch(r"\$\{\w+\}", target):
        return target
    return f"{target.split('://', 1)[0]}://(hidden)"


def _spoken(setting: Setting) -> str:
    value, marks = setting.value, setting.field.marks
    if value is None or value in ("", ()):
        return next((mark.words for mark in marks if isinstance(mark, UnsetText)), "none")
    parts = value if isinstance(value, tuple) else (value,)
    if any(isinstance(part, Table) for part in parts):
        return f"{len(parts)}, in the bars below"
    hide = any(isinstance(mark, Secret) for mark in marks)
    between = "-" if any(isinstance(part, time) for part in parts) else ", "
    return between.join(masked(str(part)) if hide else word(part) for part in parts)


def _component_lines(policy: Policy, name: str, path: str) -> Iterator[str]:
    yield f"  component {name} ({_matched(policy, name, path)}), measured by suite {policy.components[name].suite}"


def _matched(policy: Policy, name: str, path: str) -> str:
    return next((one for one in policy.components[name].paths if globs.matches(path, [one])), "rest = true")


def _why(choice: bars.BarChoice) -> str:
    if choice.won:
        return "applies: the most specific of its kind"
    return "does not apply: a more specific or later bar of its kind does"


def _payload(bar: Bar) -> dict[str, object]:
    return {
        "key": bar.key,
        "scope": bar.scope.value,
        "on": bar.on.value,
        "metric": bar.metric.value,
        "component": bar.component,
        "paths": list(bar.paths),
        "attribute": bar.attribute,
        "min": None if bar.min is None else spelled(bar.min),
        "max": None if bar.max is None else spelled(bar.max),
        "max_uncovered": bar.max_uncovered,
    }
