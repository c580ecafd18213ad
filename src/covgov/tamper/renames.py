"""The base branch's policy on the head's paths: what a change renames is judged as it was called there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from covgov.policy import scopes
from covgov.policy.bars import BarChoice, BarUnits
from covgov.policy.policy import Policy

NOT_CODE: tuple[str, ...] = (
    *(".md", ".rst", ".txt", ".json", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".csv", ".lock"),
    *(".html", ".css", ".svg", ".png", ".jpg", ".gif", ".ico", ".pdf", ".pyi", ".typed"),
)
"""Endings of files that nothing measures. Whatever else is renamed counts as code."""


def is_code(path: str) -> bool:
    """Whether the path could be measured, judged by its name."""
    return not path.lower().endswith(NOT_CODE)


def judging(
    head: Policy,
    base: Policy | None,
    renames: Mapping[str, str],
    files: Callable[[], Collection[str]] | None = None,
    moved: Mapping[str, str] | None = None,
) -> tuple[Policy, ...]:
    """The policies by which a change is judged: the head's, then the base branch's where it demands anything else.

    files: every path at head, asked only when the head drops a suite. moved: new path -> old path of code that left a
    file, as in `covgov.tamper.moved_code`.
    """
    if base is None:
        return (head,)
    followed = follow(base, renames, moved or {})
    dropped = [name for name in base.suites if name not in head.suites] if files is not None else []
    gone = {name for name in dropped if files is not None and _deleted(name, followed, files())}
    if gone:
        followed = followed.copy(
            suites={name: one for name, one in base.suites.items() if name not in gone},
            components={name: one for name, one in base.components.items() if one.suite not in gone},
        )
    return (head,) if followed.hash == head.hash and not followed.names else (head, followed)


def follow(base: Policy, renames: Mapping[str, str], moved: Mapping[str, str] | None = None) -> Policy:
    """The policy, which judges renamed files under their old names where it demands anything else of the new ones: no
    other component and no laxer bar helps a file in the change that moves it. renames: old path -> new path; moved: new
    path -> old path.
    """
    names = {
        after: before
        for after, before in (*(moved or {}).items(), *((after, before) for before, after in renames.items()))
        if is_code(after) and _demands(base, before) != _demands(base, after)
    }
    return base.by_names(names)


def _demands(policy: Policy, path: str) -> tuple[tuple[str, ...], tuple[tuple[BarChoice, ...], ...]]:
    """The components that claim a path and the file bars that it has to meet."""
    names = scopes.components_of(policy, path)
    return names, tuple(scopes.file_bars(policy, on, path, names) for on in (BarUnits.TOTAL, BarUnits.PATCH))


def _deleted(suite: str, policy: Policy, files: Collection[str]) -> bool:
    """Whether a suite measured components of which no file is left."""
    measured = [scopes.belongs(policy, name) for name, one in policy.components.items() if one.suite == suite]
    return bool(measured) and not any(is_code(path) and any(own(path) for own in measured) for path in files)
