"""Which paths belong to which component. Base and head are split by the same component paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from covgov.policy import globs
from covgov.policy.bars import Bar, BarChoice, BarUnits, for_file
from covgov.policy.policy import Policy


def belongs(policy: Policy, name: str) -> Callable[[str], bool]:
    """Whether a path is one of the component's. Raises KeyError for an undeclared component."""
    component = policy.components[name]
    if component.rest:
        return lambda path: not placed(policy, path)
    return lambda path: globs.matches(policy.names.get(path, path), component.paths)


def base_belongs(policy: Policy, name: str, renames: Mapping[str, str]) -> Callable[[str], bool]:
    """The same for a path of the base; a base path that no component claims follows its rename (old -> new).

    So a directory that moves together with its component's paths is no loss on one side and no gift on the other.
    """
    there = policy.by_names({})
    own, later = belongs(there, name), belongs(policy, name)
    return lambda path: own(path) or (path in renames and not is_source(there, path) and later(renames[path]))


def is_source(policy: Policy, path: str) -> bool:
    """Whether any component claims the path."""
    name = policy.names.get(path, path)
    return any(one.rest or globs.matches(name, one.paths) for one in policy.components.values())


def placed(policy: Policy, path: str) -> tuple[str, ...]:
    """Every component whose own paths claim the path, in the order of the file."""
    path = policy.names.get(path, path)
    return tuple(name for name, component in policy.components.items() if globs.matches(path, component.paths))


def components_of(policy: Policy, path: str) -> tuple[str, ...]:
    """The same; of a path that no component names, the component of the rest."""
    return placed(policy, path) or tuple(name for name, component in policy.components.items() if component.rest)


def file_bars(
    policy: Policy, on: BarUnits, path: str, components: Iterable[str], bars: Iterable[Bar] | None = None
) -> tuple[BarChoice, ...]:
    """The file bars for a path at head, `for_file` of the name under which the policy judges it. bars: instead of the
    policy's own."""
    return for_file(policy.bars if bars is None else bars, on, policy.names.get(path, path), components)


def suites_there(policy: Policy, path: str) -> frozenset[str]:
    """Suites of the components that the policy has where a file was moved to; none of a file that was not moved."""
    if path not in policy.names:
        return frozenset()
    return frozenset(policy.components[name].suite for name in placed(policy.by_names({}), path))
