from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import APIRouter

from covgov.hub.app import create_app
from covgov.hub.auth_service.refusals import UnguardedRoute
from covgov.hub.deps import HubDeps
from covgov.hub.settings import HubSettings
from covgov_testing.fakes.auth import NOON
from covgov_testing.hub.database import database, url


@pytest.mark.security
def test_the_hub_does_not_start_with_an_unguarded_route(tmp_path: Path) -> None:
    forgotten = APIRouter()

    @forgotten.get("/v1/forgotten")
    def ask() -> str:
        return "everything"

    path = tmp_path / "hub.db"
    with database(path) as engine, pytest.raises(UnguardedRoute, match="/v1/forgotten") as caught:
        create_app(HubSettings(url(path)), HubDeps(engine, lambda: NOON, lambda _: b""), [forgotten])
    assert caught.value.code == "route-unguarded"
