"""Everything that is wrong with a policy file at once, each with its key and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from covgov.policy import globs
from covgov.policy.policy import FORMAT_VERSION, RESERVED_SUITES, ExceptionSettings
from covgov.policy.tables.locate import Place
from covgov.policy.tables.table import TableFaults

Raw = Mapping[str, object]


@dataclass(frozen=True, slots=True, order=True)
class PolicyFault:
    """place: the path of the key inside the policy."""

    place: Place
    what: str

    @property
    def key(self) -> str:
        """`components.auth.rules[0].min`."""
        text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.place)
        return text.removeprefix(".")


def of_version(data: Raw) -> Iterator[PolicyFault]:
    """A newer format is refused by name, before its keys are judged by the rules of this one."""
    version = data.get("version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        words = f"format version {version} is newer than this covgov, which reads {FORMAT_VERSION}: upgrade covgov"
        yield PolicyFault(("version",), words)


def of_types(error: TableFaults) -> Iterator[PolicyFault]:
    """What single keys and tables show."""
    return (PolicyFault(place, what) for place, what in error.faults)


def of_sense(data: Raw) -> Iterator[PolicyFault]:
    """What no single key shows. Reads the raw tables, so that its faults are found beside those of types."""
    suites, components = _table(data, "suites"), _table(data, "components")
    measured = {_suite_of(name, component) for name, component in components.items()}
    if not suites:
        yield PolicyFault(("suites",), "no suite is declared, so nothing can be measured")
    for name in suites:
        if name in RESERVED_SUITES:
            yield PolicyFault(("suites", name), "is a reserved name: coverage/ keeps the merge of all suites under it")
        if name not in measured:
            yield PolicyFault(("suites", name), "measures nothing: no component uses this suite")
    for name, component in components.items():
        suite = _suite_of(name, component)
        if suite not in suites:
            place: Place = ("components", name, *(["suite"] if "suite" in component else []))
            yield PolicyFault(place, f"needs the suite {suite!r}, which is not declared{_close(suite, suites)}")
    yield from _claimed_twice(components)
    yield from _unclear_claims(components)
    yield from _claimed_register(_table_in(data, "register"), components)
    yield from _misplaced_rules(data, components)


def _close(name: str, known: Mapping[str, Raw]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f": did you mean {close[0]!r}?" if close else ""


def _claimed_twice(components: Mapping[str, Raw]) -> Iterator[PolicyFault]:
    owner: dict[str, str] = {}
    for name, component in components.items():
        paths = component.get("paths")
        for index, pattern in enumerate(paths if isinstance(paths, list) else []):
            if not isinstance(pattern, str):
                continue
            if pattern in owner:
                yield PolicyFault(
                    ("components", name, "paths", index), f"{pattern} is already claimed by {owner[pattern]}"
                )
            owner.setdefault(pattern, name)


def _unclear_claims(components: Mapping[str, Raw]) -> Iterator[PolicyFault]:
    """A component has paths or is the one of the rest."""
    rest = [name for name, component in components.items() if component.get("rest") is True]
    for name, component in components.items():
        if name not in rest and "paths" not in component:
            yield PolicyFault(("components", name, "paths"), "is required, or rest = true")
        if name in rest and "paths" in component:
            yield PolicyFault(("components", name, "rest"), "claims what no paths claim: leave out paths, or rest")
    for name in rest[1:]:
        yield PolicyFault(("components", name, "rest"), f"is already set in components.{rest[0]}: there is one rest")


def _claimed_register(register: Raw, components: Mapping[str, Raw]) -> Iterator[PolicyFault]:
    """A change to the register alone needs no waiver, so the register must be no source file. A glob that begins with
    a wildcard claims by kind and not by place, and does not count."""
    path = register.get("path", ExceptionSettings().path)
    for name, component in components.items():
        paths = component.get("paths")
        patterns = [p for p in paths if isinstance(p, str) and p.strip()] if isinstance(paths, list) else []
        placed = [pattern for pattern in patterns if globs.specificity(pattern)[0]]
        if isinstance(path, str) and globs.matches(path, placed):
            yield PolicyFault(("register", "path"), f"{path} is among the source files of {name}: move it elsewhere")


def _misplaced_rules(data: Raw, components: Mapping[str, Raw]) -> Iterator[PolicyFault]:
    for name, component in components.items():
        for index, rule in enumerate(_rules(component)):
            scope = rule.get("scope")
            if scope in ("project", "owner"):
                place = ("components", name, "rules", index, "scope")
                yield PolicyFault(place, f'"{scope}" does not belong in a component: move the rule to [[rules]]')
    for index, rule in enumerate(_rules(data)):
        if "scope" not in rule:
            yield PolicyFault(("rules", index), "needs a scope: project, component, file or owner")


def _rules(table: Raw) -> list[Raw]:
    rules = table.get("rules")
    return [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []


def _table(data: Raw, key: str) -> dict[str, Raw]:
    value = data.get(key)
    return {k: v for k, v in value.items() if isinstance(v, dict)} if isinstance(value, dict) else {}


def _table_in(data: Raw, key: str) -> Raw:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _suite_of(name: str, component: Raw) -> str:
    suite = component.get("suite", name)
    return suite if isinstance(suite, str) else name
