"""What a valid policy file means: defaults filled in, every threshold spelled as a bar."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import Decimal

from covgov.model import codec
from covgov.model.snapshot import Metric
from covgov.policy.file_model import ComponentTable, NotifyTable, PolicyFile, PublishTable, RuleTable
from covgov.policy.notification import NotifyPolicy, Occasion, QuietHours
from covgov.policy.policy import (
    Bar,
    BarScope,
    Component,
    GithubCoveragePolicy,
    GithubPolicy,
    HistoryPolicy,
    On,
    Policy,
    PublishPolicy,
    RegisterPolicy,
    Suite,
)


def policy_of(file: PolicyFile) -> Policy:
    """The frozen policy. Bars stand in this order: the policy's own, each component's, then the rules."""
    top = file.policy
    components = {name: _component(name, table, file) for name, table in file.components.items()}
    return hashed(
        Policy(
            fail_under=top.fail_under,
            metric=top.metric,
            max_drop=top.max_drop,
            patch_allowance=top.patch_allowance,
            count_deletions=top.count_deletions,
            soft_start_floor=top.soft_start_floor,
            attributes=tuple(top.attributes),
            suites={name: _suite(name, file) for name in file.suites},
            components=components,
            bars=(*_own_bars(file, components), *_rule_bars(file, components)),
            history=HistoryPolicy(file.history.store, file.history.since),
            register=RegisterPolicy(file.register_.path, file.register_.max_term_days),
            notify=_notify(file.notify),
            publish=_publish(file.publish),
            default_branch=top.default_branch or "",
        )
    )


def hashed(policy: Policy) -> Policy:
    """The same policy with the hash of its meaning: comments, spelled-out defaults and who is told do not matter."""
    judging = {one.name: getattr(policy, one.name) for one in fields(policy) if one.name not in NOT_JUDGING}
    return replace(policy, raw_hash=hashlib.sha256(codec.encode(judging)).hexdigest())


NOT_JUDGING = frozenset({"raw_hash", "notify", "publish"})
"""Fields of Policy that no verdict depends on."""


def _notify(table: NotifyTable) -> NotifyPolicy:
    named = {occasion: tuple(getattr(table, occasion.value)) for occasion in Occasion}
    quiet = table.quiet_hours
    return NotifyPolicy(
        targets={occasion: targets for occasion, targets in named.items() if targets},
        branches=tuple(table.branches),
        quiet=None if quiet is None else QuietHours(*quiet, table.timezone),
        required=frozenset(table.required),
    )


def _suite(name: str, file: PolicyFile) -> Suite:
    table = file.suites[name]
    return Suite(name, tuple(table.tests), tuple(table.args), tuple(table.command), table.python or "")


def _publish(table: PublishTable) -> PublishPolicy:
    github, coverage = table.github, table.github_coverage
    return PublishPolicy(
        GithubPolicy(
            comment=github.comment,
            suite_comments=github.suite_comments,
            status=github.status,
            check_run=github.check_run,
            name=github.name,
            login=github.login,
            required=tuple(github.required),
        ),
        GithubCoveragePolicy(coverage.report, coverage.language, coverage.label, coverage.required),
    )


def _component(name: str, table: ComponentTable, file: PolicyFile) -> Component:
    return Component(
        name=name,
        paths=tuple(table.paths),
        suite=table.suite or name,
        metric=table.metric or file.policy.metric,
        fail_under=file.policy.fail_under if table.fail_under is None else table.fail_under,
    )


def _own_bars(file: PolicyFile, components: dict[str, Component]) -> Iterator[Bar]:
    top = file.policy
    yield Bar("policy.fail_under", BarScope.PROJECT, On.TOTAL, top.metric, min=top.fail_under)
    patch = top.fail_under if top.fail_under_patch is None else top.fail_under_patch
    yield Bar("policy.fail_under_patch", BarScope.PROJECT, On.PATCH, top.metric, min=patch)
    for name, component in components.items():
        yield total_bar(name, component.metric, component.fail_under)


def total_bar(name: str, metric: Metric, least: Decimal) -> Bar:
    """The total bar of a component."""
    return Bar(total_key(name), BarScope.COMPONENT, On.TOTAL, metric, min=least, component=name)


def total_key(name: str) -> str:
    """Where a component's total bar stands in the file."""
    return f"components.{name}.fail_under"


def _rule_bars(file: PolicyFile, components: dict[str, Component]) -> Iterator[Bar]:
    """Top-level rules stand before those of components: a tie between two file bars goes to the later one."""
    for index, rule in enumerate(file.rules):
        key = f"rules[{index}]"
        if rule.scope is BarScope.COMPONENT:
            for name, component in components.items():
                yield _bar(key, rule, rule.metric or component.metric, name)
        else:
            yield _bar(key, rule, rule.metric or file.policy.metric, "")
    for name, table in file.components.items():
        for index, rule in enumerate(table.rules):
            yield _bar(f"components.{name}.rules[{index}]", rule, rule.metric or components[name].metric, name)


def _bar(key: str, rule: RuleTable, metric: Metric, component: str) -> Bar:
    return Bar(
        key=key,
        scope=rule.scope or BarScope.COMPONENT,
        on=rule.on,
        metric=Metric.LINE if rule.attribute else metric,
        min=rule.min,
        max=rule.max,
        max_uncovered=rule.max_uncovered,
        component=component,
        paths=tuple(rule.paths or ()),
        attribute=rule.attribute or "",
    )
