"""Uploads of one attempt -> one run with its verdict. Pure: no database access.

The hub has no source code: it judges the absolute bars of the stored policy, and reports what it
cannot judge. docs/decisions/0020 explains why that makes a run undetermined rather than green.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from covgov.hub.store.uploads import Upload
from covgov.ingest.merge import merge
from covgov.judge.evaluate import evaluate
from covgov.judge.facts import Facts, suite_line
from covgov.judge.interface import RuleCheck, RulePage
from covgov.judge.registry import RULES
from covgov.judge.view import PolicyView
from covgov.model import snapshot_codec
from covgov.model.run import BaselineReason, NoBaseline, RunRecord
from covgov.model.snapshot import Snapshot
from covgov.model.verdict import Effect, Finding, Scope, Verdict
from covgov.policy.policy import Policy
from covgov.register.entry import Register

NO_GUARD = Decimal(100)
"""A max_drop of this many points can never fail, so an unjudged drop does not matter."""


@dataclass(frozen=True, slots=True)
class RepositoryRules:
    """The stored policy and register. policy: None without a readable one; `absent` is the reason."""

    policy: Policy | None
    absent: str
    register: Register | None
    first: bool
    """Whether the repository has no run at all. The branch name is the uploader's claim, so it does not count."""


def wanted(uploads: Sequence[Upload], policy: Policy | None) -> tuple[str, ...]:
    """Expected suites, or `suite/name` for one of several jobs: as declared by the uploads, else by the policy."""
    declared = {one for upload in uploads for one in upload.expected}
    if not declared:
        declared = set(policy.expected) if policy else {upload.key.suite for upload in uploads}
    return tuple(sorted(declared))


def missing(uploads: Sequence[Upload], policy: Policy | None) -> tuple[str, ...]:
    """Expected suites that have not arrived yet; empty when the run is complete."""
    here = {upload.key.suite for upload in uploads} | {f"{upload.key.suite}/{upload.key.name}" for upload in uploads}
    return tuple(one for one in wanted(uploads, policy) if one not in here)


def compose(uploads: Sequence[Upload], rules: RepositoryRules, now: datetime) -> RunRecord:
    """The run of these uploads. Raises InputError (`merge-mismatch`)."""
    newest = max(uploads, key=lambda upload: upload.received_at)
    snapshots = _snapshots(uploads)
    suites = {one.partition("/")[0] for one in wanted(uploads, rules.policy)}
    expected = tuple(sorted(suites | set(rules.policy.expected if rules.policy else ())))
    verdict = _verdict(newest, snapshots, expected, rules, now)
    return RunRecord(
        commit=newest.commit,
        tree=newest.key.tree,
        branch=newest.key.branch,
        attempt=newest.key.attempt,
        recorded_at=now.replace(microsecond=0),
        expected=expected,
        snapshots=snapshots,
        verdict=verdict,
        policy_hash=verdict.policy_hash,
    )


def _snapshots(uploads: Sequence[Upload]) -> dict[str, Snapshot]:
    parts: dict[str, list[Snapshot]] = {}
    for upload in uploads:
        where = f"{upload.key.suite}/{upload.key.name}"
        parts.setdefault(upload.key.suite, []).append(snapshot_codec.decode(upload.snapshot, where))
    return {suite: found[0] if len(found) == 1 else merge(found, suite) for suite, found in sorted(parts.items())}


def _verdict(
    newest: Upload, snapshots: Mapping[str, Snapshot], expected: tuple[str, ...], rules: RepositoryRules, now: datetime
) -> Verdict:
    policy = rules.policy or Policy()
    facts = Facts(
        today=now.date(),
        suites=tuple(suite_line(suite, snapshots.get(suite), "it was not uploaded") for suite in expected),
        snapshots=snapshots,
        merged=merge(tuple(snapshots.values())),
        baseline=_baseline(policy, first=rules.first),
        register=rules.register,
        base_register=rules.register,
        commit=newest.commit,
        tree=newest.key.tree,
    )
    others = [rule.check for name, rule in RULES.items() if name != "baseline"]
    return evaluate(facts, [policy], [*others, _unguarded, _unjudged(rules)])


def _baseline(policy: Policy, *, first: bool) -> NoBaseline:
    if first:
        return NoBaseline(BaselineReason.FIRST_RUN, "this repository has no recorded run yet", blocking=False)
    detail = "the run was composed from uploads, and the hub has no source code"
    return NoBaseline(BaselineReason.NOT_RECORDED, detail, blocking=policy.gate.max_drop < NO_GUARD)


PAGE = RulePage(
    id="hub-policy",
    title="The hub has no policy for the repository",
    why="Without a policy there is no bar, and coverage without a bar is not green.",
    example="[hub-policy] nothing was judged: the repository has no policy",
    fix="Store the repository's policy in the hub (docs/hub.md), or record judged runs with `covgov run` in CI.",
)


def _unguarded(view: PolicyView) -> Iterator[Finding]:
    """The rule `baseline` with another hint: recording a run first does not help composed runs."""
    advice = "record with `covgov run` in CI and [history] store = hub:..., or set max_drop = 100 in the stored policy"
    for finding in RULES["baseline"].check(view):
        yield replace(finding, hint=advice if finding.effect is Effect.UNDETERMINED else "")


def _unjudged(rules: RepositoryRules) -> RuleCheck:
    def check(view: PolicyView) -> Iterator[Finding]:
        """A run without a policy is not green: no bar was checked."""
        if rules.policy is None:
            yield Finding(
                rule="hub-policy",
                effect=Effect.UNDETERMINED,
                scope=Scope.POLICY,
                subject="covgov.toml",
                message=f"nothing was judged: {rules.absent}",
                hint="store the repository's policy in the hub",
            )

    return check
