"""Totals against bars: project, components, owners, files. Absolute bars never depend on a baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Effect, Finding, Scope
from covgov.policy import bars, scopes, units
from covgov.policy.bars import Subject
from covgov.policy.facts import Facts
from covgov.policy.policy import Bar, BarScope, On


def check(facts: Facts) -> Iterator[Finding]:
    """Every broken bar on a total; of a suite whose tests failed they are notes."""
    force = bars.in_force(facts)
    if facts.project is not None and facts.project.snapshot is not None:
        whole = facts.project.snapshot
        for bar in bars.selected(force, BarScope.PROJECT, On.TOTAL):
            subject = Subject(Scope.PROJECT, "project", facts.project.partial)
            yield from bars.broken(bar, units.of_files(whole, bar.metric, bar.attribute), subject)
        yield from _owners(facts, force, whole)
    for one in facts.components:
        if one.measured.snapshot is not None:
            subject = Subject(Scope.COMPONENT, one.component.name, one.measured.partial)
            for bar in bars.selected(force, BarScope.COMPONENT, On.TOTAL, one.component.name):
                yield from bars.broken(bar, units.of_files(one.measured.snapshot, bar.metric, bar.attribute), subject)
    yield from _files(facts, force)


def _owners(facts: Facts, force: tuple[Bar, ...], whole: Snapshot) -> Iterator[Finding]:
    partial = facts.project is not None and facts.project.partial
    for bar in bars.selected(force, BarScope.OWNER, On.TOTAL):
        for owner in sorted(set(facts.owners.values())):
            now = units.of_files(_owned(whole, facts.owners, owner), bar.metric, bar.attribute)
            yield from bars.broken(bar, now, Subject(Scope.PROJECT, owner, partial))


def _owned(whole: Snapshot, owners: Mapping[str, str], owner: str) -> Snapshot:
    return whole.restrict(lambda path: owners.get(path) == owner)


def _files(facts: Facts, force: tuple[Bar, ...]) -> Iterator[Finding]:
    """Each file in each component that claims it; a file of no component on the merge of all suites."""
    used: set[str] = set()
    for name, snapshot, partial in _measured(facts):
        for path in snapshot.paths:
            for choice in bars.for_file(force, On.TOTAL, path, [name]):
                used.add(choice.bar.key)
                if choice.won:
                    now = units.of_file(snapshot.files[path], choice.bar.metric, choice.bar.attribute)
                    yield from bars.broken(choice.bar, now, Subject(Scope.FILE, path, partial))
    measured = {name for name, _, _ in _measured(facts)}
    for bar in force:
        if bar.scope is BarScope.FILE and bar.on is On.TOTAL and bar.key not in used and bar.component in measured:
            words = f"{bar.key}: the bar matches no measured file ({', '.join(bar.paths) or 'every file'})"
            yield Finding("bar", Effect.NOTE, Scope.POLICY, bar.key, words, "correct its paths", key=bar.key)


def _measured(facts: Facts) -> Iterator[tuple[str, Snapshot, bool]]:
    """(component or "", its files, whether its tests failed)."""
    for one in facts.components:
        if one.measured.snapshot is not None:
            yield one.component.name, one.measured.snapshot, one.measured.partial
    if facts.project is not None and facts.project.snapshot is not None:
        rest = facts.project.snapshot.restrict(lambda path: not scopes.is_source(facts.policy, path))
        yield "", rest, facts.project.partial
