"""The policy told to people and programs: what is in force, what was left at its default, what applies to a path."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from pydantic.json_schema import GenerateJsonSchema

from covgov.policy import bars, globs, scopes
from covgov.policy.bars import spelled
from covgov.policy.file_model import PolicyFile
from covgov.policy.notification import NotifyPolicy
from covgov.policy.policy import Bar, BarScope, On, Policy

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


class _Numbers(GenerateJsonSchema):
    """Defaults that are exact decimals are numbers of the schema too, as people write them."""

    def encode_default(self, dft: object) -> object:
        return int(dft) if isinstance(dft, Decimal) else super().encode_default(dft)


@dataclass(frozen=True, slots=True)
class Told:
    """One result in both forms: lines of text, and the payload of a JSON document."""

    lines: tuple[str, ...]
    payload: Mapping[str, object]


def schema() -> str:
    """The JSON Schema of the policy file, made from its types."""
    document = {"$schema": SCHEMA_ID, **PolicyFile.model_json_schema(schema_generator=_Numbers)}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def show(policy: Policy, written: Collection[str]) -> Told:
    """Everything in force as `key = value`. written: the keys that stand in the file; all others are marked."""
    rows = [(key, value, key not in written) for key, value in _settings(policy)]
    width = max(len(f"{key} = {value}") for key, value, _ in rows)
    lines = [f"{key} = {value}".ljust(width) + ("  # default" if default else "") for key, value, default in rows]
    lines += [f"{bar.key}: {describe(bar)}" for bar in policy.bars]
    lines.append(f"policy hash {policy.raw_hash}")
    return Told(
        lines=tuple(line.rstrip() for line in lines),
        payload={
            "settings": {key: value for key, value, _ in rows},
            "defaults": [key for key, _, default in rows if default],
            "bars": [_payload(bar) for bar in policy.bars],
            "policy_hash": policy.raw_hash,
        },
    )


def explain(policy: Policy, path: str) -> Told:
    """What applies to one path: components and suites, total bars, file bars with the winner and why it won."""
    names = scopes.components_of(policy, path)
    lines = [f"{path}"]
    lines += [line for name in names for line in _component_lines(policy, name, path)]
    lines += [] if names else ["  belongs to no component: only the project's bars count it"]
    owned = [bar for bar in policy.bars if bar.scope is not BarScope.FILE and bar.component in ("", *names)]
    lines += [f"  {bar.key}: {describe(bar)}" for bar in owned]
    choices = [choice for on in (On.TOTAL, On.PATCH) for choice in bars.for_file(policy.bars, on, path, names)]
    lines += [f"  {choice.bar.key}: {describe(choice.bar)}: {_why(choice)}" for choice in choices]
    return Told(
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


def _settings(policy: Policy) -> Iterator[tuple[str, str]]:
    floor, term = policy.soft_start_floor, policy.register.max_term_days
    yield "policy.fail_under", spelled(policy.fail_under)
    yield "policy.metric", policy.metric.value
    yield "policy.max_drop", spelled(policy.max_drop)
    yield "policy.patch_allowance", str(policy.patch_allowance)
    yield "policy.count_deletions", str(policy.count_deletions).lower()
    yield "policy.soft_start_floor", "none" if floor is None else spelled(floor)
    yield "policy.attributes", ", ".join(policy.attributes) or "none"
    yield "policy.default_branch", policy.default_branch or "the remote's"
    for name, suite in policy.suites.items():
        yield f"suites.{name}", " ".join(suite.command or ("pytest", *suite.tests, *suite.args))
    for name, component in policy.components.items():
        yield f"components.{name}.paths", ", ".join(component.paths)
        yield f"components.{name}.suite", component.suite
    yield "history.store", policy.history.store
    yield "history.since", "none" if policy.history.since is None else policy.history.since.isoformat()
    yield "register.path", policy.register.path
    yield "register.max_term_days", "none" if term is None else str(term)
    yield from _notifications(policy.notify)
    yield from _published(policy)


def _published(policy: Policy) -> Iterator[tuple[str, str]]:
    for place, table in (("github", policy.publish.github), ("github_coverage", policy.publish.github_coverage)):
        for key in fields(table):
            yield f"publish.{place}.{key.name}", _spoken(getattr(table, key.name))


def _spoken(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)


def _notifications(notify: NotifyPolicy) -> Iterator[tuple[str, str]]:
    for occasion, targets in notify.targets.items():
        yield f"notify.{occasion}", ", ".join(masked(target) for target in targets)
    if notify.targets:
        quiet = notify.quiet
        yield "notify.branches", ", ".join(notify.branches) or "the default branch"
        yield "notify.quiet_hours", "none" if quiet is None else f"{quiet.start:%H:%M}-{quiet.end:%H:%M}"
        if quiet is not None:
            yield "notify.timezone", quiet.zone
        yield "notify.required", ", ".join(sorted(masked(target) for target in notify.required)) or "none"


def _component_lines(policy: Policy, name: str, path: str) -> Iterator[str]:
    yield f"  component {name} ({_matched(policy, name, path)}), measured by suite {policy.components[name].suite}"


def _matched(policy: Policy, name: str, path: str) -> str:
    return next(pattern for pattern in policy.components[name].paths if globs.matches(path, [pattern]))


def _why(choice: bars.Choice) -> str:
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
