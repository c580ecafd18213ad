"""The verdict as JUnit XML: one test case per component, suite and patch check, for any CI's test view.

A check that fails is a `failure`; undetermined is an `error`; one whose findings are all waived or not enforced is
`skipped`, naming the exception or what would happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from msgspec import Struct

from covgov.model import words
from covgov.model.verdict import Finding, Outcome, Scope, SuiteLine, Verdict
from covgov.publish.render.parts.safe_text import plain, xml_attributes, xml_text
from covgov.publish.render.parts.sections import all_rows, code_of, grouped

Key = tuple[Scope, str]


class JunitCheck(Struct, frozen=True):
    """One test case to be: what is checked, its enforced outcome (None = nothing), and its findings. unenforced: what
    would happen to it."""

    kind: str
    name: str
    outcome: Outcome | None
    seconds: float
    findings: tuple[Finding, ...]
    unenforced: str = ""


class JunitResult(Struct, frozen=True):
    """What a test case that did not pass holds. kind: the element."""

    kind: Literal["failure", "error", "skipped"]
    message: str
    type: str


class JunitRenderer:
    name: ClassVar[str] = "junit"

    def __call__(self, verdict: Verdict, /) -> str:
        return "\n".join(["<?xml version='1.0' encoding='UTF-8'?>", *_document(verdict), ""])


def _document(verdict: Verdict) -> Iterator[str]:
    checks = list(_checks(verdict))
    results = [_result(check) for check in checks]
    kinds = [result.kind for result in results if result is not None]
    counts = {"tests": len(checks), "errors": kinds.count("error"), "failures": kinds.count("failure")}
    seconds = round(sum(check.seconds for check in checks), 3)
    totals = {"name": "covgov", **counts, "skipped": kinds.count("skipped"), "time": seconds}
    yield '<testsuites name="covgov">'
    yield f"<testsuite{xml_attributes(totals)}>"
    yield "<properties>"
    yield from (
        f"<property{xml_attributes({'name': name, 'value': plain(value)})}/>" for name, value in _properties(verdict)
    )
    yield "</properties>"
    yield from map(_case, checks, results)
    yield "</testsuite>"
    yield "</testsuites>"


def _properties(verdict: Verdict) -> Iterator[tuple[str, str]]:
    yield "outcome", verdict.outcome
    yield "judged", code_of(verdict)
    yield "policy_hash", verdict.policy_hash
    yield "baseline", words.receipt(verdict.receipt)
    yield "today", str(verdict.today)
    if verdict.fork:
        yield "fork", f"{words.FORK}: {verdict.fork}"
    if verdict.soft_start:
        yield "soft_start", verdict.soft_start


def _checks(verdict: Verdict) -> Iterator[JunitCheck]:
    """The verdict itself, then every row, suite and the patch, then whatever findings are about something else."""
    would = words.outcome(verdict) if verdict.only_evaluated else ""
    yield JunitCheck("verdict", "outcome", verdict.enforced_outcome, 0, (), would)
    left = dict.fromkeys((finding.scope, finding.subject) for finding in verdict.findings)

    def about(scope: Scope, subject: str) -> tuple[Finding, ...]:
        left.pop((scope, subject), None)
        return tuple(f for f in verdict.findings if (f.scope, f.subject) == (scope, subject))

    for row in all_rows(verdict):
        would = "" if row.enforced else words.row_outcome(row)
        yield JunitCheck(row.scope, row.name, None if would else row.outcome, 0, about(row.scope, row.name), would)
    for line in verdict.suites:
        seconds = line.tests.seconds if line.tests else 0
        found = about(Scope.SUITE, line.name)
        known = None if grouped(found).unenforced else _outcome(line)
        yield JunitCheck(Scope.SUITE, line.name, known, seconds, found)
    if verdict.patch:
        subjects = [subject for scope, subject in left if scope is Scope.PATCH]
        yield JunitCheck(Scope.PATCH, "patch", None, 0, tuple(f for s in subjects for f in about(Scope.PATCH, s)))
    for scope, subject in list(left):
        yield JunitCheck(scope, subject, None, 0, about(scope, subject))


def _outcome(line: SuiteLine) -> Outcome | None:
    if not line.arrived:
        return Outcome.UNDETERMINED
    return Outcome.FAIL if line.tests and not line.tests.passed else None


def _case(check: JunitCheck, result: JunitResult | None) -> str:
    named = {"name": plain(check.name), "classname": f"covgov.{check.kind}", "time": float(check.seconds)}
    text = xml_text("\n".join(_told(check.findings)))
    if result is not None:
        inner = (
            f"<{result.kind}{xml_attributes({'message': result.message, 'type': result.type})}>{text}</{result.kind}>"
        )
    else:
        inner = f"<system-out>{text}</system-out>" if text else ""
    return f"<testcase{xml_attributes(named)}>{inner}</testcase>"


def _result(check: JunitCheck) -> JunitResult | None:
    groups = grouped(check.findings)
    if groups.failing or check.outcome is Outcome.FAIL:
        return JunitResult("failure", _headline(groups.failing, "fail"), "fail")
    if groups.undetermined or check.outcome is Outcome.UNDETERMINED:
        return JunitResult("error", _headline(groups.undetermined, "undetermined"), "undetermined")
    if check.unenforced or groups.unenforced:
        why = check.unenforced or plain(words.message(groups.unenforced[0]))
        return JunitResult("skipped", why, "not enforced")
    if groups.waived:
        ids = ", ".join(dict.fromkeys(finding.waived_by or "" for finding in groups.waived))
        return JunitResult("skipped", f"waived by {plain(ids)}", "waived")
    return None


def _headline(findings: tuple[Finding, ...], outcome: str) -> str:
    return plain(findings[0].message) if findings else f"the outcome is {outcome}"


def _told(findings: tuple[Finding, ...]) -> Iterator[str]:
    for finding in findings:
        waived = words.waiver(plain(finding.waived_by or ""))
        step = words.next_step(finding)
        hint = f" Next: {plain(step)}" if step else ""
        yield f"{finding.effect} [{plain(finding.rule)}] {plain(words.message(finding))}{waived}{hint}"
