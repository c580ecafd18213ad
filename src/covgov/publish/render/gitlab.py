"""The verdict as a GitLab Code Quality report: a JSON list, shown in the merge request.

A pass without findings is an empty list, which GitLab shows as nothing; any other outcome is an entry of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import ClassVar

import msgspec

from covgov.model import words
from covgov.model.verdict import Effect, Finding, Outcome, Verdict
from covgov.publish.render.parts.fingerprints import fingerprinted
from covgov.publish.render.parts.places import UNCOVERED, FindingPlaces, LineRange, uncovered
from covgov.publish.render.parts.safe_text import plain

POLICY_FILE = "covgov.toml"
"""Where findings are shown that are about no file: GitLab requires a path."""

SEVERITIES = {Effect.FAIL: "critical", Effect.UNDETERMINED: "major", Effect.NOTE: "info"}
OUTCOMES = {Outcome.FAIL: "blocker", Outcome.UNDETERMINED: "critical", Outcome.PASS: "info"}


class GitlabRenderer:
    name: ClassVar[str] = "gitlab"

    def __call__(self, verdict: Verdict, /) -> str:
        encoded = msgspec.json.encode(list(_issues(verdict)))
        return msgspec.json.format(encoded, indent=2).decode() + "\n"


def _issues(verdict: Verdict) -> Iterator[dict[str, object]]:
    if verdict.outcome is not Outcome.PASS:
        title = f"covgov: {words.outcome(verdict)} ({words.counts(verdict)})"
        soft_start = f"; soft start: {verdict.soft_start}" if verdict.soft_start else ""
        mark = sha256(f"covgov-outcome-{verdict.outcome}".encode()).hexdigest()
        yield _issue("outcome", title + soft_start, mark, OUTCOMES[verdict.enforced_outcome], POLICY_FILE)
    elif verdict.soft_start:
        mark = sha256(b"covgov-soft-start").hexdigest()
        yield _issue("soft-start", f"soft start: {verdict.soft_start}", mark, "info", POLICY_FILE)
    places = FindingPlaces(verdict)
    for mark, finding in fingerprinted(verdict.findings):
        yield _of_finding(mark, finding, places.of(finding) or LineRange(POLICY_FILE, 1, 1))
    yield from map(_of_lines, uncovered(verdict))


def _of_finding(mark: str, finding: Finding, place: LineRange) -> dict[str, object]:
    severity = SEVERITIES[finding.effect] if finding.blocks else "info"
    message = words.message(finding) + words.waiver(finding.waived_by)
    return _issue(finding.rule, message, mark, severity, place.path, place.start)


def _of_lines(place: LineRange) -> dict[str, object]:
    mark = sha256(f"covgov-uncovered-{place.path}-{place.piece}".encode("utf-8", "backslashreplace")).hexdigest()
    return _issue(UNCOVERED, place.unreached, mark, "minor", place.path, place.start)


def _issue(rule: str, message: str, mark: str, severity: str, path: str, line: int = 1) -> dict[str, object]:
    return {
        "description": plain(message),
        "check_name": f"covgov/{plain(rule)}",
        "fingerprint": mark,
        "severity": severity,
        "location": {"path": plain(path), "lines": {"begin": line}},
    }
