"""Publications: what channels are asked to tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from covgov.ci.interface import CiContext, CiEvent
from covgov.model.verdict import Verdict
from covgov.policy.policy import Policy
from covgov.publish.channels.interface import Publication
from covgov.publish.render.markdown import MarkdownRenderer
from covgov_testing.builders import verdict as build
from covgov_testing.builders.policy import policy
from covgov_testing.fakes.github import HEAD, REPOSITORY

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RUN_URL = f"https://github.example/{REPOSITORY}/actions/runs/99"
PULL_REQUEST = CiContext(
    system="github",
    event=CiEvent.PULL_REQUEST,
    branch="feature",
    target="main",
    default_branch="main",
    pull_request="7",
    run_url=RUN_URL,
    head_commit=HEAD,
)
PUSH = CiContext(
    system="github", event=CiEvent.PUSH, branch="main", default_branch="main", on_default_branch=True, run_url=RUN_URL
)
BASIS = '[suites.api]\n[components.api]\npaths = ["src/**"]\n'


def publishing(text: str = "") -> Policy:
    """A policy with these lines of [publish...]."""
    return policy(BASIS + text)


def publication(
    verdict: Verdict | None = None,
    *,
    ci: CiContext = PULL_REQUEST,
    text: str = "",
    files: Mapping[str, bytes] | None = None,
    repository: str = REPOSITORY,
    commit: str = HEAD,
    now: datetime = NOW,
) -> Publication:
    """text: lines of the policy. files: what lies below coverage/ besides the summary of the verdict."""
    judged = verdict or build.verdict()
    lying = {"summary.md": MarkdownRenderer()(judged).encode("utf-8", "backslashreplace"), **(files or {})}
    return Publication(
        verdict=judged,
        file=lying.get,
        ci=ci,
        policy=publishing(text),
        repository=repository,
        commit=commit,
        now=now,
    )
