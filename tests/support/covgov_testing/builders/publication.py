"""What a channel is given, with everything that a test does not care about filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from covgov.ci.interface import CiContext, Event
from covgov.model.verdict import Effect, Finding, Verdict
from covgov.policy.notification import NotifyPolicy, Occasion
from covgov.policy.policy import Policy
from covgov.publish.channels.interface import Publication
from covgov_testing.builders import verdict as build

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RUN = "https://github.example/acme/shop/actions/runs/17"
MAIN = CiContext("github", Event.PUSH, branch="main", default_branch="main", on_default_branch=True, run_url=RUN)


def publication(
    now: Verdict,
    before: Verdict | None = None,
    *,
    ci: CiContext = MAIN,
    notify: NotifyPolicy | None = None,
    at: datetime = NOW,
    files: Mapping[str, bytes] | None = None,
    owner_of: Callable[[str], str] = lambda _: "",
) -> Publication:
    return Publication(
        verdict=now,
        file=(files or {}).get,
        ci=ci,
        policy=replace(Policy(), notify=notify or NotifyPolicy()),
        repository="acme/shop",
        commit=now.commit or "",
        now=at,
        previous=None if before is None else before,
        owner_of=owner_of,
    )


def telling(*occasions: Occasion, target: str = "${HOOK}", required: bool = False) -> NotifyPolicy:
    """One target that wants to hear of these."""
    return NotifyPolicy(dict.fromkeys(occasions, (target,)), required=frozenset({target} if required else ()))


def dropped(subject: str = "api") -> Finding:
    return build.finding(f"{subject}: -5.00 pp: a drop of more than 2 pp", rule="max-drop", subject=subject)


def below(subject: str = "api") -> Finding:
    return build.finding(f"{subject}: 1599/2000 = 79.95 % < 80 %", subject=subject)


def unknown(subject: str = "api") -> Finding:
    return build.finding(f"{subject} did not arrive", Effect.UNDETERMINED, rule="suite", subject=subject)
