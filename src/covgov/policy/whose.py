"""Whose policy judges a change: the base's, and the head's where it is stricter. Pure; the policies come as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from covgov.policy import globs
from covgov.policy.loosening import claimed, succeeded
from covgov.policy.loosening import loosenings as loosenings
from covgov.policy.meaning import hashed
from covgov.policy.policy import Bar, BarScope, Component, HistoryPolicy, Policy, RegisterPolicy

Ordered = TypeVar("Ordered", Decimal, int, date)

BASE = "base"
"""Origin of a file bar that the base's policy keeps in force."""


def stricter(base: Policy | None, head: Policy, renames: Mapping[str, str]) -> Policy:
    """The policy that judges: for every bar the stricter of the two, and nothing of the base gone.

    base None = there was no policy: the head's judges alone. renames: old path -> new path of the diff; a file that the
    base's globs claimed stays claimed under its new name, unless another component of the head claims it now.
    """
    if base is None:
        return head
    bars = (*_totals(base, head), *_file_bars(base, head, renames))
    term = _least(base.register.max_term_days, head.register.max_term_days)
    return hashed(
        replace(
            head,
            fail_under=max(base.fail_under, head.fail_under) if base.metric is head.metric else head.fail_under,
            max_drop=min(base.max_drop, head.max_drop),
            patch_allowance=min(base.patch_allowance, head.patch_allowance),
            count_deletions=base.count_deletions,
            soft_start_floor=base.soft_start_floor,
            suites={**base.suites, **head.suites},
            components=_components(base, head, renames),
            bars=bars,
            history=HistoryPolicy(head.history.store, _least(base.history.since, head.history.since)),
            register=RegisterPolicy(head.register.path, term),
            default_branch=base.default_branch or head.default_branch,
        )
    )


def joined(one: Bar, other: Bar) -> Bar:
    """One bar as strict as both; it keeps the first one's key."""
    return replace(
        one,
        min=_most(one.min, other.min),
        max=_least(one.max, other.max),
        max_uncovered=_least(one.max_uncovered, other.max_uncovered),
    )


def _totals(base: Policy, head: Policy) -> tuple[Bar, ...]:
    """Every bar that is not about single files: matched by identity, the head's order first."""
    found: dict[tuple[str, ...], Bar] = {}
    for bar in (*head.bars, *base.bars):
        if bar.scope is not BarScope.FILE:
            found[bar.identity] = joined(found[bar.identity], bar) if bar.identity in found else bar
    return tuple(found.values())


def _file_bars(base: Policy, head: Policy, renames: Mapping[str, str]) -> tuple[Bar, ...]:
    """Both sides' file bars: each side picks its own most specific one, so that a narrower glob cannot undercut."""
    old, new = ([bar for bar in policy.bars if bar.scope is BarScope.FILE] for policy in (base, head))
    if [_meaning(bar) for bar in old] == [_meaning(bar) for bar in new] and not renames:
        return tuple(new)
    kept = [replace(bar, origin=BASE, paths=_followed(bar.paths, renames)) for bar in old]
    return (*new, *kept)


def _meaning(bar: Bar) -> Bar:
    return replace(bar, key="")


def _components(base: Policy, head: Policy, renames: Mapping[str, str]) -> dict[str, Component]:
    """The head's components with what the base's claimed, then the base's that are gone and not merely renamed."""
    found = {
        name: _both(base.components[name], new, head, renames) if name in base.components else new
        for name, new in head.components.items()
    }
    for name, old in base.components.items():
        if name not in found and not succeeded(old, base, head):
            found[name] = replace(old, paths=_kept(old, head, renames))
    return found


def _both(old: Component, new: Component, head: Policy, renames: Mapping[str, str]) -> Component:
    strictest = max(old.fail_under, new.fail_under) if old.metric is new.metric else new.fail_under
    return replace(new, paths=tuple(dict.fromkeys((*new.paths, *_kept(old, head, renames)))), fail_under=strictest)


def _kept(old: Component, head: Policy, renames: Mapping[str, str]) -> tuple[str, ...]:
    """The base's globs, without those that a head's component took over as strictly, and with renamed files."""
    own = tuple(pattern for pattern in old.paths if not claimed(pattern, old, head))
    everyone = [pattern for component in head.components.values() for pattern in component.paths]
    lost = {before: after for before, after in renames.items() if not globs.matches(after, everyone)}
    return _followed(own, lost)


def _followed(patterns: tuple[str, ...], renames: Mapping[str, str]) -> tuple[str, ...]:
    """The globs, and the new name of every renamed file that they matched and no longer match."""
    new = (
        globs.literally(after)
        for before, after in sorted(renames.items())
        if patterns and globs.matches(before, patterns) and not globs.matches(after, patterns)
    )
    return (*patterns, *new)


def _most(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _least(one: Ordered | None, other: Ordered | None) -> Ordered | None:
    return min((value for value in (one, other) if value is not None), default=None)
