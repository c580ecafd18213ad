"""The stored register and policy on the wire: their text and its meaning."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from covgov.hub.api.wire.figures import WireModel, bar
from covgov.model.snapshot import Metric
from covgov.model.verdict import ExceptionState
from covgov.policy.bars import Bar, BarScope, BarUnits
from covgov.policy.policy import Policy
from covgov.policy.present import describe, show
from covgov.register.entry import Entry, Register, Status
from covgov.register.standing import grievance, standing

LONGEST = 1_000_000
"""Characters of a stored file."""


class RegisterEntry(WireModel):
    """One row. standing: its state by its own columns today; whether it waives also depends on the figures and on
    where it was approved. grievance: why it cannot waive, empty when its columns are in order."""

    id: str
    scope: str = Field(examples=["component:auth", "file:src/x.py"])
    metric: Metric
    status: Status
    standing: ExceptionState
    grievance: str
    floor: str | None
    current: str
    bar: str | None
    opened: date | None
    resolved: date | None
    owner: str
    rationale: str
    mitigation: str
    review: date | None
    approved_by: str
    approved_on: date | None


class RegisterDocument(WireModel):
    """The stored exception register. text: the whole Markdown file. today: the day of the `standing` values."""

    path: str
    updated_at: datetime
    today: date
    entries: list[RegisterEntry]
    text: str


class PolicyBar(WireModel):
    """One threshold. key: its key in the file. words: the same as a sentence."""

    key: str
    scope: BarScope
    on: BarUnits
    metric: Metric
    component: str
    paths: list[str]
    attribute: str
    min: str | None
    max: str | None
    max_uncovered: int | None
    words: str


class PolicyComponent(WireModel):
    """A named set of source paths, and the suite that measures it."""

    name: str
    paths: list[str]
    suite: str
    metric: Metric
    fail_under: str | None


class PolicyDocument(WireModel):
    """The stored policy. settings: all settings as text, defaults filled in, secrets hidden; defaults: the
    keys left at their default. text: the whole file."""

    path: str
    updated_at: datetime
    policy_hash: str
    settings: dict[str, str]
    defaults: list[str]
    suites: list[str]
    components: list[PolicyComponent]
    bars: list[PolicyBar]
    text: str


class StoredFile(WireModel):
    """A file to store. path: its path in the repository; text: its whole content."""

    path: str = Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$", examples=["covgov.toml"])
    text: str = Field(max_length=LONGEST, pattern=r"^[^\x00]*$")


def register(found: Register, updated_at: datetime, today: date, max_term_days: int | None) -> RegisterDocument:
    """The register with each entry's state on that day."""
    return RegisterDocument(
        path=found.path,
        updated_at=updated_at,
        today=today,
        entries=[_entry(entry, today, max_term_days) for entry in found.entries],
        text=found.text,
    )


def policy(found: Policy, path: str, text: str, updated_at: datetime) -> PolicyDocument:
    """The policy as `covgov policy show` prints it, with its text."""
    shown = show(found).payload
    return PolicyDocument.model_validate(
        {
            "path": path,
            "updated_at": updated_at,
            "policy_hash": found.hash,
            "settings": shown["settings"],
            "defaults": shown["defaults"],
            "suites": list(found.expected),
            "components": [_component(found, name) for name in found.components],
            "bars": [_bar(one) for one in found.bars],
            "text": text,
        }
    )


def _entry(entry: Entry, today: date, max_term_days: int | None) -> RegisterEntry:
    state = standing(entry, today, max_term_days)
    return RegisterEntry(
        id=entry.id,
        scope=entry.spelled,
        metric=entry.metric,
        status=entry.status,
        standing=state,
        grievance=grievance(entry, state, today, max_term_days),
        floor=bar(entry.floor),
        current=entry.current,
        bar=bar(entry.bar),
        opened=entry.opened,
        resolved=entry.resolved,
        owner=entry.owner,
        rationale=entry.rationale,
        mitigation=entry.mitigation,
        review=entry.review,
        approved_by=entry.approved_by,
        approved_on=entry.approved_on,
    )


def _component(found: Policy, name: str) -> PolicyComponent:
    one = found.components[name]
    return PolicyComponent(
        name=name, paths=list(one.paths), suite=one.suite, metric=one.metric, fail_under=bar(one.fail_under)
    )


def _bar(one: Bar) -> PolicyBar:
    return PolicyBar(
        key=one.key,
        scope=one.scope,
        on=one.on,
        metric=one.metric,
        component=one.component,
        paths=list(one.paths),
        attribute=one.attribute,
        min=bar(one.min),
        max=bar(one.max),
        max_uncovered=one.max_uncovered,
        words=describe(one),
    )
