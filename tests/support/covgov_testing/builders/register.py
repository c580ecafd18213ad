"""Exceptions, registers, bar findings and the facts around them; whatever a test does not care about is set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from covgov.judge.facts import BasePolicy, Facts
from covgov.judge.view import ComponentFacts, PolicyView, ScopeFacts
from covgov.model.ratio import Ratio
from covgov.model.run import BaselineReason, NoBaseline
from covgov.model.snapshot import Metric, Snapshot
from covgov.model.verdict import (
    BarLine,
    Effect,
    Finding,
    Outcome,
    ReceiptLine,
    Row,
    Scope,
    SuiteLine,
    Verdict,
)
from covgov.policy import config
from covgov.policy.policy import Policy
from covgov.register.columns import COLUMNS, cells_of
from covgov.register.document import parse
from covgov.register.entry import Entry, Register, Status
from covgov.register.table import BEGIN, END

TODAY = date(2026, 11, 22)
PATH = "docs/exceptions.md"

COMPLETE = Entry(
    id="EX-001",
    scope=Scope.COMPONENT,
    subject="auth",
    metric=Metric.COMBINED,
    floor=Decimal("79.95"),
    current="1599/2000 = 79.95 %",
    bar=Decimal(92),
    status=Status.ACTIVE,
    opened=date(2026, 10, 1),
    resolved=None,
    owner="@security",
    rationale="ported from the old service",
    mitigation="reviewed by hand",
    review=date(2026, 12, 31),
    approved_by="@lead",
    approved_on=date(2026, 10, 2),
)
PROPOSED = replace(
    COMPLETE, status=Status.PROPOSED, opened=None, rationale="", mitigation="", review=None, approved_by="",
    approved_on=None,
)  # fmt: skip

RECEIPT = ReceiptLine(None, 0, 0, "first run")
POLICY = config.parse(
    f"""
[suites.auth]
[suites.api]
[components.auth]
paths = ["src/auth/**"]
fail_under = 92
[[components.auth.rules]]
scope = "file"
min = 92
[[components.auth.rules]]
attribute = "security"
min = 95
[[components.auth.rules]]
on = "new"
min = 95
[components.api]
paths = ["src/api/**"]
fail_under = 90
[register]
path = "{PATH}"
""",
    "covgov.toml",
)


def with_term(days: int | None) -> Policy:
    """POLICY with another longest term of an exception."""
    return POLICY.copy(exceptions=POLICY.exceptions.copy(max_term_days=days))


def table(entries: Iterable[Entry] = (), newline: str = "\n") -> str:
    """A register file with a title, and nothing after the table."""
    rows = [f"| {' | '.join(cells_of(entry).values())} |" for entry in entries]
    lines = ["# Exceptions", "", BEGIN, "", f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|", *rows, "", END]
    return newline.join(lines) + newline


def register(*entries: Entry) -> Register:
    return parse(table(entries), PATH)


def bar_finding(
    covered: int,
    total: int,
    bar: str = "92",
    *,
    subject: str = "auth",
    scope: Scope = Scope.COMPONENT,
    key: str = "components.auth.fail_under",
    effect: Effect = Effect.FAIL,
    rule: str = "bar",
) -> Finding:
    now = Ratio(covered, total)
    return Finding(
        rule, effect, scope, subject, f"{subject}: {now}", metric=Metric.COMBINED, now=now, bar=Decimal(bar), key=key
    )


def bar_line(
    covered: int, total: int, bar: str = "92", *, subject: str = "auth", scope: Scope = Scope.COMPONENT,
    component: str = "",
) -> BarLine:  # fmt: skip
    now = Ratio(covered, total)
    return BarLine(scope, subject, Metric.COMBINED, now, Decimal(bar), now.meets(Decimal(bar)), component)


def row(name: str, *, outcome: Outcome = Outcome.FAIL, partial: bool = False, uncovered: Sequence[str] = ()) -> Row:
    return Row(
        name=name,
        scope=Scope.COMPONENT,
        suite=name,
        metric=Metric.COMBINED,
        bar=None,
        outcome=outcome,
        now=Ratio(1, 2),
        lines=None,
        branches=None,
        baseline=None,
        delta=None,
        receipt=RECEIPT,
        partial=partial,
        uncovered=dict.fromkeys(uncovered, "1"),
    )


def verdict(bars: Sequence[BarLine], rows: Sequence[Row] = (), suites: Sequence[SuiteLine] = ()) -> Verdict:
    return Verdict(
        outcome=Outcome.FAIL,
        findings=(),
        rows=tuple(rows),
        project=None,
        patch=None,
        suites=tuple(suites),
        exceptions=(),
        receipt=RECEIPT,
        today=TODAY,
        policy_hash="",
        bars=tuple(bars),
    )


def component_facts(name: str, snapshot: Snapshot | None) -> ComponentFacts:
    measured = ScopeFacts(snapshot, "", NoBaseline(BaselineReason.FIRST_RUN, "", blocking=False))
    return ComponentFacts(POLICY.components[name], measured)


def view(
    head: Register | None,
    base: Register | None = None,
    *,
    base_policy: BasePolicy = BasePolicy.PRESENT,
    changed: Iterable[str] | None = ("src/auth/login.py",),
    components: Sequence[ComponentFacts] = (),
    max_term_days: int | None = None,
    today: date = TODAY,
) -> PolicyView:
    facts = Facts(
        today=today,
        suites=(),
        snapshots={},
        merged=None,
        base_policy=base_policy,
        register=head,
        base_register=base,
        changed_paths=None if changed is None else frozenset(changed),
    )
    return PolicyView(facts, with_term(max_term_days), tuple(components))
