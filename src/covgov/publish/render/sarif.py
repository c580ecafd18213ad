"""The verdict as SARIF 2.1.0 (OASIS standard), for code scanning services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import quote

import msgspec

from covgov import __version__
from covgov.model import words
from covgov.model.verdict import Effect, Finding, Scope, Verdict
from covgov.publish.render.parts.fingerprints import fingerprinted
from covgov.publish.render.parts.safe_text import plain

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Effect.FAIL: "error", Effect.UNDETERMINED: "warning", Effect.NOTE: "note"}
POLICY_FILE = "covgov.toml"
"""Where findings are placed that are about no file: code scanning drops results without a location."""

Json = dict[str, object]


class SarifRenderer:
    name: ClassVar[str] = "sarif"

    def __call__(self, verdict: Verdict, /) -> str:
        document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(verdict)]}
        return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _run(verdict: Verdict) -> Json:
    rules = sorted({plain(finding.rule) for finding in verdict.findings})
    driver = {
        "name": "covgov",
        "version": __version__,
        "rules": [{"id": rule, "help": {"text": words.page(rule)}} for rule in rules],
    }
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(mark, finding, rules) for mark, finding in fingerprinted(verdict.findings)],
        "properties": {
            "outcome": verdict.outcome,
            "enforcedOutcome": verdict.enforced_outcome,
            **({"fork": f"{words.FORK}: {plain(verdict.fork)}"} if verdict.fork else {}),
            "summary": words.counts(verdict),
            "softStart": plain(verdict.soft_start or ""),
            "policyHash": plain(verdict.policy_hash),
            "today": str(verdict.today),
        },
    }


def _result(mark: str, finding: Finding, rules: Sequence[str]) -> Json:
    rule = plain(finding.rule)
    result: Json = {
        "ruleId": rule,
        "ruleIndex": rules.index(rule),
        "level": LEVELS[finding.effect] if finding.enforced else "note",
        "message": {"text": plain(words.message(finding))},
        "locations": [_location(finding)],
        "partialFingerprints": {"covgov/v1": mark},
    }
    if finding.waived_by:
        reason = f"exception {plain(finding.waived_by)} of the register"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result


def _location(finding: Finding) -> Json:
    path = finding.subject if finding.scope is Scope.FILE else POLICY_FILE
    uri = quote(path.encode("utf-8", "surrogateescape" if _from_bytes(path) else "surrogatepass"))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}}}


def _from_bytes(path: str) -> bool:
    """Whether every lone surrogate stands for one undecodable byte, as Python reads file names."""
    return all(not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff" for char in path)
