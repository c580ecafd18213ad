"""In which ways a head's policy is weaker than its base's: what is not provably as strict is told."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from covgov.model.loosening import Loosening
from covgov.policy import globs, scopes
from covgov.policy.bar import Bar, BarScope, On
from covgov.policy.bars import LIMITS, for_file, kept_limits, limit_of, spelled
from covgov.policy.policy import Component, Policy, Suite
from covgov.tamper.limits import figure, joined, moved, weaker
from covgov.tamper.succession import Sides, foreign, held, is_code, moved_away, succeeded, welcomes


def loosenings(
    base: Policy, head: Policy, *, renames: Mapping[str, str], files: Collection[str] | None = None
) -> tuple[Loosening, ...]:
    """Sorted by key. renames: old path -> new path of the diff.

    files: all paths at head; with them a glob that matches nothing any more, because every file it matched was renamed
    to where the component's globs reach or deleted, is dropped without a word. Without them every dropped glob is told.
    """
    sides = Sides(base, head, renames, files)
    found = (
        *_settings(base, head),
        *_bars(sides),
        *_undercut(base, head),
        *_suites(sides),
        *_components(sides),
        *_renamed(sides),
        *_records(base, head),
    )
    return tuple(sorted(set(found), key=lambda one: (one.key, one.message)))


def _settings(base: Policy, head: Policy) -> Iterator[Loosening]:
    if head.gate.max_drop > base.gate.max_drop:
        yield moved("policy.max_drop", "raised", base.gate.max_drop, head.gate.max_drop)
    if head.gate.patch_allowance > base.gate.patch_allowance:
        yield moved("policy.patch_allowance", "raised", base.gate.patch_allowance, head.gate.patch_allowance)
    if head.gate.metric is not base.gate.metric:
        words = f"changed from {base.gate.metric} to {head.gate.metric}: the project's bar measures something else"
        yield Loosening("policy.metric", words)
    if head.gate.count_deletions != base.gate.count_deletions:
        old, new = _flag(base.gate.count_deletions), _flag(head.gate.count_deletions)
        words = f"changed from {old} to {new}: drops count differently"
        yield Loosening("policy.count_deletions", words)
    if head.gate.soft_start_floor is not None:
        if base.gate.soft_start_floor is None:
            yield Loosening(
                "policy.soft_start_floor",
                f"set to {spelled(head.gate.soft_start_floor)}: before, bars could only rise",
            )
        elif head.gate.soft_start_floor < base.gate.soft_start_floor:
            yield moved("policy.soft_start_floor", "lowered", base.gate.soft_start_floor, head.gate.soft_start_floor)
    if base.gate.default_branch and head.gate.default_branch != base.gate.default_branch:
        branch = head.gate.default_branch or "nothing"
        words = f"changed from {base.gate.default_branch} to {branch}: the base is another one"
        yield Loosening("policy.default_branch", words)


def _bars(sides: Sides) -> Iterator[Loosening]:
    """Bars matched by identity, literal paths by their new names: gone, or less strict in any of their limits."""
    kept: dict[tuple[str, ...], list[Bar]] = {}
    for bar in sides.head.bars:
        kept.setdefault(bar.identity, []).append(bar)
    for old in sides.base.bars:
        if old.component and old.component not in sides.head.components:
            continue  # told once, as a component that is gone, or renamed
        renamed = replace(old, paths=tuple(sides.renames.get(path, path) for path in old.paths))
        same = kept.get(old.identity) or kept.get(renamed.identity)
        if same is None:
            yield Loosening(old.key, f"removed ({old.metric} on {old.on}{_where(old)})")
        else:
            yield from weaker(old, same)


def _undercut(base: Policy, head: Policy) -> Iterator[Loosening]:
    """A file bar that, where it is the more specific one, puts a laxer limit in the place of one of the base's."""
    for new in head.bars:
        if new.scope is not BarScope.FILE:
            continue
        for limit in LIMITS:
            alone, value = _only(new, limit), limit_of(new, limit)
            before = [old for old in base.bars if old.identity == new.identity and limit_of(old, limit) is not None]
            if value is None or before:
                continue  # what has its counterpart is told as lowered
            rivals = [old for old in base.bars if _displaces(new, old) and list(weaker(_only(old, limit), [alone]))]
            if rivals:
                yield Loosening(new.key, f"{_said(limit, value)} undercuts {rivals[0].key}{_where(new)}")


def _only(bar: Bar, limit: str) -> Bar:
    return kept_limits(bar, (limit,))


def _said(limit: str, value: Decimal | int) -> str:
    if limit == "min":
        return f"a minimum of {figure(value)} %"
    return f"a maximum of {figure(value)}{' %' if limit == 'max' else ' uncovered units'}"


def _displaces(new: Bar, old: Bar) -> bool:
    """Whether `new` could win over `old` for some path: of one kind, and more specific where their globs may meet."""
    kind = (old.scope, old.on, old.metric, old.attribute) == (new.scope, new.on, new.metric, new.attribute)
    if not kind or (old.component != new.component and old.component and new.component):
        return False
    if not old.paths or not new.paths:
        return bool(new.paths)
    return any(
        globs.overlap(one, other) and globs.specificity(one) > globs.specificity(other)
        for one in new.paths
        for other in old.paths
    )


def _suites(sides: Sides) -> Iterator[Loosening]:
    for name, old in sides.base.suites.items():
        new = sides.head.suites.get(name)
        if new is None:
            yield Loosening(f"suites.{name}", "removed: its tests are no longer required")
        else:
            yield from _tests(old, new, sides)
            yield from _ways(old, new)


def _tests(old: Suite, new: Suite, sides: Sides) -> Iterator[Loosening]:
    """Test paths may be added, widened, or follow their files."""
    key = f"suites.{old.name}.tests"
    for path in old.tests:
        wanted = path.partition("::")[0].rstrip("/")
        here = [wanted, f"{globs.literally(wanted)}/**"]
        if not _within(path, new.tests) and not moved_away(here, _trees(new.tests), sides):
            yield Loosening(key, f"{path} removed: its tests are no longer required")
    if not old.tests and new.tests and not new.command:
        yield Loosening(key, f"now only {', '.join(new.tests)}: before, pytest found them all")


def _within(path: str, wider: Iterable[str]) -> bool:
    return any(one.rstrip("/") in (".", path.rstrip("/")) or path.startswith(f"{one.rstrip('/')}/") for one in wider)


def _trees(tests: Iterable[str]) -> list[str]:
    return [pattern for one in tests for pattern in (one, f"{one.rstrip('/')}/**")]


def _ways(old: Suite, new: Suite) -> Iterator[Loosening]:
    """Another command, interpreter or argument may run other tests, or none."""
    for key, before, after in (
        ("args", old.args, new.args),
        ("command", old.command, new.command),
        ("python", (old.python,), (new.python,)),
    ):
        if before != after:
            words = f"changed from {_words(before)} to {_words(after)}: the tests run differently"
            yield Loosening(f"suites.{old.name}.{key}", words)


def _words(words: tuple[str, ...]) -> str:
    return shlex.join(word for word in words if word) or "nothing"


def _components(sides: Sides) -> Iterator[Loosening]:
    for name, old in sides.base.components.items():
        new = sides.head.components.get(name)
        if new is not None:
            yield from _redrawn(old, new, sides)
        elif not succeeded(old, sides):
            yield Loosening(f"components.{name}", f"removed{_bar_of(old)}")


def _bar_of(old: Component) -> str:
    return "" if old.fail_under is None else f": its bar of {spelled(old.fail_under)} % is gone"


def _redrawn(old: Component, new: Component, sides: Sides) -> Iterator[Loosening]:
    key = f"components.{old.name}"
    if new.suite != old.suite:
        yield Loosening(f"{key}.suite", f"changed from {old.suite} to {new.suite}: other tests may cover it")
    if new.metric is not old.metric:
        yield Loosening(f"{key}.metric", f"changed from {old.metric} to {new.metric}: its bar measures something else")
    for pattern in old.paths:
        if not held(pattern, old, new, sides):
            yield Loosening(f"{key}.paths", f"{pattern} removed: its files no longer need {old.name}'s bar")
    for pattern in new.paths:
        if foreign(pattern, old, sides):
            words = f"{pattern} added: files of another component can make up for {old.name}'s own"
            yield Loosening(f"{key}.paths", words)
    for before, after in sides.renames.items():
        if is_code(after) and globs.matches(before, old.paths) and not welcomes(old, after, sides):
            words = f"{before} renamed to {after}, where no component holds it as strictly as {old.name}"
            yield Loosening(f"{key}.paths", words)


def _renamed(sides: Sides) -> Iterator[Loosening]:
    """File bars that a file leaves behind by its new name."""
    if not any(bar.scope is BarScope.FILE for bar in sides.base.bars):
        return
    for before, after in sides.renames.items():
        old, new = (_file_limits(policy, path) for policy, path in ((sides.base, before), (sides.head, after)))
        for kind, bar in old.items():
            if is_code(after) and list(weaker(bar, [new[kind]] if kind in new else [])):
                yield Loosening(bar.key, f"no longer holds for {before}, renamed to {after}")


def _file_limits(policy: Policy, path: str) -> dict[tuple[str, ...], Bar]:
    """What the file bars of one policy demand of a path, by kind."""
    found: dict[tuple[str, ...], Bar] = {}
    for on in (On.TOTAL, On.PATCH):
        for choice in for_file(policy.bars, on, path, scopes.components_of(policy, path)):
            kind = (on.value, choice.bar.metric.value, choice.bar.attribute)
            if choice.won:
                found[kind] = joined(found[kind], choice.bar) if kind in found else choice.bar
    return found


def _records(base: Policy, head: Policy) -> Iterator[Loosening]:
    if head.history.store != base.history.store:
        words = f"changed from {base.history.store} to {head.history.store}: earlier runs are not there"
        yield Loosening("history.store", words)
    if base.history.since is not None and (head.history.since is None or head.history.since > base.history.since):
        after = "nothing" if head.history.since is None else head.history.since.isoformat()
        words = f"changed from {base.history.since.isoformat()} to {after}: a lost history would look like a first run"
        yield Loosening("history.since", words)
    if head.exceptions.path != base.exceptions.path:
        words = (
            f"changed from {base.exceptions.path} to {head.exceptions.path}: the exceptions of the base are not there"
        )
        yield Loosening("register.path", words)
    old, new = base.exceptions.max_term_days, head.exceptions.max_term_days
    if old is not None and (new is None or new > old):
        yield moved("register.max_term_days", "raised", old, new)


def _flag(value: bool) -> str:
    return str(value).lower()


def _where(bar: Bar) -> str:
    return f" for {', '.join(bar.paths)}" if bar.paths else ""
