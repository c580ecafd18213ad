"""The repository's workflow files as values, and copies of them in which one job works, or all of it but one step."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from io import StringIO

import msgspec
from ruamel.yaml import YAML

from covgov_testing.act import CHECKOUT, PINS, STAND_INS

FOLDER = CHECKOUT / ".github" / "workflows"
WORKFLOWS = ("tests.yml", "coverage-digest.yml", "fork-coverage.yml")

REUSABLE = "govern.yml"
"""For other repositories (`on: workflow_call`); tests/integration/test_action.py runs it and action.yml."""

RELEASE = "release.yml"
"""Needs GitHub's identity, so nothing here runs it; tests/integration/test_release.py runs its scripts."""


class Step(msgspec.Struct):
    """`given`: its `with:`; `condition`: its `if:`."""

    name: str = ""
    uses: str = ""
    run: str = ""
    given: dict[str, str | int | bool] = msgspec.field(default_factory=dict, name="with")
    env: dict[str, str] = msgspec.field(default_factory=dict)
    condition: str = msgspec.field(default="", name="if")

    @property
    def action(self) -> tuple[str, str]:
        """Name and commit; two empty texts for a command."""
        name, _, commit = self.uses.partition("@")
        return name, commit


class Strategy(msgspec.Struct):
    matrix: dict[str, list[dict[str, str]]]


class Job(msgspec.Struct):
    steps: list[Step]
    permissions: dict[str, str]
    name: str
    timeout: int = msgspec.field(name="timeout-minutes")
    condition: str = msgspec.field(default="", name="if")
    env: dict[str, str] = msgspec.field(default_factory=dict)
    strategy: Strategy | None = None

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)


class Steps(msgspec.Struct):
    """What matters of a job that no test here plays step by step, and of `runs:` in action.yml."""

    steps: list[Step]
    permissions: dict[str, str] = msgspec.field(default_factory=dict)


class Jobs(msgspec.Struct):
    jobs: dict[str, Steps]
    permissions: dict[str, str]


class Described(msgspec.Struct):
    description: str


class Action(msgspec.Struct):
    inputs: dict[str, Described]
    outputs: dict[str, Described]
    runs: Steps


class Workflow(msgspec.Struct):
    jobs: dict[str, Job]
    permissions: dict[str, str]
    concurrency: dict[str, str | bool]
    on: dict[str, object]


class Pin(msgspec.Struct):
    tag: str
    commit: str
    stand_in: str
    inputs: list[str]


class Broken(msgspec.Struct):
    """Versions of an action that do not work any more. versions: tag -> commit, "" where it is not known."""

    action: str
    since: date
    why: str
    versions: dict[str, str]


class Pins(msgspec.Struct):
    """checked: when `broken` was last compared with what the actions' maintainers say."""

    checked: date
    actions: dict[str, Pin]
    broken: list[Broken]


class Codecov(msgspec.Struct):
    flags: dict[str, dict[str, list[str]]]


class StandIn(msgspec.Struct):
    """What matters of a stand-in's action.yml."""

    inputs: dict[str, object] = msgspec.field(default_factory=dict)


def text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def load(name: str) -> Workflow:
    return msgspec.convert(_parsed(text(name)), Workflow)


def jobs(name: str) -> Jobs:
    """Of a workflow that is not in WORKFLOWS."""
    return msgspec.convert(_parsed(text(name)), Jobs)


def action() -> Action:
    return msgspec.convert(_parsed((CHECKOUT / "action.yml").read_text(encoding="utf-8")), Action)


def listed() -> Pins:
    return msgspec.convert(tomllib.loads(PINS.read_text(encoding="utf-8")), Pins)


def pins() -> Mapping[str, Pin]:
    return listed().actions


def broken_pins(source: str, known: Sequence[Broken]) -> list[str]:
    """Every `uses:` of a workflow's text that names a broken commit, or the tag of one beside it."""
    found = re.findall(r"uses: *([^@\s]+)@(\w+)(?: *# *(v[\w.]+))?", source)
    return [
        f"{action} {tag}: {one.why}"
        for action, commit, tag in found
        for one in known
        if action == one.action and (commit in one.versions.values() or tag in one.versions)
    ]


def flags(source: str) -> Mapping[str, list[str]]:
    """Flag of a codecov.yml -> its paths."""
    return {name: one["paths"] for name, one in msgspec.convert(_parsed(source), Codecov).flags.items()}


def stand_in(pin: Pin) -> StandIn:
    action = (STAND_INS / pin.stand_in / "action.yml").read_text(encoding="utf-8")
    return msgspec.convert(_parsed(action), StandIn)


def steps(name: str) -> Iterator[tuple[str, Step]]:
    """(job, step) of every step of a workflow."""
    for job_name, job in load(name).jobs.items():
        for step in job.steps:
            yield job_name, step


def alone(name: str, job: str, idle: str = "") -> str:
    """The workflow with the steps of one job; those of the others, and the step `idle` of its own, do nothing."""
    document = msgspec.convert(_parsed(text(name)), dict[str, object])
    jobs = msgspec.convert(document["jobs"], dict[str, dict[str, object]])
    for other in jobs.values():
        other["steps"] = [{"run": "true"}] if other is not jobs[job] else _steps(other["steps"], idle)
    out = StringIO()
    _yaml().dump({**document, "jobs": jobs}, out)
    return out.getvalue()


def action_without(idle: str = "") -> str:
    """action.yml, which by default takes the covgov in PATH, with one step that does nothing."""
    document = msgspec.convert(_parsed((CHECKOUT / "action.yml").read_text(encoding="utf-8")), dict[str, object])
    inputs = msgspec.convert(document["inputs"], dict[str, dict[str, str]])
    inputs["version"]["default"] = "installed"
    runs = msgspec.convert(document["runs"], dict[str, object])
    steps = [{"shell": "bash", **one} if one.get("run") == "true" else one for one in _steps(runs["steps"], idle)]
    out = StringIO()
    _yaml().dump({**document, "inputs": inputs, "runs": {**runs, "steps": steps}}, out)
    return out.getvalue()


def _steps(written: object, idle: str) -> list[dict[str, object]]:
    found = msgspec.convert(written, list[dict[str, object]])
    return [_idle(each) if each.get("name") == idle else each for each in found]


def _idle(step: Mapping[str, object]) -> dict[str, object]:
    return {**{key: value for key, value in step.items() if key not in ("uses", "with", "run", "env")}, "run": "true"}


def _parsed(source: str) -> object:
    parsed: object = _yaml().load(source)
    return parsed


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)
