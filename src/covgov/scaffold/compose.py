"""The files that `covgov init` writes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from covgov.register.template import EMPTY
from covgov.scaffold.coverage_source import NEW_FILE, with_source
from covgov.scaffold.detection.detect import Decision, Detection
from covgov.scaffold.detection.tree import Tree
from covgov.scaffold.owners import owner_lines
from covgov.scaffold.policy_text import ComponentText, PolicyText, toml
from covgov.scaffold.workflow import FORK_FILE, JobChoice, workflows

POLICY = "covgov.toml"
USUAL_BAR = Decimal(80)
IGNORED = {"/coverage/": "coverage/verdict.json", "__pycache__/": "x/__pycache__/x.pyc"}
"""Lines of .gitignore, each with a path that it is about."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a first measurement found: bars that today's figures meet, and tests that fail today, by suite.

    components: of each that has units, its bar. register: the register's text with proposed rows, "" for no row.
    """

    fail_under: Decimal
    components: dict[str, Decimal]
    deselect: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    register: str = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    """old None: the file is new."""

    path: str
    old: str | None
    new: str
    why: str


@dataclass(frozen=True, slots=True)
class Composition:
    """The files to write, without those that would not change; and what is left alone, and why."""

    changes: tuple[FileChange, ...]
    left: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """fail_under: the wanted bar. unignored: which of these lines .gitignore lacks. job: the wanted CI job."""

    fail_under: Decimal | None = None
    unignored: tuple[str, ...] = ()
    job: JobChoice | None = None


def compose(tree: Tree, found: Detection, wishes: Wishes, adoption: Adoption | None = None) -> Composition:
    """Everything, for a project without a policy."""
    policy = FileChange(POLICY, _text(tree, POLICY), policy_text(found, wishes, adoption), "the policy")
    text = adoption.register if adoption is not None else ""
    said = _about(found, wishes, adoption) if adoption is not None else []
    return _composition(
        [
            policy,
            *said,
            *_source(tree, found),
            *_beside(tree, found.register, [suite.name for suite in found.suites], wishes, text),
        ]
    )


def _about(found: Detection, wishes: Wishes, adoption: Adoption) -> list[Decision]:
    """What the first measurement decided."""
    wanted, _ = found.bar_or(wishes.fail_under, USUAL_BAR)
    bar = adoption.fail_under
    why = f"measured; wanted: {wanted:f} %, see {found.register}" if bar < wanted else "measured"
    lost = [one.name for one in found.components if one.name not in adoption.components]
    return [
        Decision("bar", f"{bar:f} %", why),
        *(Decision("deselect", ", ".join(names), "these tests fail") for names in adoption.deselect.values() if names),
        *(Decision("component", name, "left out: no line of it was measured") for name in lost),
    ]


def beside(tree: Tree, register: str, suites: Sequence[str], wishes: Wishes) -> Composition:
    """What a project with a policy lacks. The policy and coverage.py's settings are its own."""
    left = Decision(POLICY, "left alone", "there is a policy already")
    return _composition([left, *_beside(tree, register, suites, wishes)])


def _composition(parts: Iterable[FileChange | Decision]) -> Composition:
    every = list(parts)
    changes = tuple(one for one in every if isinstance(one, FileChange) and one.new != one.old)
    return Composition(changes, tuple(one for one in every if isinstance(one, Decision)))


def policy_text(found: Detection, wishes: Wishes, adoption: Adoption | None) -> str:
    """covgov.toml, before a measurement or after it."""
    bar, why = found.bar_or(wishes.fail_under, USUAL_BAR)
    gate = _gate(found, wishes)
    text = PolicyText(bar, why, found.suites, found.components, found.register, gate=gate)
    if adoption is None:
        return str(text)
    components = tuple(
        _adopted(component, adoption) for component in found.components if component.name in adoption.components
    )
    return str(
        replace(
            text,
            fail_under=adoption.fail_under,
            why=f"measured by `covgov init --adopt`; wanted: {bar:f}"
            if adoption.fail_under < bar
            else "measured by `covgov init --adopt`",
            components=components,
            deselect=adoption.deselect,
        )
    )


def _gate(found: Detection, wishes: Wishes) -> dict[str, tuple[str, str]]:
    """What other tools' settings say beside the bar; the metric only if the bar is that tool's."""
    gate = {
        key: (f"{one.value:f}", f"{one.what} in {one.where}")
        for key in ("fail_under_patch", "max_drop")
        if (one := found.gate(key)) is not None and isinstance(one.value, Decimal)
    }
    if found.bar is not None and found.bar.metric and wishes.fail_under is None:
        gate["metric"] = (toml(found.bar.metric), "what that bar counts")
    return gate


def _adopted(component: ComponentText, adoption: Adoption) -> ComponentText:
    own = adoption.components[component.name]
    return replace(component, fail_under=None if own == adoption.fail_under else own)


def _beside(
    tree: Tree, register: str, suites: Sequence[str], wishes: Wishes, rows: str = ""
) -> Iterator[FileChange | Decision]:
    old = _text(tree, register)
    if old is None or rows:
        yield FileChange(register, old, rows or EMPTY, "the exception register")
    yield from _ignored(tree, wishes.unignored)
    workflows = [".github/workflows/"] if any(path.startswith(".github/workflows/") for path in tree.files) else []
    path, text = owner_lines(tree, [POLICY, register, *workflows])
    if path:
        yield FileChange(path, _text(tree, path), text, "owners of policy, register and workflows")
    if wishes.job is not None:
        yield from _jobs(tree, wishes.job, suites)


def _ignored(tree: Tree, missing: Collection[str]) -> Iterator[FileChange]:
    old = _text(tree, ".gitignore")
    there = (old or "").splitlines()
    added = [line for line in missing if line not in there and (line == "/coverage/" or tree.python)]
    if added:
        ended = old if not old or old.endswith("\n") else f"{old}\n"
        new = (ended or "") + "".join(f"{line}\n" for line in added)
        yield FileChange(".gitignore", old, new, "measurements are not committed")


def _source(tree: Tree, found: Detection) -> Iterator[FileChange | Decision]:
    if not found.source:
        return
    path = found.settings.where or NEW_FILE
    text = with_source(found.settings, tree.text(path), found.source, found.omit)
    if text:
        yield FileChange(path, _text(tree, path), text, "what coverage.py measures, without the tests")
    else:
        yield Decision(path, "left alone", f"set `source` of coverage.py there yourself: {', '.join(found.source)}")


def _jobs(tree: Tree, job: JobChoice, suites: Sequence[str]) -> Iterator[FileChange | Decision]:
    for path, text, why in workflows(tree, job, suites):
        if tree.read(path) is None:
            yield FileChange(path, None, text, why)
        else:
            hint = "" if path == FORK_FILE else "; add the command `covgov run` to it"
            yield Decision(path, "left alone", f"it is there already{hint}")


def _text(tree: Tree, path: str) -> str | None:
    data = tree.read(path)
    return None if data is None else data.decode("utf-8", errors="surrogateescape")
