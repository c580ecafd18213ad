"""In which ways a head's policy is weaker than its base's. Paths are decided on the files that are there."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from covgov.model.loosening import Loosening
from covgov.policy import globs, scopes
from covgov.policy.bars import LIMITS, Bar, BarScope, BarUnits, for_file, limit_of, spelled
from covgov.policy.keys import StrictDirection, loosened, word
from covgov.policy.policy import Component, Policy, Suite
from covgov.tamper.limits import Limit, figure, laxer, weaker
from covgov.tamper.renames import as_strict, is_code


def loosenings(
    base: Policy, head: Policy, *, renames: Mapping[str, str], files: Collection[str]
) -> tuple[Loosening, ...]:
    """Sorted by key. renames: old path -> new path of the diff. files: every path at head."""
    before = {after: old for old, after in renames.items()}
    sides = PolicyComparison(base, head, tuple((before.get(path, path), path) for path in sorted(files)))
    found = (
        *_settings(base, head),
        *_bars(base, head),
        *_file_bars(sides),
        *_suites(sides),
        *_components(sides),
    )
    return tuple(sorted(set(found), key=lambda one: (one.key, one.message)))


@dataclass(frozen=True, slots=True)
class PolicyComparison:
    """Both policies, and every file at head as (its path where the change starts, its path now)."""

    base: Policy
    head: Policy
    files: tuple[tuple[str, str], ...]

    def of(self, component: Component) -> tuple[tuple[str, str], ...]:
        """The code that counts for one of the base's components."""
        return tuple(
            file
            for file in self.files
            if is_code(file[1]) and any(globs.matches(path, component.paths) for path in file)
        )


def _settings(base: Policy, head: Policy) -> Iterator[Loosening]:
    """Single keys, as their fields declare which direction is stricter."""
    for old, new in loosened(base, head):
        before, after = (word(one.value) if one.value not in (None, "") else "nothing" for one in (old, new))
        how = {StrictDirection.LOWER: "raised", StrictDirection.HIGHER: "lowered"}.get(old.stricter, "changed")
        yield Loosening(old.key, f"{how} from {before} to {after}{old.consequence and f': {old.consequence}'}")


def _bars(base: Policy, head: Policy) -> Iterator[Loosening]:
    """Bars matched by identity: gone, or less strict in any of their limits."""
    for old in base.bars:
        if old.component and old.component not in head.components:
            continue  # its files are looked at one by one
        same = [bar for bar in head.bars if bar.identity == old.identity]
        if same:
            yield from weaker(old, same)
        elif old.scope is not BarScope.FILE:
            yield Loosening(old.key, f"removed ({old.metric} on {old.on})")


def _file_bars(sides: PolicyComparison) -> Iterator[Loosening]:
    """File bars that hold a file less strictly than before: removed, undercut, or left behind by a rename."""
    if not any(bar.scope is BarScope.FILE for bar in sides.base.bars):
        return
    for before, after in sides.files:
        if not is_code(after):
            continue
        new = _file_limits(sides.head, after)
        for kind, (value, old) in _file_limits(sides.base, before).items():
            now, bar = new.get(kind, (None, old))
            if laxer(kind[-1], now, value):
                yield from _less(sides, kind[-1], old, bar, (before, after), now)


def _less(
    sides: PolicyComparison, limit: str, old: Bar, new: Bar, file: tuple[str, str], now: Limit | None
) -> Iterator[Loosening]:
    if now is not None:
        known = [bar for bar in sides.base.bars if bar.identity == new.identity and limit_of(bar, limit) is not None]
        if not known:  # else it was lowered, which is reported under its own key
            yield Loosening(new.key, f"{_limit(limit, now)} undercuts {old.key}{_where(new)}")
    elif all(bar.identity != old.identity for bar in sides.head.bars):
        yield Loosening(old.key, f"removed ({old.metric} on {old.on}{_where(old)})")
    elif file[0] != file[1]:
        yield Loosening(old.key, f"no longer holds for {file[0]}, renamed to {file[1]}")


def _file_limits(policy: Policy, path: str) -> dict[tuple[str, ...], tuple[Limit, Bar]]:
    """What the file bars of one policy demand of a path, by kind and limit, and the bar that does."""
    found: dict[tuple[str, ...], tuple[Limit, Bar]] = {}
    for on in (BarUnits.TOTAL, BarUnits.PATCH):
        for choice in for_file(policy.bars, on, path, scopes.components_of(policy, path)):
            for limit in LIMITS if choice.won else ():
                value, kind = (
                    limit_of(choice.bar, limit),
                    (on.value, choice.bar.metric.value, choice.bar.attribute, limit),
                )
                if value is not None and (kind not in found or laxer(limit, found[kind][0], value)):
                    found[kind] = value, choice.bar
    return found


def _limit(limit: str, value: Limit) -> str:
    if limit == "min":
        return f"a minimum of {figure(value)} %"
    return f"a maximum of {figure(value)}{' %' if limit == 'max' else ' uncovered units'}"


def _suites(sides: PolicyComparison) -> Iterator[Loosening]:
    for name, old in sides.base.suites.items():
        new = sides.head.suites.get(name)
        if new is None:
            yield Loosening(f"suites.{name}", "removed: its tests are no longer required")
        else:
            yield from _tests(old, new, sides)
            yield from _ways(old, new)


def _tests(old: Suite, new: Suite, sides: PolicyComparison) -> Iterator[Loosening]:
    """Test paths may be added, widened, or follow their files."""
    key = f"suites.{old.name}.tests"
    for path in old.tests:
        tests = path.partition("::")[0]
        left = any(_within(before, [tests]) and not _within(after, new.tests) for before, after in sides.files)
        if left and not _within(path, new.tests):
            yield Loosening(key, f"{path} removed: its tests are no longer required")
    if not old.tests and new.tests and not new.command:
        yield Loosening(key, f"now only {', '.join(new.tests)}: before, pytest found them all")


def _within(path: str, wider: Iterable[str]) -> bool:
    """Whether a path is one of the others or below one, however they are written (`./tests/`)."""
    here = posixpath.normpath(path)
    return any(one in (".", here) or here.startswith(f"{one}/") for one in map(posixpath.normpath, wider))


def _ways(old: Suite, new: Suite) -> Iterator[Loosening]:
    """Another command, interpreter or argument may run other tests, or none."""
    for key, before, after in (
        ("args", old.args, new.args),
        ("runner", (old.runner.value,), (new.runner.value,)),
        ("command", old.command, new.command),
        ("reports", old.reports, new.reports),
        ("junit", old.junit, new.junit),
        ("python", (old.python,), (new.python,)),
    ):
        if before != after:
            words = f"changed from {_words(before)} to {_words(after)}: the tests run differently"
            yield Loosening(f"suites.{old.name}.{key}", words)
    if more := [test for test in new.deselect if test not in old.deselect]:
        yield Loosening(f"suites.{old.name}.deselect", f"{', '.join(more)} added: no longer run")


def _words(words: tuple[str, ...]) -> str:
    return shlex.join(word for word in words if word) or "nothing"


def _components(sides: PolicyComparison) -> Iterator[Loosening]:
    for name, old in sides.base.components.items():
        key, new = f"components.{name}", sides.head.components.get(name)
        if new is not None:
            yield from _altered(old, new)
            yield from _diluted(old, new, sides)
        lost = _lost(old, new, sides)
        if lost and new is None:
            yield Loosening(key, f"removed: {_bar_of(old)} is gone for {_named(lost)}")
        elif lost:
            yield Loosening(f"{key}.paths", f"no component holds {_named(lost)} as strictly as {name} did")


def _bar_of(old: Component) -> str:
    return "what it demanded" if old.fail_under is None else f"its bar of {spelled(old.fail_under)} %"


def _altered(old: Component, new: Component) -> Iterator[Loosening]:
    key = f"components.{old.name}"
    if new.suite != old.suite:
        yield Loosening(f"{key}.suite", f"changed from {old.suite} to {new.suite}: other tests may cover it")
    if new.metric is not old.metric:
        yield Loosening(f"{key}.metric", f"changed from {old.metric} to {new.metric}: its bar measures something else")


def _diluted(old: Component, new: Component, sides: PolicyComparison) -> Iterator[Loosening]:
    """Files of other components that the head newly counts for this one."""
    if foreign := _foreign(old, new, sides):
        words = f"{_named(foreign)} added: files of another component can make up for {old.name}'s own"
        yield Loosening(f"components.{old.name}.paths", words)


def _foreign(old: Component, new: Component, sides: PolicyComparison) -> list[tuple[str, str]]:
    others = [pattern for one in sides.base.components.values() if one.name != old.name for pattern in one.paths]
    return [
        (before, after)
        for before, after in sides.files
        if is_code(after)
        and globs.matches(after, new.paths)
        and globs.matches(before, others)
        and not any(globs.matches(path, old.paths) for path in (before, after))
    ]


def _lost(old: Component, new: Component | None, sides: PolicyComparison) -> list[tuple[str, str]]:
    """Files of the base's component that count neither for it, nor for an heir, nor as strictly where a rename put
    them."""
    gone = [file for file in sides.of(old) if new is None or not globs.matches(file[1], new.paths)]
    others = [one for one in sides.head.components.values() if one is not new] if gone else []
    heirs = [pattern for one in others if _inherits(one, old, sides) for pattern in one.paths]
    settled = [pattern for one in others if _settled(one, old, sides) for pattern in one.paths]
    return [
        (before, after)
        for before, after in gone
        if not globs.matches(after, heirs) and not (before != after and globs.matches(after, settled))
    ]


def _settled(new: Component, old: Component, sides: PolicyComparison) -> bool:
    """Whether the head's component was there already, measured by the same suite, and is as strict as `old`."""
    known = sides.base.components.get(new.name)
    return known is not None and known.suite == new.suite and as_strict(old, new, sides.base, sides.head)


def _inherits(new: Component, old: Component, sides: PolicyComparison) -> bool:
    """Whether a component is as strict, on the same suite, and holds no file that counted for another one before: such
    a file could make up for what is missing. Several heirs do not share a limit in units: two times five are not five.
    """
    if new.suite != old.suite or not as_strict(old, new, sides.base, sides.head) or _foreign(old, new, sides):
        return False
    units = any(
        bar.max_uncovered for bar in sides.base.bars if bar.component == old.name and bar.scope is BarScope.COMPONENT
    )
    return not units or all(globs.matches(after, new.paths) for _, after in sides.of(old))


def _named(files: list[tuple[str, str]]) -> str:
    before, after = files[0]
    first = after if before == after else f"{after} (renamed from {before})"
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more"


def _where(bar: Bar) -> str:
    return f" for {', '.join(bar.paths)}" if bar.paths else ""
