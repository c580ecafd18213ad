"""In which ways a head's policy is weaker than its base's. Paths are decided on the files that are there, and on a new
file beside each of them."""

from __future__ import annotations

import hashlib
import posixpath
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from covgov.model.loosening import Loosening
from covgov.model.source_files import SOURCE_SUFFIXES, measurable, suffix
from covgov.model.words import listed
from covgov.policy import scopes
from covgov.policy.bars import LIMITS, Bar, BarScope, BarUnits, limit_of, spelled
from covgov.policy.policy import Component, Policy, Suite
from covgov.policy.tables.keys import StrictDirection, loosened, word
from covgov.tamper.limits import UNENFORCED, Limit, figure, laxer, weaker

SHOWN = 3
"""Folders that a message names at most."""


def loosenings(
    base: Policy, head: Policy, *, renames: Mapping[str, str], files: Collection[str], kinds: Collection[str] = ()
) -> tuple[Loosening, ...]:
    """Sorted by key. renames: old path -> new path of the diff. files: every path at head. kinds: endings of files that
    were measured, besides those of the usual source code."""
    before = {after: old for old, after in renames.items()}
    if base.hash == head.hash:
        files = [path for path in files if path in before]  # the others have lost nothing
    claims = tuple(_claims(base, head, before.get(path, path), path) for path in sorted(files))
    sides = PolicyComparison(base, head, claims)
    code = replace(sides, files=tuple(f for f in claims if measurable(f.after, SOURCE_SUFFIXES | {*kinds})))
    wider = code if base.hash == head.hash else replace(code, files=(*code.files, *_new_files(code)))
    found = (
        *_settings(base, head),
        *_bars(base, head),
        *_file_bars(wider),
        *_suites(sides, code),
        *_components(wider),
    )
    return tuple(sorted(_once(found), key=lambda one: (one.key, one.message)))


def _once(found: Collection[Loosening]) -> Iterator[Loosening]:
    """Without bars of a table that is no longer enforced as a whole, which is one loosening."""
    tables = [one.key.removesuffix("enforcement") for one in found if one.key.endswith(".enforcement")]
    inner = ("policy.", "components.", "rules[") if "policy." in tables else tuple(tables)
    for one in set(found):
        if one.message != UNENFORCED or not one.key.startswith(inner):
            yield one


@dataclass(frozen=True, slots=True)
class FileClaims:
    """A file at head: its path where the change starts and now, and the components that claim it: the base's under its
    old name (old) and where it is now (there), and the head's (new). supposed: nobody wrote it yet."""

    before: str
    after: str
    old: frozenset[str]
    there: frozenset[str]
    new: frozenset[str]
    supposed: bool = False

    @property
    def moved(self) -> bool:
        return self.before != self.after


def _claims(base: Policy, head: Policy, before: str, after: str) -> FileClaims:
    old, new = frozenset(scopes.components_of(base, before)), frozenset(scopes.components_of(head, after))
    there = old if before == after else frozenset(scopes.components_of(base, after))
    return FileClaims(before, after, old, there, new)


def _new_files(code: PolicyComparison) -> Iterator[FileClaims]:
    """One more file in each folder, per suffix: paths narrowed to the files of today lose the next one. Its name is a
    hash, so that no pattern is made to match it."""
    places = {
        (posixpath.dirname(file.before), posixpath.dirname(file.after), suffix(file.after))
        for file in code.files
        if file.old | file.there
    }
    for before, after, kind in sorted(places):
        name = f"{hashlib.sha256(f'{code.head.hash} {after}'.encode()).hexdigest()[:12]}.{kind}"
        paths = posixpath.join(before, name), posixpath.join(after, name)
        yield replace(_claims(code.base, code.head, *paths), supposed=True)


@dataclass(frozen=True, slots=True)
class PolicyComparison:
    """Both policies on the files at head."""

    base: Policy
    head: Policy
    files: tuple[FileClaims, ...]

    def of(self, name: str) -> tuple[FileClaims, ...]:
        """What counts for one of the base's components."""
        return tuple(file for file in self.files if name in file.old | file.there)


def _settings(base: Policy, head: Policy) -> Iterator[Loosening]:
    """Single keys, as their fields declare which direction is stricter."""
    for old, new in loosened(base, head):
        before, after = (word(one.value) if one.value not in (None, "") else "nothing" for one in (old, new))
        verbs = (
            {} if isinstance(old.value, bool) else {StrictDirection.LOWER: "raised", StrictDirection.HIGHER: "lowered"}
        )
        how = verbs.get(old.stricter, "changed")
        yield Loosening(old.key, f"{how} from {before} to {after}{old.consequence and f': {old.consequence}'}")


def _bars(base: Policy, head: Policy) -> Iterator[Loosening]:
    """Bars matched by identity: gone, or less strict in any of their limits."""
    for old in base.bars:
        if old.component and old.component not in head.components:
            continue  # its files are looked at one by one
        same = [bar for bar in head.bars if bar.identity == old.identity]
        if same:
            yield from weaker(old, same)
        elif old.scope is not BarScope.FILE and old.enforced:
            yield Loosening(old.key, f"removed ({old.metric} on {old.on})")


def _file_bars(code: PolicyComparison) -> Iterator[Loosening]:
    """File bars that demand less of a file than before: removed, undercut, or left behind."""
    if not any(bar.scope is BarScope.FILE for bar in code.base.bars):
        return
    left: dict[str, list[FileClaims]] = {}
    removed: set[str] = set()
    for file in code.files:
        new = _file_limits(code.head, file.after, file.new)
        for kind, (value, old) in _file_limits(code.base, file.before, file.old).items():
            now, bar = new.get(kind, (None, None))
            kept = [one for one in code.head.bars if one.identity == old.identity]
            if not laxer(kind[-1], now, value) or (bar is not None and bar.identity == old.identity):
                continue  # what was lowered in its place is reported under its own key
            if not kept and not file.supposed:
                removed.add(old.key)
                yield Loosening(old.key, f"removed ({old.metric} on {old.on}{_where(old)})")
            elif bar is not None and now is not None and not file.moved:
                yield Loosening(bar.key, f"{_limit(kind[-1], now)} undercuts {old.key}{_where(bar)}")
            elif not kept or any(one.enforced and limit_of(one, kind[-1]) is not None for one in kept):
                left.setdefault(old.key, []).append(file)
    for key, files in left.items():
        if key not in removed:
            yield Loosening(key, f"no longer holds for {_named(files)}")


def _file_limits(policy: Policy, path: str, names: Collection[str]) -> dict[tuple[str, ...], tuple[Limit, Bar]]:
    """What the file bars of one policy demand of a path, by kind and limit, and the bar that does."""
    found: dict[tuple[str, ...], tuple[Limit, Bar]] = {}
    for on in (BarUnits.TOTAL, BarUnits.PATCH):
        for choice in scopes.file_bars(policy, on, path, names):
            for limit in LIMITS if choice.won and choice.bar.enforced else ():
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


def _suites(sides: PolicyComparison, code: PolicyComparison) -> Iterator[Loosening]:
    for name, old in sides.base.suites.items():
        new = sides.head.suites.get(name)
        if new is not None:
            yield from _tests(old, new, sides)
            yield from _ways(old, new)
        elif not _deleted(old, sides, code):
            yield Loosening(f"suites.{name}", "removed: its tests are no longer required")


def _deleted(old: Suite, sides: PolicyComparison, code: PolicyComparison) -> bool:
    """Whether a suite went with its tests and with all the code of its components."""
    measured = [name for name, one in sides.base.components.items() if one.suite == old.name]
    elsewhere = [path for suite in sides.head.suites.values() for path in suite.tests]
    own = [path.partition("::")[0] for path in old.tests]
    tests = any(_within(file.after, own) and not _within(file.after, elsewhere) for file in sides.files)
    return bool(measured) and not tests and not any(code.of(name) for name in measured)


def _tests(old: Suite, new: Suite, sides: PolicyComparison) -> Iterator[Loosening]:
    """Test paths may be added, widened, or follow their files."""
    key = f"suites.{old.name}.tests"
    for path in old.tests:
        tests = path.partition("::")[0]
        left = any(_within(f.before, [tests]) and not _within(f.after, new.tests) for f in sides.files)
        if left and not _within(path, new.tests):
            yield Loosening(key, f"{path} removed: its tests are no longer required")
    if not old.tests and new.tests and not new.command and not _within(".", new.tests):
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
    if old.root != new.root:
        words = f"changed from {_words((old.root,))} to {_words((new.root,))}: its reports are read as of other files"
        yield Loosening(f"suites.{old.name}.root", words)
    if more := [test for test in new.deselect if test not in old.deselect]:
        yield Loosening(f"suites.{old.name}.deselect", f"{', '.join(more)} added: no longer run")


def _words(words: tuple[str, ...]) -> str:
    return shlex.join(word for word in words if word) or "nothing"


def _components(code: PolicyComparison) -> Iterator[Loosening]:
    for name, old in code.base.components.items():
        key, new = f"components.{name}", code.head.components.get(name)
        if new is not None:
            yield from _altered(old, new)
        if new is not None and (foreign := _foreign(name, name, code)):
            words = f"{_named(foreign)} added: files of another component can make up for {name}'s own"
            yield Loosening(f"{key}.paths", words)
        lost = _lost(old, code)
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
    if _blinder(old, new):
        yield Loosening(f"{key}.rest", "set instead of paths: a file that no report knows is no longer missed")


def _blinder(old: Component, new: Component) -> bool:
    """Whether a component by paths is followed by the rest, which holds nothing that is not measured."""
    return new.rest and not old.rest


def _foreign(old: str, new: str, code: PolicyComparison) -> list[FileClaims]:
    """Files that the head's component `new` counts and that were another component's than `old` before."""
    files = (f for f in code.files if not f.supposed)
    return [f for f in files if new in f.new and f.old - {old} and old not in f.old | f.there]


def _lost(old: Component, code: PolicyComparison) -> list[FileClaims]:
    """Files of the base's component that count neither for it, nor for an heir, nor as strictly where a rename put
    them."""
    gone = [file for file in code.of(old.name) if old.name not in file.new]
    strict = {one.name for one in code.head.components.values() if gone and _as_strict(old, one, code)}
    heirs = {name for name in strict if _inherits(code.head.components[name], old, code)}
    settled = {name for name in strict if _settled(code.head.components[name], code)}
    return [file for file in gone if not file.new & heirs and not (file.moved and file.new & settled)]


def _settled(new: Component, code: PolicyComparison) -> bool:
    """Whether the head's component was there already, measured by the same suite."""
    known = code.base.components.get(new.name)
    return known is not None and known.suite == new.suite


def _inherits(new: Component, old: Component, code: PolicyComparison) -> bool:
    """Whether a component is on the same suite and holds no file that counted for another one before: such a file could
    make up for what is missing. Several heirs do not share a limit in units: two times five are not five."""
    if new.suite != old.suite or _foreign(old.name, new.name, code):
        return False
    units = any(bar.max_uncovered for bar in _whole(code.base, old))
    return not units or all(new.name in file.new for file in code.of(old.name))


def _as_strict(old: Component, new: Component, code: PolicyComparison) -> bool:
    """Whether the metric is the same, unmeasured files are still missed, and no bar on `old` as a whole is weaker or
    missing for `new`."""
    there = [replace(bar, component=old.name) for bar in _whole(code.head, new)]
    missing = (weaker(bar, [one for one in there if one.identity == bar.identity]) for bar in _whole(code.base, old))
    return new.metric is old.metric and not _blinder(old, new) and not any(list(found) for found in missing)


def _whole(policy: Policy, component: Component) -> Iterable[Bar]:
    return (bar for bar in policy.bars if bar.component == component.name and bar.scope is BarScope.COMPONENT)


def _named(files: Collection[FileClaims]) -> str:
    """The first file and how many more; folders only where no file of today is concerned."""
    file = next(iter(files))
    if file.supposed:
        folders = tuple(dict.fromkeys(f"{posixpath.dirname(one.after) or '.'}/*.{suffix(one.after)}" for one in files))
        return f"new files ({listed(folders, SHOWN)})"
    files = [one for one in files if not one.supposed]
    first = f"{file.after} (renamed from {file.before})" if file.moved else file.after
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more"


def _where(bar: Bar) -> str:
    return f" for {', '.join(bar.paths)}" if bar.paths else ""
