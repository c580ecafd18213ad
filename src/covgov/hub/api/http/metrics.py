"""Prometheus metrics of one application; no label comes from a client."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from starlette.responses import Response

from covgov.hub.auth_service.guard import requires
from covgov.hub.auth_service.permissions import Permission
from covgov.hub.auth_service.principals import Principal

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

router = APIRouter(tags=["operation"])


class HubMetrics:
    """Metrics in a registry of their own, so that two applications in one process are independent."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "covgov_hub_requests_total",
            "Requests by method, route and status (0: the client left before the answer)",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "covgov_hub_request_seconds",
            "Time to answer, by route",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._runs = Counter("covgov_hub_runs_total", "Runs, by outcome", ("outcome",), registry=self._registry)
        self._uploads = Counter(
            "covgov_hub_uploads_total",
            "Accepted uploads, by the state of their run",
            ("state",),
            registry=self._registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answered request. route: the template, never the path."""
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def run(self, outcome: str) -> None:
        """One run was appended."""
        self._runs.labels(outcome).inc()

    def upload(self, state: str) -> None:
        """One upload was accepted."""
        self._uploads.labels(state).inc()

    def exposition(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self._registry)


def metrics_of(request: Request) -> HubMetrics:
    """The application's metrics."""
    metrics = request.app.state.metrics
    if not isinstance(metrics, HubMetrics):
        raise TypeError("the application was not made by create_app")
    return metrics


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
def show(
    request: Request,
    principal: Annotated[Principal, Depends(requires(Permission.METRICS_READ))],
) -> Response:
    """Counts and durations, without names of repositories."""
    return Response(metrics_of(request).exposition(), media_type=CONTENT_TYPE_LATEST)
