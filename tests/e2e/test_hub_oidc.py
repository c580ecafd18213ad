"""CI jobs without a stored secret: forges on loopback sign, the installed hub fetches their keys over TLS and believes
them, the installed command records a run with nothing but such a token."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from covgov_testing.ci_issuer import CiIssuer, certified, ci_issuer
from covgov_testing.fakes.auth import Clock, ec_key, rsa_key
from covgov_testing.installed import Done, Installed
from covgov_testing.team import COVERAGERC, POLICY, TEST, Team, module

pytestmark = pytest.mark.security

AUDIENCE = "https://hub.example"
BINDINGS = "/v1/repositories/acme/shop/bindings"
START = {
    ".coveragerc": COVERAGERC,
    ".gitignore": "coverage/\n__pycache__/\n.pytest_cache/\n",
    "app/__init__.py": "",
    "app/core.py": module(100, 10),
    "tests/test_app.py": TEST,
}


@contextmanager
def hub(covgov: Installed, root: Path, env: dict[str, str]) -> Iterator[str]:
    """`covgov hub serve` as a process with this environment besides; its address."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [str(covgov.home / "bin" / "covgov"), "hub", "serve", "--port", "0"]
    with (root / "hub.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=root, env={**inherited, **env}, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    try:
        said = process.stdout.readline().split()
        assert said[:3] == ["covgov", "hub", "listens"], (root / "hub.log").read_text(encoding="utf-8")
        yield said[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=40)


def administrator(covgov: Installed, root: Path, url: str) -> httpx2.Client:
    made = covgov.run("hub", "token", "create", "--admin", "--name", "root", cwd=root)
    token = next(word for word in made.out.split() if word.startswith("cvg_"))
    return httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def recorded(team: Team, token: str) -> Done:
    """What the job does: `covgov run` with the CI's token, and no other secret."""
    path = team.events / "push.json"
    path.write_text('{"before": "%s", "repository": {"default_branch": "main"}}' % ("0" * 40), encoding="utf-8")
    github = {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "push",
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REF_NAME": "main",
        "COVGOV_HUB_TOKEN": token,
    }
    return team.covgov.run("run", cwd=team.work.root, env=github)


def test_a_job_records_its_run_with_the_token_that_its_forge_signed(covgov: Installed, tmp_path: Path) -> None:
    certificate = certified(tmp_path)
    clock = Clock(datetime.now(UTC))
    with (
        ci_issuer("github", clock, AUDIENCE, [rsa_key("g")], certificate) as github,
        ci_issuer("gitlab", clock, AUDIENCE, [ec_key("l")], certificate) as gitlab,
    ):
        env = {
            "COVGOV_HUB_ISSUERS": f"github={github.url} gitlab={gitlab.url}",
            "COVGOV_HUB_AUDIENCE": AUDIENCE,
            "SSL_CERT_FILE": str(certificate),
        }
        with hub(covgov, tmp_path, env) as url, administrator(covgov, tmp_path, url) as admin:
            bound(admin, github, "acme/shop")
            bound(admin, gitlab, "acme/web/shop")
            team = Team(covgov, tmp_path / "team")
            store = f'\n[history]\nstore = "hub:{url}/acme/shop"\n'
            team.push_main({**START, "covgov.toml": POLICY + store}, "begin")
            first = github.token()
            done = recorded(team, first)
            assert (done.code, "recorded run 1" in done.text) == (0, True), done.text
            team.push_main({"app/more.py": module(10, 0, stem="more")}, "more")
            done = recorded(team, gitlab.token())
            assert (done.code, "recorded run 2" in done.text) == (0, True), done.text
            refused(url, github, first)
            runs = admin.get("/v1/repositories/acme/shop/runs").json()["items"]
            assert len(runs) == 2
    log = (tmp_path / "hub.log").read_text(encoding="utf-8")
    assert first not in log
    assert "oidc-replayed" in log
    done = covgov.run("hub", "audit", "export", cwd=tmp_path)
    assert '"oidc-replayed"' in done.out
    assert first not in done.out


def bound(admin: httpx2.Client, issuer: CiIssuer, subject: str) -> None:
    admin.post("/v1/repositories", json={"owner": "acme", "name": "shop"})
    wanted = {"issuer": issuer.url, "repository": subject, "ref": "refs/heads/main"}
    assert admin.post(BINDINGS, json=wanted).status_code == 201


def refused(url: str, issuer: CiIssuer, used: str) -> None:
    """A used token, one of a key that is not published, and one for another hub."""
    forged = {
        "oidc-replayed": used,
        "oidc-signature": issuer.token(jti="2", key=rsa_key("evil"), header={"kid": "g"}),
        "oidc-claims": issuer.token(jti="3", aud="https://another-hub.example"),
        "oidc-unbound": issuer.token(jti="4", ref="refs/heads/evil"),
    }
    for code, token in forged.items():
        answer = httpx2.post(f"{url}/v1/tokens/exchange", headers={"Authorization": f"Bearer {token}"}, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
