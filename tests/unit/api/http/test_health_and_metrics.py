from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from sqlalchemy import event

from covgov.hub.api.http.health import readiness_of
from covgov.hub.auth_service.permissions import Role
from covgov.hub.store.engine import migrate
from covgov_testing.builders.run import run
from covgov_testing.hub.database import database
from covgov_testing.hub.reading import Template
from covgov_testing.hub.write_desk import SHOP, WriteDesk, write_desk


def test_healthz_answers_alive(desk: WriteDesk) -> None:
    assert desk.ask("GET", "/healthz", None).json() == {"status": "alive"}


def test_readyz_needs_the_tables_of_this_version(tmp_path: Path) -> None:
    with database(tmp_path / "made.db"):
        pass
    with write_desk(Template(tmp_path / "made.db", {}, 0), tmp_path) as desk:
        assert desk.ask("GET", "/readyz", None).json() == {"status": "ready"}
        migrate(desk.engine, "base")
        desk.clock.forward(1)
        refused = desk.ask("GET", "/readyz", None)
        assert (refused.status_code, refused.json()["code"]) == (503, "hub-not-ready")


@pytest.mark.reliability
def test_a_hub_without_its_database_is_not_ready(desk: WriteDesk) -> None:
    path = Path(str(desk.engine.url.database))
    desk.engine.dispose()
    path.write_bytes(b"no database" * 1000)
    refused = desk.ask("GET", "/readyz", None)
    assert (refused.status_code, refused.json()["code"]) == (503, "hub-not-ready")
    assert refused.headers["retry-after"] == "5"
    assert desk.ask("GET", "/healthz", None).status_code == 200


@pytest.mark.security
def test_the_database_is_asked_once_a_second_however_often_strangers_ask(desk: WriteDesk) -> None:
    asked: list[str] = []
    event.listen(desk.engine, "before_cursor_execute", lambda *about: asked.append(str(about[2])))
    desk.ask("GET", "/readyz", None)
    once = len(asked)
    assert once > 0
    for _ in range(5):
        assert desk.ask("GET", "/readyz", None).status_code == 200
    assert len(asked) == once
    desk.clock.forward(1)
    desk.ask("GET", "/readyz", None)
    assert len(asked) > once


def test_readiness_needs_an_application_of_create_app() -> None:
    app = FastAPI()
    app.state.readiness = None
    with pytest.raises(TypeError, match="create_app"):
        readiness_of(Request({"type": "http", "app": app}))


def test_metrics_count_by_route_and_outcome(desk: WriteDesk) -> None:
    desk.add(run("c1"))
    desk.ask("GET", "/nowhere")
    shown = desk.ask("GET", "/metrics", Role.READER).text
    added = 'method="POST",route="/v1/repositories/{owner}/{name}/history/additions",status="201"'
    assert f"covgov_hub_requests_total{{{added}}} 1.0" in shown
    assert 'covgov_hub_requests_total{method="GET",route="unmatched",status="404"} 1.0' in shown
    assert 'covgov_hub_runs_total{outcome="pass"} 1.0' in shown


@pytest.mark.security
def test_metrics_have_no_labels_from_clients(desk: WriteDesk) -> None:
    desk.ask("GET", SHOP)
    desk.ask("BREW", "/coffee")
    shown = desk.ask("GET", "/metrics", Role.READER).text
    assert "acme" not in shown
    assert "BREW" not in shown
    assert "coffee" not in shown
    assert desk.ask("GET", "/metrics", None).status_code == 401
