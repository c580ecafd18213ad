"""The routers of the API: one file per noun, one line each here."""

from __future__ import annotations

from fastapi import APIRouter

from covgov.hub.api import (
    health,
    metrics,
    routes_audit,
    routes_badges,
    routes_bindings,
    routes_compare,
    routes_components,
    routes_digest,
    routes_documents,
    routes_files,
    routes_history,
    routes_repositories,
    routes_runs,
    routes_tokens,
    routes_uploads,
)

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    metrics.router,
    routes_repositories.router,
    routes_history.router,
    routes_uploads.router,
    routes_tokens.router,
    routes_bindings.router,
    routes_components.router,
    routes_runs.router,
    routes_files.router,
    routes_compare.router,
    routes_digest.router,
    routes_badges.router,
    routes_documents.router,
    routes_audit.router,
)
