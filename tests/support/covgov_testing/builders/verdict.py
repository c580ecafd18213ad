"""Verdicts: one to be read by a person, and any that Hypothesis can think of, with text that wants to break out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from hypothesis import strategies as st

from covgov.model.change import Category, Cause, Delta, Part, Tally
from covgov.model.ratio import Ratio
from covgov.model.snapshot import Identity, Metric, TestRun
from covgov.model.verdict import (
    BarLine,
    Effect,
    ExceptionLine,
    ExceptionState,
    Finding,
    Outcome,
    PatchRow,
    ReceiptLine,
    Row,
    Scope,
    SuiteLine,
    Verdict,
    fold,
)
from covgov.model.words import with_words

HOSTILE: Final = (
    "a | b | c",
    "line\nbreak\r\n::error::forged",
    "::error file=x::forged",
    "##[error]forged ##vso[task.complete result=Succeeded]",
    "\x1b[31mred\x1b[0m\x07",
    "<script>alert(1)</script><!-- covgov:summary -->",
    "</details></testsuite>]]>&amp;&lt;",
    "[click](https://evil.example) ![x](http://evil.example/x.png) www.evil.example",
    "`code` ``two`` *bold* _under_ ~~gone~~ $math$",
    "# heading\n- item\n> quote\n---\n| - |",
    "@everyone see #12 and org/repo#3",
    "100%,a:b;c=d%0A::error::x",
    "\u202egnp.exe \u200b\u2028\u2029 \ufffe",
    "surrogate \udc80 \ud800 end",
    "tail backslash \\",
    " ",
    "-",
    "\x00\x01",
)

RECEIPT: Final = ReceiptLine("abcdef1234567890", 3, 2, "merge base with the target branch")
NO_RECEIPT: Final = ReceiptLine(None, 0, 0, "first run: there is no history yet")
BELOW_80: Final = Ratio(1599, 2000)
TODAY: Final = date(2026, 11, 22)


def finding(
    message: str = "api: 1599/2000 = 79.95 % < 80 %",
    effect: Effect = Effect.FAIL,
    *,
    rule: str = "bar",
    scope: Scope = Scope.COMPONENT,
    subject: str = "api",
    hint: str = "",
    waived_by: str | None = None,
) -> Finding:
    return Finding(
        rule=rule, effect=effect, scope=scope, subject=subject, message=message, hint=hint, waived_by=waived_by
    )


def row(
    name: str = "api",
    now: Ratio | None = BELOW_80,
    bar: str | None = "80",
    *,
    scope: Scope = Scope.COMPONENT,
    outcome: Outcome = Outcome.PASS,
    baseline: Ratio | None = None,
    delta: Delta | None = None,
    receipt: ReceiptLine = RECEIPT,
    partial: bool = False,
    uncovered: dict[str, str] | None = None,
    partial_lines: dict[str, str] | None = None,
    attributes: dict[str, Ratio | None] | None = None,
) -> Row:
    return Row(
        name=name,
        scope=scope,
        suite=name,
        metric=Metric.COMBINED,
        bar=None if bar is None else Decimal(bar),
        outcome=outcome,
        now=now,
        lines=now,
        branches=None,
        baseline=baseline,
        delta=delta,
        receipt=receipt,
        partial=partial,
        uncovered=uncovered or {},
        partial_lines=partial_lines or {},
        attributes=attributes or {},
    )


def drop(points: str = "-5", judged: str | None = None) -> Delta:
    """A delta with one cause: new uncovered code."""
    value = Fraction(points)
    part = Part(Cause.NEW_UNCOVERED, 0, 5, value)
    held = value if judged is None else Fraction(judged)
    delta = Delta(Metric.COMBINED, Ratio(90, 100), Ratio(85, 100), value, (part,), held, Tally({Category.UNC: 5}))
    return with_words(delta)


def verdict(
    *findings: Finding,
    rows: tuple[Row, ...] = (),
    project: Row | None = None,
    patch: PatchRow | None = None,
    suites: tuple[SuiteLine, ...] = (),
    exceptions: tuple[ExceptionLine, ...] = (),
    receipt: ReceiptLine = RECEIPT,
    soft_start: str | None = None,
    guard_judged: dict[str, Fraction] | None = None,
    dirty: bool = False,
    commit: str | None = "c0ffee1234567890",
) -> Verdict:
    """A verdict whose outcome is what its findings fold to."""
    return Verdict(
        outcome=fold(findings),
        findings=findings,
        rows=rows,
        project=project,
        patch=patch,
        suites=suites,
        exceptions=exceptions,
        receipt=receipt,
        today=TODAY,
        policy_hash="deadbeefdeadbeefdeadbeef",
        commit=commit,
        tree="7ree",
        dirty=dirty,
        soft_start=soft_start,
        guard_judged=guard_judged or {},
    )


texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30), st.sampled_from(("api", "src/a.py", "EX-1")))
ratios = st.tuples(st.integers(0, 400), st.integers(0, 400)).map(lambda pair: Ratio(min(pair), max(pair)))
bars = st.decimals(0, 100, places=3) | st.integers(0, 100).map(Decimal)
fractions = st.fractions(-100, 100, max_denominator=999)
metrics = st.sampled_from(Metric)
dates = st.dates(date(2020, 1, 1), date(2040, 1, 1))
receipts = st.just(NO_RECEIPT) | st.builds(ReceiptLine, texts, st.integers(0, 99), st.integers(0, 99), texts)


def _ranges(bits: int, first: int, step: int) -> str:
    """The numbers whose bits are set, as a list, from `first` on and `step` apart."""
    return ",".join(str(first + step * bit) for bit in range(bits.bit_length()) if bits >> bit & 1)


ranges = st.builds(_ranges, st.integers(1, (1 << 60) - 1), st.integers(1, 900), st.sampled_from((1, 2, 15)))
line_maps = st.dictionaries(texts, ranges, max_size=3)
tallies = st.dictionaries(st.sampled_from(Category), st.integers(1, 99), max_size=3)
parts = st.builds(Part, st.sampled_from(Cause), st.integers(-99, 99), st.integers(-99, 99), fractions)
test_runs = st.builds(
    TestRun,
    st.integers(0, 5),
    st.integers(0, 99),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.floats(0, 1e5),
)


@st.composite
def deltas(draw: st.DrawFn) -> Delta:
    points = draw(st.none() | fractions)
    delta = Delta(
        metric=draw(metrics),
        base=draw(ratios),
        head=draw(ratios),
        points=points,
        parts=() if points is None else tuple(draw(st.lists(parts, max_size=3))),
        judged=points,
        tally=Tally(draw(tallies), draw(tallies)),
        lost=draw(line_maps),
    )
    return with_words(delta)


findings = st.builds(
    Finding,
    rule=texts,
    effect=st.sampled_from(Effect),
    scope=st.sampled_from(Scope),
    subject=texts,
    message=texts,
    hint=texts | st.just(""),
    metric=st.none() | metrics,
    now=st.none() | ratios,
    bar=st.none() | bars,
    waived_by=st.none() | st.just("EX-1") | texts,
)
rows = st.builds(
    Row,
    name=texts,
    scope=st.sampled_from((Scope.COMPONENT, Scope.PROJECT)),
    suite=texts,
    metric=metrics,
    bar=st.none() | bars,
    outcome=st.sampled_from(Outcome),
    now=st.none() | ratios,
    lines=st.none() | ratios,
    branches=st.none() | ratios,
    baseline=st.none() | ratios,
    delta=st.none() | deltas(),
    receipt=receipts,
    partial=st.booleans(),
    uncovered=line_maps,
    partial_lines=line_maps,
    attributes=st.dictionaries(texts, st.none() | ratios, max_size=3),
)
patches = st.builds(PatchRow, st.none() | ratios, st.none() | bars, st.integers(0, 9), line_maps)
suites = st.builds(
    SuiteLine,
    texts,
    st.booleans(),
    texts,
    st.none() | test_runs,
    st.none() | st.builds(Identity, texts, texts, texts, st.booleans()),
)
exceptions = st.builds(
    ExceptionLine,
    texts,
    texts,
    metrics,
    st.sampled_from(ExceptionState),
    st.none() | bars,
    st.none() | ratios,
    texts,
    st.none() | dates,
    st.none() | dates,
    st.none() | dates,
)
bar_lines = st.builds(BarLine, st.sampled_from(Scope), texts, metrics, ratios, bars, st.booleans(), texts)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    """Any verdict: its outcome is folded, everything else is arbitrary."""
    made = tuple(draw(st.lists(findings, max_size=5)))
    return Verdict(
        outcome=fold(made),
        findings=made,
        rows=tuple(draw(st.lists(rows, max_size=2))),
        project=draw(st.none() | rows),
        patch=draw(st.none() | patches),
        suites=tuple(draw(st.lists(suites, max_size=2))),
        exceptions=tuple(draw(st.lists(exceptions, max_size=2))),
        receipt=draw(receipts),
        today=draw(dates),
        policy_hash=draw(texts),
        commit=draw(st.none() | texts),
        tree=draw(st.none() | texts),
        dirty=draw(st.booleans()),
        soft_start=draw(st.none() | texts),
        guard_judged=draw(st.dictionaries(texts, fractions, max_size=2)),
        bars=tuple(draw(st.lists(bar_lines, max_size=2))),
    )
