"""The text of covgov.toml. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from covgov.policy.policy import REGISTER

WIDTH = 100
LONGEST = 64
"""Most characters of a name."""


@dataclass(frozen=True, slots=True)
class SuiteText:
    """The keys of `[suites.NAME]` that are not at their default."""

    name: str
    keys: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ComponentText:
    name: str
    paths: tuple[str, ...]
    suite: str
    fail_under: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PolicyText:
    """fail_under: the project's bar. gate: further keys of `[policy]`, each with its value in TOML and its reason.
    deselect: by suite."""

    fail_under: Decimal
    why: str
    suites: tuple[SuiteText, ...]
    components: tuple[ComponentText, ...]
    register: str
    deselect: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gate: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield "# Coverage policy, written by `covgov init`; docs/configuration.md of covgov lists every key."
        yield "version = 1\n"
        yield f"[policy]\nfail_under = {self.fail_under:f}  # {self.why}"
        gate = {"max_drop": ("2", ""), **self.gate}
        yield "".join(f"{name} = {value}{f'  # {why}' if why else ''}\n" for name, (value, why) in sorted(gate.items()))
        yield "\n\n".join("\n".join(self._suite(suite)) for suite in self.suites)
        for component in self.components:
            yield f"\n[components.{key(component.name)}]"
            yield f"paths = {toml(component.paths)}\nsuite = {toml(component.suite)}"
            if component.fail_under is not None:
                yield f"fail_under = {component.fail_under:f}"
        if self.register != REGISTER:
            yield f"\n[register]\npath = {toml(self.register)}"
        yield ""

    def _suite(self, suite: SuiteText) -> Iterator[str]:
        yield f"[suites.{key(suite.name)}]"
        for name, value in suite.keys.items():
            yield f"{name} = {toml(value)}"
        if deselected := self.deselect.get(suite.name):
            yield "# These failed at the first measurement. Every verdict lists them; fix them and remove them here."
            yield f"deselect = {toml(deselected)}"


def usable_names(wanted: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """(short name, path) of each thing -> its name in covgov.toml: the path where two have one short name."""
    short = Counter(_usable(name) for name, _ in wanted)
    names: list[str] = []
    for name, path in wanted:
        chosen = _usable(name) if short[_usable(name)] == 1 else _usable(path.replace("/", "."))
        while chosen in names:
            chosen = f"{chosen[: LONGEST - 2]}-2"
        names.append(chosen)
    return tuple(names)


def _usable(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).lstrip("._-")[:LONGEST] or "app"


def key(name: str) -> str:
    """A part of a table's name."""
    return json.dumps(name) if "." in name else name


def toml(value: object) -> str:
    """A text or a list of texts; a long list has one line for each."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    items = [toml(item) for item in _items(value)]
    short = f"[{', '.join(items)}]"
    return short if len(short) <= WIDTH else "[\n" + "".join(f"    {item},\n" for item in items) + "]"


def _items(value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"no TOML for {value!r}")
    return value
