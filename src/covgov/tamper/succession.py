"""What became of a component of the base's policy: still there, renamed, split, moved, or gone.

A component's successor is as strict only if its suite, its metric and every one of its bars are, and if it holds no
files that counted for another component before: those could make up for what is missing (decision 0008).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from covgov.policy import globs
from covgov.policy.bar import Bar, BarScope
from covgov.policy.policy import Component, Policy
from covgov.tamper.limits import weaker

NOT_CODE: tuple[str, ...] = (
    *(".md", ".rst", ".txt", ".json", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".csv", ".lock"),
    *(".html", ".css", ".svg", ".png", ".jpg", ".gif", ".ico", ".pdf", ".pyi", ".typed"),
)
"""Endings of files that nothing measures. Whatever else is renamed counts as code."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Both policies and how files moved. renames: old path -> new path. files: all paths at head, None = unknown."""

    base: Policy
    head: Policy
    renames: Mapping[str, str]
    files: Collection[str] | None = None

    def origins(self) -> dict[str, str]:
        """New path -> old path."""
        return {after: before for before, after in self.renames.items()}


def is_code(path: str) -> bool:
    """Whether the path could be measured, as far as its name tells."""
    return not path.lower().endswith(NOT_CODE)


def succeeded(old: Component, sides: Sides) -> bool:
    """Whether every file of a component that is gone is held as strictly by its heirs."""
    found = heirs(old, sides)
    paths = _paths(found)
    return bool(found) and all(_held(pattern, paths) or moved_away([pattern], paths, sides) for pattern in old.paths)


def held(pattern: str, old: Component, new: Component, sides: Sides) -> bool:
    """Whether a glob of the base's component is still the component's own, or an heir's."""
    paths = (*new.paths, *_paths(heirs(old, sides)))
    return _held(pattern, paths) or moved_away([pattern], paths, sides)


def heirs(old: Component, sides: Sides) -> tuple[Component, ...]:
    """The head's components that hold nothing but files of `old`, or of nobody, and hold them as strictly.

    Several of them are as strict as one only if no limit counts units: two times five are not five.
    """
    found = [
        one
        for one in sides.head.components.values()
        if as_strict(old, one, sides) and not any(foreign(pattern, old, sides) for pattern in one.paths)
    ]
    own = [bar for bar in sides.base.bars if bar.component == old.name and bar.scope is BarScope.COMPONENT]
    if any(bar.max_uncovered for bar in own):
        found = [one for one in found if all(_held(pattern, one.paths) for pattern in old.paths)]
    return tuple(found)


def as_strict(old: Component, new: Component, sides: Sides) -> bool:
    """Whether suite and metric are the same and no bar of `old` is weaker or missing in `new`."""
    return new.suite == old.suite and _same_bars(old, new, sides)


def welcomes(old: Component, path: str, sides: Sides) -> bool:
    """Whether a file of `old` that is now called `path` landed where it is held as strictly: in the component itself,
    in an heir, or in another component that the base had already, with the same suite in both."""
    for one in sides.head.components.values():
        known = sides.base.components.get(one.name)
        settled = known is not None and known.suite == one.suite
        if globs.matches(path, one.paths) and (
            one.name == old.name or (_same_bars(old, one, sides) and (settled or one.suite == old.suite))
        ):
            return True
    return False


def foreign(pattern: str, old: Component, sides: Sides) -> bool:
    """Whether a glob of the head reaches files that counted for another component, and not for `old`, before."""
    if _held(pattern, old.paths):
        return False
    others = _paths(one for one in sides.base.components.values() if one.name != old.name)
    if _held(pattern, others):
        return True
    if sides.files is None:
        return any(globs.overlap(pattern, other) for other in others)
    origins = sides.origins()
    before = (origins.get(path, path) for path in sides.files if globs.matches(path, [pattern]))
    return any(globs.matches(path, others) and not globs.matches(path, old.paths) for path in before)


def moved_away(patterns: Collection[str], paths: Collection[str], sides: Sides) -> bool:
    """Whether globs are known to match nothing any more: their files went where `paths` reach, or were deleted."""
    if sides.files is None or any(globs.matches(path, patterns) for path in sides.files):
        return False
    targets = [after for before, after in sides.renames.items() if globs.matches(before, patterns)]
    return all(globs.matches(after, paths) for after in targets)


def ground(old: Component, sides: Sides) -> tuple[str, ...]:
    """The base's globs, and the new name of every renamed file of theirs that no other component took over as strictly.

    A component that the head brings is not asked: what counts under it counts for the base's component too.
    """
    elsewhere = [one for name, one in sides.head.components.items() if name in sides.base.components]
    settled = sides.head.model_copy(update={"components": {one.name: one for one in elsewhere if one.name != old.name}})
    taken = Sides(sides.base, settled, sides.renames)
    lost = {before: after for before, after in sides.renames.items() if not welcomes(old, after, taken)}
    return followed(old.paths, {before: after for before, after in lost.items() if is_code(after)})


def followed(patterns: tuple[str, ...], renames: Mapping[str, str]) -> tuple[str, ...]:
    """The globs, and the new name of every renamed file that they matched and no longer match."""
    new = (
        globs.literally(after)
        for before, after in sorted(renames.items())
        if patterns and globs.matches(before, patterns) and not globs.matches(after, patterns)
    )
    return (*patterns, *new)


def _same_bars(old: Component, new: Component, sides: Sides) -> bool:
    kept: dict[tuple[str, ...], list[Bar]] = {}
    for bar in sides.head.bars:
        if bar.component == new.name:
            kept.setdefault(replace(bar, component=old.name).identity, []).append(bar)
    own = [bar for bar in sides.base.bars if bar.component == old.name]
    return new.metric is old.metric and not any(list(weaker(bar, kept.get(bar.identity, ()))) for bar in own)


def _held(pattern: str, paths: Iterable[str]) -> bool:
    return any(globs.contains(wide, pattern) for wide in paths)


def _paths(components: Iterable[Component]) -> tuple[str, ...]:
    return tuple(pattern for one in components for pattern in one.paths)
