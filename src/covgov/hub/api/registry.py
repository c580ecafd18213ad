"""The routers of the API: one file per noun, one line each here."""

from __future__ import annotations

from fastapi import APIRouter

from covgov.hub.api.http import health, metrics
from covgov.hub.api.routes import audit as routes_audit
from covgov.hub.api.routes import badges as routes_badges
from covgov.hub.api.routes import bindings as routes_bindings
from covgov.hub.api.routes import compare as routes_compare
from covgov.hub.api.routes import components as routes_components
from covgov.hub.api.routes import digest as routes_digest
from covgov.hub.api.routes import documents as routes_documents
from covgov.hub.api.routes import files as routes_files
from covgov.hub.api.routes import history as routes_history
from covgov.hub.api.routes import repositories as routes_repositories
from covgov.hub.api.routes import runs as routes_runs
from covgov.hub.api.routes import tokens as routes_tokens
from covgov.hub.api.routes import uploads as routes_uploads

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
