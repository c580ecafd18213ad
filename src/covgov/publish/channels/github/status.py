"""The commit status: a state and one line, which branch protection can require."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from covgov.model.verdict import Outcome, Verdict
from covgov.publish.channels.github.fields import ParcelFields, moment
from covgov.publish.render.parts.reasons import headline

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
    return headline(verdict, MOST_CHARACTERS)


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
