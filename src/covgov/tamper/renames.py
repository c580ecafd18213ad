"""The base branch's policy on the head's paths: what it claims stays claimed under a new name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from covgov.policy import globs
from covgov.policy.bars import Bar
from covgov.policy.policy import BarRule, Component, Policy
from covgov.tamper.limits import weaker

NOT_CODE: tuple[str, ...] = (
    *(".md", ".rst", ".txt", ".json", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".csv", ".lock"),
    *(".html", ".css", ".svg", ".png", ".jpg", ".gif", ".ico", ".pdf", ".pyi", ".typed"),
)
"""Endings of files that nothing measures. Whatever else is renamed counts as code."""


def is_code(path: str) -> bool:
    """Whether the path could be measured, judged by its name."""
    return not path.lower().endswith(NOT_CODE)


def judging(head: Policy, base: Policy | None, renames: Mapping[str, str]) -> tuple[Policy, ...]:
    """The policies by which a change is judged: the head's, then the base branch's where it demands anything else."""
    if base is None:
        return (head,)
    followed = follow(base, renames)
    return (head,) if followed.hash == head.hash else (head, followed)


def follow(base: Policy, renames: Mapping[str, str]) -> Policy:
    """The policy with the new names of renamed files beside its globs. renames: old path -> new path.

    A file that is renamed into another component of this policy, at least as strict as its old one, counts there.
    """
    code = {before: after for before, after in renames.items() if is_code(after)}
    components = {name: _renamed(one, code, base) for name, one in base.components.items()}
    return base.model_copy(update={"components": components, "rules": _rules(base.rules, code)})


def _renamed(one: Component, code: Mapping[str, str], base: Policy) -> Component:
    lost = {before: after for before, after in code.items() if not _welcome(one, after, base)}
    return one.model_copy(update={"paths": _followed(one.paths, lost), "rules": _rules(one.rules, code)})


def _rules(rules: tuple[BarRule, ...], code: Mapping[str, str]) -> tuple[BarRule, ...]:
    return tuple(
        rule if rule.paths is None else rule.model_copy(update={"paths": _followed(rule.paths, code)}) for rule in rules
    )


def _welcome(old: Component, path: str, policy: Policy) -> bool:
    """Whether the policy puts a file of `old` with this new path into a component at least as strict."""
    return any(
        globs.matches(path, one.paths) and (one.name == old.name or as_strict(old, one, policy, policy))
        for one in policy.components.values()
    )


def as_strict(old: Component, new: Component, base: Policy, head: Policy) -> bool:
    """Whether the metric is the same and no bar of `old` in `base` is weaker or missing for `new` in `head`."""
    bars: dict[tuple[str, ...], list[Bar]] = {}
    for bar in _own(head, new):
        bars.setdefault(replace(bar, component=old.name).identity, []).append(bar)
    return new.metric is old.metric and not any(
        list(weaker(bar, bars.get(bar.identity, ()))) for bar in _own(base, old)
    )


def _own(policy: Policy, component: Component) -> Iterable[Bar]:
    return (bar for bar in policy.bars if bar.component == component.name)


def _followed(patterns: tuple[str, ...], renames: Mapping[str, str]) -> tuple[str, ...]:
    new = (
        globs.literally(after)
        for before, after in sorted(renames.items())
        if patterns and globs.matches(before, patterns) and not globs.matches(after, patterns)
    )
    return (*patterns, *new)
