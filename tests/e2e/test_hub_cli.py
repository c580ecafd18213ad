"""The hub from its console script: first administrator, serving, stopping, verifying the trail."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from covgov_testing.installed import Installed

FINDER = """\
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("sqlalchemy", "structlog", "fastapi"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
"""
"""What an environment without the extra answers to an import."""


@contextmanager
def served(covgov: Installed, cwd: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The real server process and its address."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    process = subprocess.Popen(
        [str(covgov.home / "bin" / "covgov"), "hub", "serve", "--port", "0"],
        cwd=cwd,
        env=inherited,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"covgov hub listens on (http://\S+)\n", line)
        assert found, line + (process.stderr.read() if process.stderr else "")
        yield process, found[1]
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


def ask(url: str, token: str = "") -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.security
def test_the_first_administrator_is_made_on_the_host_and_sigterm_is_a_clean_end(
    covgov: Installed, tmp_path: Path
) -> None:
    with served(covgov, tmp_path) as (process, address):
        assert ask(f"{address}/healthz")[0] == 200
        assert ask(f"{address}/v1/audit")[0] == 401
        made = covgov.run("hub", "token", "create", "--admin", "--name", "root", cwd=tmp_path)
        assert made.code == 0, made.text
        token = made.out.strip()
        assert re.fullmatch(r"cvg_[a-z2-7]{26}_[\w-]{49}", token)
        assert token not in made.err
        status, body = ask(f"{address}/v1/audit", token)
        assert (status, "token-created" in body) == (200, True), body
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out == ""
    lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert lines[-1]["event"] == "hub-stopped"
    assert [line["status"] for line in lines if line["event"] == "request-answered"] == [200, 401, 200]
    assert all(line.get("request_id") for line in lines if line["event"] == "request-answered")
    assert token not in err
    assert token.split("_", 2)[2] not in err


@pytest.mark.security
def test_the_trail_shows_one_altered_and_one_missing_row(covgov: Installed, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        assert covgov.run("hub", "token", "create", "--admin", "--name", name, cwd=tmp_path).code == 0
    whole = covgov.run("hub", "audit", "verify", cwd=tmp_path)
    assert (whole.code, "clean: 3 entries" in whole.out) == (0, True), whole.text
    for tampering, told in [
        ("UPDATE audit SET at = '2020-01-01T00:00:00Z' WHERE sequence = 2", "audit entry 2: was altered"),
        ("DELETE FROM audit WHERE sequence = 2", "1 missing before it: 2"),
        ("DELETE FROM audit WHERE sequence = 3", "the newest entries are missing: 2 to 3"),
    ]:
        connection = sqlite3.connect(tmp_path / "covgov-hub.sqlite")
        with connection:
            connection.execute(tampering)
        connection.close()
        found = covgov.run("hub", "audit", "verify", cwd=tmp_path)
        assert (found.code, told in found.out) == (10, True), found.text


def test_without_the_extra_the_command_that_installs_it_is_named(covgov: Installed, tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text(FINDER)
    env = {"PYTHONPATH": str(tmp_path / "without")}
    for args in (["serve"], ["token", "list"], ["audit", "verify"], ["migrate"], ["restore", "x"]):
        done = covgov.run("hub", *args, cwd=tmp_path, env=env)
        assert done.code == 2, done.text
        assert "pip install 'covgov[hub]'" in done.err
        assert "fastapi, sqlalchemy, structlog" in done.err
    assert covgov.run("hub", "serve", "--help", cwd=tmp_path, env=env).code == 0
    assert not (tmp_path / "covgov-hub.sqlite").exists()


@pytest.mark.reliability
def test_a_killed_hub_leaves_a_database_that_the_next_one_serves(covgov: Installed, tmp_path: Path) -> None:
    token = covgov.run("hub", "token", "create", "--admin", cwd=tmp_path).out.strip()
    with served(covgov, tmp_path) as (process, address):
        assert ask(f"{address}/v1/audit", token)[0] == 200
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    with served(covgov, tmp_path) as (_, address):
        assert ask(f"{address}/v1/audit", token)[0] == 200
    assert covgov.run("hub", "audit", "verify", cwd=tmp_path).code == 0
