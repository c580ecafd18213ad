"""What a channel is given, with everything that a test does not care about filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from covgov.ci.interface import CiContext, CiEvent
from covgov.model.verdict import Effect, Finding, Verdict
from covgov.policy.delivery import NotifySettings, Occasion
from covgov.policy.policy import Policy
from covgov.publish.channels.interface import Publication
from covgov_testing.builders import verdict as build

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RUN = "https://github.example/acme/shop/actions/runs/17"
MAIN = CiContext("github", CiEvent.PUSH, branch="main", default_branch="main", on_default_branch=True, run_url=RUN)


def publication(
    now: Verdict,
    before: Verdict | None = None,
    *,
    ci: CiContext = MAIN,
    notify: NotifySettings | None = None,
    at: datetime = NOW,
    files: Mapping[str, bytes] | None = None,
    owner_of: Callable[[str], str] = lambda _: "",
) -> Publication:
    return Publication(
        verdict=now,
        file=(files or {}).get,
        ci=ci,
        policy=Policy(notify=notify or NotifySettings()),
        repository="acme/shop",
        commit=now.commit or "",
        now=at,
        previous=None if before is None else before,
        owner_of=owner_of,
    )


def telling(*occasions: Occasion, target: str = "${HOOK}", required: bool = False) -> NotifySettings:
    """One target that wants to hear of these."""
    return alerting(dict.fromkeys(occasions, (target,)), required=(target,) if required else ())


def alerting(targets: Mapping[Occasion, tuple[str, ...]], **settings: object) -> NotifySettings:
    """settings: other keys of [notify]."""
    lists = {occasion.value: list(found) for occasion, found in targets.items()}
    return NotifySettings.read({**lists, **settings})


def dropped(subject: str = "api") -> Finding:
    return build.finding(f"{subject}: -5.00 pp: a drop of more than 2 pp", rule="max-drop", subject=subject)


def below(subject: str = "api") -> Finding:
    return build.finding(f"{subject}: 1599/2000 = 79.95 % < 80 %", subject=subject)


def unknown(subject: str = "api") -> Finding:
    return build.finding(f"{subject} did not arrive", Effect.UNDETERMINED, rule="suite", subject=subject)
