"""The present figure of an exception's subject, if it proves anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from covgov.judge.view import ComponentFacts, PolicyView
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Scope
from covgov.register.entry import Key


def current(views: Sequence[PolicyView], key: Key) -> Ratio | None:
    """Covered of total units at head; None when nothing arrived, tests failed, or there is nothing to count."""
    scope, subject, metric = key
    for component in _components(views):
        snapshot = _trusted(component)
        if snapshot is None:
            continue
        if scope is Scope.COMPONENT and component.component.name == subject:
            ratio = snapshot.ratio(metric)
        elif scope is Scope.FILE and subject in snapshot.files:
            ratio = snapshot.files[subject].ratio(metric)
        else:
            continue
        return ratio if ratio.measurable else None
    return None


def vanished(views: Sequence[PolicyView], key: Key) -> bool:
    """Whether there certainly is no such subject any more: no component of that name, or every component was measured
    and none has the file."""
    scope, subject, _ = key
    if scope is Scope.POLICY:
        return False  # a row may be merged long before the change that it is for
    if scope is Scope.COMPONENT:
        return all(subject not in view.policy.components for view in views)
    snapshots = [_trusted(component) for component in _components(views)]
    return all(snapshot is not None and subject not in snapshot.files for snapshot in snapshots)


def _components(views: Sequence[PolicyView]) -> Iterator[ComponentFacts]:
    return (one for view in views for one in view.components)


def _trusted(component: ComponentFacts) -> Snapshot | None:
    return None if component.measured.partial else component.measured.snapshot
