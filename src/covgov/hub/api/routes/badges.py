"""`.../badges/{component}`: a component of a branch as SVG, or as JSON for shields.io."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from covgov.hub.api import badge
from covgov.hub.api.badge import Badge
from covgov.hub.api.http.conditional import CACHED, CURRENT, answer
from covgov.hub.api.http.parameters import Branch, ComponentName, Label
from covgov.hub.api.http.problems import ApiProblem
from covgov.hub.api.reading import RepositoryRequest, asks
from covgov.hub.api.wire import badges as wire_badges
from covgov.hub.api.wire.badges import ShieldsBadge
from covgov.hub.auth_service.permissions import Permission
from covgov.model.verdict import Outcome

KEPT_SECONDS = 300
"""How long a badge of a public repository can be cached."""

SVG = "image/svg+xml"
HARMLESS = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}
"""An SVG opened as a page runs no scripts and loads nothing."""

router = APIRouter(prefix="/v1/repositories/{owner}/{name}/badges", tags=["badges"])
Reader = Annotated[RepositoryRequest, Depends(asks(Permission.BADGE_READ))]


@dataclass(frozen=True, slots=True)
class _BadgeAnswer:
    badge: Badge
    caching: str


@router.get(
    "/{component}.svg",
    summary="A badge as a picture",
    response_class=Response,
    responses={**CACHED, 200: {**CACHED[200], "content": {SVG: {"schema": {"type": "string"}}}}},
)
def get_svg(asked: Reader, component: ComponentName, branch: Branch = "", label: Label = "") -> Response:
    """Public where the repository is."""
    found = _find(asked, component, branch, label)
    body = badge.svg(found.badge).encode()
    return answer(asked.request, body, caching=found.caching, media_type=SVG, headers=HARMLESS)


@router.get("/{component}.json", summary="A badge for shields.io", response_model=ShieldsBadge, responses=CACHED)
def get_shields(asked: Reader, component: ComponentName, branch: Branch = "", label: Label = "") -> Response:
    """What https://img.shields.io/endpoint?url=... reads. Public where the repository is."""
    found = _find(asked, component, branch, label)
    return answer(asked.request, wire_badges.shields(found.badge, KEPT_SECONDS), caching=found.caching)


def _find(asked: RepositoryRequest, component: str, branch: str, label: str) -> _BadgeAnswer:
    """The newest clean run that has the component. Raises ApiProblem (`component-unknown`)."""
    with asked.open() as here:
        name = here.branch(branch)
        caching = CURRENT if here.repository.private else f"public, max-age={KEPT_SECONDS}"
        nothing = next(here.walk(branch=name), None) is None
        newest = here.figure(component, name)
    if nothing:
        return _BadgeAnswer(Badge(label or component, "no runs", Outcome.UNDETERMINED), caching)
    if newest is None:
        raise ApiProblem(404, "component-unknown", f"no run of {name} has a component {component}")
    shown = badge.of_figure(label or component, newest.figure, verified=newest.run.verified)
    return _BadgeAnswer(shown, caching)
