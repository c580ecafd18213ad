"""The commit status: a state and one line, which branch protection can require."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from covgov.model import words
from covgov.model.verdict import Effect, Finding, Outcome, Verdict
from covgov.publish.channels.github.fields import ParcelFields, moment
from covgov.publish.render.safe_text import plain

if TYPE_CHECKING:
    from covgov.publish.channels.github.api import GithubApi

STATES = {Outcome.PASS: "success", Outcome.FAIL: "failure", Outcome.UNDETERMINED: "error"}
MOST_CHARACTERS = 140
SKEW = timedelta(minutes=2)
"""Tolerated difference between the clocks of a runner and GitHub when comparing verdicts."""


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """at: when the verdict was published, aware. target: link to the run, "" for none."""

    commit: str
    context: str
    state: str
    description: str
    target: str
    at: datetime


def written(status: CommitStatus) -> Mapping[str, str]:
    """As fields of a parcel."""
    return {
        "commit": status.commit,
        "context": status.context,
        "state": status.state,
        "description": status.description,
        "target": status.target,
        "at": moment(status.at),
    }


def read(fields: ParcelFields) -> CommitStatus:
    """From the fields of a parcel. Raises DeliveryFailed (`github-parcel-damaged`)."""
    return CommitStatus(
        commit=fields.commit(),
        context=fields.text("context"),
        state=fields.one_of("state", tuple(STATES.values())),
        description=fields.text("description")[:MOST_CHARACTERS],
        target=fields.text("target"),
        at=fields.time("at"),
    )


def description(verdict: Verdict) -> str:
    """At most 140 characters: the outcome and its first reason, or the project's figure."""
    outcome, reason = words.outcome(verdict), next(_reasons(verdict), "")
    more = sum(1 for _ in _reasons(verdict)) - 1
    tail = f" (and {more} more)" if more > 0 else ""
    return _clipped(f"{outcome}: {plain(reason)}" if reason else outcome, MOST_CHARACTERS, tail)


def put(api: GithubApi, status: CommitStatus) -> str:
    """Set the status unless a later verdict is shown already, as with a spooled parcel."""
    return api.client.insist(lambda: _put(api, status))


def _put(api: GithubApi, status: CommitStatus) -> str:
    shown = (one for one in api.statuses(status.commit) if one.context.casefold() == status.context.casefold())
    if any(one.created_at > status.at + SKEW for one in shown):
        return f"status of {status.commit[:12]} left unchanged: it shows a later verdict"
    body = {"state": status.state, "context": status.context, "description": status.description}
    api.create_status(status.commit, {**body, "target_url": status.target} if status.target else body)
    return f"status of {status.commit[:12]} set to {status.state}"


def _reasons(verdict: Verdict) -> Iterator[str]:
    """Of a verdict that is only evaluated what would fail, else what is enforced."""
    enforced = verdict.enforced_outcome is not Outcome.PASS
    outcome = verdict.enforced_outcome if enforced else verdict.outcome
    wanted = {Outcome.FAIL: Effect.FAIL, Outcome.UNDETERMINED: Effect.UNDETERMINED}.get(outcome)
    if wanted is not None:
        found = (one for one in verdict.findings if one.enforced or not enforced)
        yield from (one.message for one in found if _live(one, wanted))
    elif (row := verdict.project) is not None and row.now is not None and row.now.measurable:
        yield f"project {words.percent(row.now, row.bar)}"


def _live(finding: Finding, effect: Effect) -> bool:
    return finding.effect is effect and not finding.waived_by


def _clipped(text: str, most: int, tail: str) -> str:
    room = most - len(tail)
    return text + tail if len(text) <= room else text[: room - 1] + "…" + tail
