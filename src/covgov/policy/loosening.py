"""In which ways a head's policy is weaker than its base's: what is not provably as strict is told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from covgov.policy import globs
from covgov.policy.bars import spelled
from covgov.policy.facts import Loosening
from covgov.policy.policy import Bar, BarScope, Component, Policy


def loosenings(
    base: Policy, head: Policy, *, renames: Mapping[str, str], files: Collection[str] | None = None
) -> tuple[Loosening, ...]:
    """Sorted by key. renames: old path -> new path of the diff.

    files: all paths at head; with them a glob that matches nothing any more, because every file it matched was renamed
    to where the component's globs reach or deleted, is dropped without a word. Without them every dropped glob is told.
    """
    found = (
        *_settings(base, head),
        *_bars(base, head),
        *_undercut(base, head),
        *_suites(base, head),
        *_components(base, head, renames, files),
        *_records(base, head),
    )
    return tuple(sorted(set(found), key=lambda one: (one.key, one.message)))


def _settings(base: Policy, head: Policy) -> Iterator[Loosening]:
    if head.max_drop > base.max_drop:
        yield _moved("policy.max_drop", "raised", base.max_drop, head.max_drop)
    if head.patch_allowance > base.patch_allowance:
        yield _moved("policy.patch_allowance", "raised", base.patch_allowance, head.patch_allowance)
    if head.count_deletions != base.count_deletions:
        words = f"changed from {_flag(base.count_deletions)} to {_flag(head.count_deletions)}: drops count differently"
        yield Loosening("policy.count_deletions", words)
    if head.soft_start_floor is not None:
        if base.soft_start_floor is None:
            yield Loosening(
                "policy.soft_start_floor", f"set to {spelled(head.soft_start_floor)}: before, bars could only rise"
            )
        elif head.soft_start_floor < base.soft_start_floor:
            yield _moved("policy.soft_start_floor", "lowered", base.soft_start_floor, head.soft_start_floor)
    if base.default_branch and head.default_branch != base.default_branch:
        words = f"changed from {base.default_branch} to {head.default_branch or 'nothing'}: the base is another one"
        yield Loosening("policy.default_branch", words)


def _bars(base: Policy, head: Policy) -> Iterator[Loosening]:
    """Bars matched by identity: gone, or less strict in any of their limits."""
    kept: dict[tuple[str, ...], list[Bar]] = {}
    for bar in head.bars:
        kept.setdefault(bar.identity, []).append(bar)
    for old in base.bars:
        if old.component and old.component not in head.components:
            continue  # told once, as a component that is gone, or renamed
        same = kept.get(old.identity)
        if same is None:
            yield Loosening(old.key, f"removed ({old.metric} on {old.on}{_where(old)})")
        else:
            yield from _weaker(old, same)


def _weaker(old: Bar, same: list[Bar]) -> Iterator[Loosening]:
    key = old.key
    least = max((bar.min for bar in same if bar.min is not None), default=None)
    if old.min is not None and (least is None or least < old.min):
        yield _moved(key, "lowered", old.min, least)
    most = min((bar.max for bar in same if bar.max is not None), default=None)
    if old.max is not None and (most is None or most > old.max):
        yield _moved(f"{key}.max", "raised", old.max, most)
    units = min((bar.max_uncovered for bar in same if bar.max_uncovered is not None), default=None)
    if old.max_uncovered is not None and (units is None or units > old.max_uncovered):
        yield _moved(f"{key}.max_uncovered", "raised", old.max_uncovered, units)


def _undercut(base: Policy, head: Policy) -> Iterator[Loosening]:
    """A new file bar that is lower than one of the base's: the narrower glob would win from the next change on."""
    known = {bar.identity for bar in base.bars}
    for bar in head.bars:
        if bar.scope is not BarScope.FILE or bar.identity in known or bar.min is None:
            continue
        rivals = [old for old in base.bars if _rivals(old, bar) and old.min is not None and old.min > bar.min]
        if rivals:
            words = f"a minimum of {spelled(bar.min)} % undercuts {rivals[0].key}{_where(bar)}"
            yield Loosening(bar.key, words)


def _rivals(old: Bar, new: Bar) -> bool:
    kind = (old.scope, old.on, old.metric, old.attribute) == (new.scope, new.on, new.metric, new.attribute)
    return kind and (old.component == new.component or not old.component or not new.component)


def _suites(base: Policy, head: Policy) -> Iterator[Loosening]:
    for name in base.suites:
        if name not in head.suites:
            yield Loosening(f"suites.{name}", "removed: its tests are no longer required")


def _components(
    base: Policy, head: Policy, renames: Mapping[str, str], files: Collection[str] | None
) -> Iterator[Loosening]:
    for name, old in base.components.items():
        new = head.components.get(name)
        if new is None:
            if succeeded(old, base, head):
                continue
            yield Loosening(f"components.{name}", f"removed: its bar of {spelled(old.fail_under)} % is gone")
            continue
        if new.suite != old.suite:
            yield Loosening(
                f"components.{name}.suite", f"changed from {old.suite} to {new.suite}: other tests may cover it"
            )
        for pattern in old.paths:
            if not _still_claimed(pattern, old, new, head) and not _moved_away(pattern, new, renames, files):
                yield Loosening(f"components.{name}.paths", f"{pattern} removed: its files no longer need {name}'s bar")


def succeeded(old: Component, base: Policy, head: Policy) -> bool:
    """Whether a component that is gone was only renamed: it had no rules of its own, and its globs are claimed."""
    own = [bar for bar in base.bars if bar.component == old.name]
    return len(own) == 1 and all(claimed(pattern, old, head) for pattern in old.paths)


def claimed(pattern: str, old: Component, head: Policy) -> bool:
    """Whether a glob of a base's component is covered by another component of the head whose bar is as high."""
    others = [one for one in head.components.values() if one.name != old.name]
    as_strict = [one for one in others if one.metric is old.metric and one.fail_under >= old.fail_under]
    return any(globs.contains(wide, pattern) for one in as_strict for wide in one.paths)


def _still_claimed(pattern: str, old: Component, new: Component, head: Policy) -> bool:
    """By this component, or by another one whose bar is as high."""
    return any(globs.contains(wide, pattern) for wide in new.paths) or claimed(pattern, old, head)


def _moved_away(pattern: str, new: Component, renames: Mapping[str, str], files: Collection[str] | None) -> bool:
    if files is None or any(globs.matches(path, [pattern]) for path in files):
        return False
    targets = [after for before, after in renames.items() if globs.matches(before, [pattern])]
    return all(globs.matches(after, new.paths) for after in targets)


def _records(base: Policy, head: Policy) -> Iterator[Loosening]:
    if head.history.store != base.history.store:
        words = f"changed from {base.history.store} to {head.history.store}: earlier runs are not there"
        yield Loosening("history.store", words)
    if base.history.since is not None and (head.history.since is None or head.history.since > base.history.since):
        after = "nothing" if head.history.since is None else head.history.since.isoformat()
        words = f"changed from {base.history.since.isoformat()} to {after}: a lost history would look like a first run"
        yield Loosening("history.since", words)
    old, new = base.register.max_term_days, head.register.max_term_days
    if old is not None and (new is None or new > old):
        yield _moved("register.max_term_days", "raised", old, new)


def _moved(key: str, how: str, before: Decimal | int, after: Decimal | int | None) -> Loosening:
    return Loosening(key, f"{how} from {_figure(before)} to {'nothing' if after is None else _figure(after)}")


def _figure(value: Decimal | int) -> str:
    return spelled(value) if isinstance(value, Decimal) else str(value)


def _flag(value: bool) -> str:
    return str(value).lower()


def _where(bar: Bar) -> str:
    return f" for {', '.join(bar.paths)}" if bar.paths else ""
