"""Whose policy judges a change: the base's, and the head's where it is stricter. Pure; the policies come as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from covgov.policy import scopes
from covgov.policy.bar import Bar, BarScope
from covgov.policy.policy import Component, ExceptionSettings, HistorySettings, Policy
from covgov.tamper.limits import joined, least, most
from covgov.tamper.loosening import loosenings as loosenings
from covgov.tamper.succession import Sides, as_strict, followed, ground

BASE = "base"
"""Origin of a file bar that the base's policy keeps in force."""


def stricter(base: Policy | None, head: Policy, renames: Mapping[str, str]) -> Policy:
    """The policy that judges: for every bar the stricter of the two, and nothing of the base gone.

    base None = there was no policy: the head's judges alone. renames: old path -> new path of the diff. A component
    that the head draws differently is judged twice: with the head's paths under its name, and with the base's paths
    (and what their files are called now) under its name and `scopes.BASE_SIDE`, so that no file makes up for another.
    """
    if base is None:
        return head
    kept = _kept(base, head, renames)
    same_metric = base.gate.metric is head.gate.metric
    gate = head.gate.model_copy(
        update={
            "metric": base.gate.metric,
            "fail_under": most(base.gate.fail_under, head.gate.fail_under) if same_metric else base.gate.fail_under,
            "max_drop": min(base.gate.max_drop, head.gate.max_drop),
            "patch_allowance": min(base.gate.patch_allowance, head.gate.patch_allowance),
            "count_deletions": base.gate.count_deletions,
            "soft_start_floor": base.gate.soft_start_floor,
            "default_branch": base.gate.default_branch or head.gate.default_branch,
        }
    )
    blended = head.model_copy(
        update={
            "gate": gate,
            "suites": {**base.suites, **head.suites},
            "components": {**{name: _both(base, new) for name, new in head.components.items()}, **kept},
            "history": HistorySettings(store=head.history.store, since=least(base.history.since, head.history.since)),
            "exceptions": ExceptionSettings(
                path=base.exceptions.path,
                max_term_days=least(base.exceptions.max_term_days, head.exceptions.max_term_days),
            ),
        }
    )
    # No file has these bars, so they take the place of the compiled ones.
    vars(blended)["bars"] = (*_totals(base, head, kept), *_file_bars(base, head, renames))
    return blended


def _kept(base: Policy, head: Policy, renames: Mapping[str, str]) -> dict[str, Component]:
    """The base's components that are gone or drawn differently at the head, with their own paths."""
    sides = Sides(base, head, renames)
    found: dict[str, Component] = {}
    for name, old in base.components.items():
        here = old.model_copy(update={"paths": ground(old, sides)})
        new = head.components.get(name)
        if new is None and not any(_same_ground(here, one) and as_strict(old, one, sides) for one in _new(base, head)):
            found[name] = here
        if new is not None and not (_same_ground(here, new) and old.suite == new.suite):
            found[name + scopes.BASE_SIDE] = here.named(name + scopes.BASE_SIDE)
    return found


def _new(base: Policy, head: Policy) -> tuple[Component, ...]:
    return tuple(one for name, one in head.components.items() if name not in base.components)


def _same_ground(one: Component, other: Component) -> bool:
    return set(one.paths) == set(other.paths)


def _both(base: Policy, new: Component) -> Component:
    """The head's component; the metric that the guard and the row speak of is the base's."""
    old = base.components.get(new.name)
    if old is None:
        return new
    strictest = most(old.fail_under, new.fail_under) if old.metric is new.metric else old.fail_under
    return new.model_copy(update={"metric": old.metric, "fail_under": strictest})


def _totals(base: Policy, head: Policy, kept: Mapping[str, Component]) -> tuple[Bar, ...]:
    """Every bar that is not about single files: matched by identity, the head's order first."""
    drawn = [replace(bar, component=name) for name in kept for bar in base.bars if _of(bar, name)]
    found: dict[tuple[str, ...], Bar] = {}
    for bar in (*head.bars, *base.bars, *drawn):
        if bar.scope is not BarScope.FILE:
            found[bar.identity] = joined(found[bar.identity], bar) if bar.identity in found else bar
    return tuple(found.values())


def _of(bar: Bar, name: str) -> bool:
    return scopes.is_base_side(name) and bar.component == scopes.plain(name)


def _file_bars(base: Policy, head: Policy, renames: Mapping[str, str]) -> tuple[Bar, ...]:
    """Both sides' file bars: each side picks its own most specific one, so that a narrower glob cannot undercut."""
    old, new = ([bar for bar in policy.bars if bar.scope is BarScope.FILE] for policy in (base, head))
    if [_meaning(bar) for bar in old] == [_meaning(bar) for bar in new] and not renames:
        return tuple(new)
    kept = [replace(bar, origin=BASE, paths=followed(bar.paths, renames)) for bar in old]
    return (*new, *kept)


def _meaning(bar: Bar) -> Bar:
    return replace(bar, key="")
