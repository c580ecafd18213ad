"""The hub from its console script: first administrator, serving, stopping, verifying the trail; and what docs/hub.md
tells the person on the host to type, typed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from covgov_testing.installed import CHECKOUT, Installed

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
def served(
    covgov: Installed, cwd: Path, command: tuple[str, ...] = ("hub", "serve")
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The real server process, on a free port, and its address."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    process = subprocess.Popen(
        [str(covgov.home / "bin" / "covgov"), *command, "--port", "0"],
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


def ask(url: str, token: str = "", method: str = "GET", body: str = "", kind: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers["Content-Type"] = kind or "application/json"
    request = urllib.request.Request(url, body.encode() or None, headers, method=method)
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


LCOV = "TN:\nSF:src/shop.py\nDA:1,1\nDA:2,1\nDA:3,0\nend_of_record\n"
UPLOAD = f"suite=shop&commit={'c' * 40}&tree={'e' * 40}&branch=main&expected=shop&exit_code=0"
SHOP = "/v1/repositories/acme/shop"


def page() -> str:
    return (CHECKOUT / "docs" / "hub.md").read_text(encoding="utf-8")


def first_commands() -> list[tuple[str, ...]]:
    """The words after `covgov` of the commands that the page begins with."""
    return [tuple(line.split("#")[0].split()[1:]) for line in page().splitlines() if line.startswith("    covgov ")]


def commands_of_the_table() -> set[tuple[str, ...]]:
    """Of each row of the page's table of commands: the words after `covgov hub`, without arguments."""
    found: set[tuple[str, ...]] = set()
    for row in re.findall(r"^\| (`covgov hub .*?) \|", page(), re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", row)
        words = tuple(word for word in first.split()[2:] if word.islower() and not word.startswith("-"))
        found.add(words)
        found |= {
            tuple(word for word in other.split()[2:] if word.islower()) if " " in other else (*words[:-1], other)
            for other in others
        }
    return found


def test_what_the_page_on_the_hub_tells_to_type_does_what_it_says(covgov: Installed, tmp_path: Path) -> None:
    typed: set[tuple[str, ...]] = {("serve",)}

    def host(*words: str, code: int = 0) -> str:
        typed.update({words[:1], words[:2]})
        done = covgov.run("hub", *words, cwd=tmp_path)
        assert done.code == code, done.text
        return done.text

    create, serve = first_commands()
    token = covgov.run(*create, cwd=tmp_path).out.strip()
    with served(covgov, tmp_path, serve) as (process, address):
        the_repository(address, token)
        assert "1 repositories, 1 runs, verified" in host("backup", "copy.sqlite")
        host("sweep")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    host("token", "create", "--name", "ci", "--role", "uploader", "--repository", "acme/shop")
    listed = host("token", "list")
    found = re.search(r"^([a-z2-7]{26})\b.*\bci\b", listed, re.MULTILINE)
    assert found, listed
    host("token", "rotate", found[1])
    host("token", "revoke", found[1])
    host("migrate")
    host("repository", "delete", "acme/shop", code=2)
    host("repository", "delete", "acme/shop", "--yes")
    host("erase")
    assert b"src/shop.py" not in b"".join(path.read_bytes() for path in tmp_path.glob("covgov-hub.sqlite*"))
    assert "repository-deleted" in host("audit", "export")
    assert "clean" in host("audit", "verify")
    host("restore", "copy.sqlite", "--keep-tokens", "--database", f"sqlite:///{tmp_path / 'restored.sqlite'}")
    with served(covgov, tmp_path, (*serve, "--database", f"sqlite:///{tmp_path / 'restored.sqlite'}")) as (_, address):
        assert '"commit":"cccc' in ask(f"{address}{SHOP}/runs", token)[1]
    assert commands_of_the_table() - typed == set()


def the_repository(address: str, token: str) -> None:
    """It is made, gets the page's binding, and a run from a report file."""
    made = ask(f"{address}/v1/repositories", token, "POST", '{"owner": "acme", "name": "shop"}')
    assert made[0] == 201, made[1]
    shown = re.search(r"^    POST (/v1/repositories/\S+)\n    (\{.*\})$", page(), re.MULTILINE)
    assert shown
    bound = ask(f"{address}{shown[1]}", token, "POST", shown[2])
    assert bound[0] == 201, bound[1]
    uploaded = ask(f"{address}{SHOP}/uploads?{UPLOAD}", token, "POST", LCOV, "application/octet-stream")
    assert uploaded[0] == 201, uploaded[1]
    status, runs = ask(f"{address}{SHOP}/runs", token)
    assert (status, '"commit":"cccc' in runs) == (200, True), runs


PROJECT = {
    "covgov.toml": '[suites.shop]\ntests = ["tests"]\n\n[components.shop]\npaths = ["shop/**"]\nsuite = "shop"\n\n',
    ".coveragerc": "[run]\nbranch = True\nsource = shop\nrelative_files = True\n",
    ".gitignore": "coverage/\n__pycache__/\n.pytest_cache/\n",
    "shop/cart.py": "def total(prices):\n    return sum(prices)\n",
    "tests/test_cart.py": "from shop.cart import total\n\ndef test_total():\n    assert total([3, 4]) == 7\n",
}


def first_repository(kind: str) -> list[str]:
    """The blocks of that kind in the page's section on the first repository."""
    section = page().split("\n## First repository\n")[1].split("\n## ")[0]
    return re.findall(rf"^```{kind}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_first_repository_can_be_pasted_from_the_page(covgov: Installed, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    for name, text in PROJECT.items():
        (shop / name).parent.mkdir(parents=True, exist_ok=True)
        (shop / name).write_text(text, encoding="utf-8")
    with served(covgov, tmp_path) as (_, address):
        (store,) = first_repository("toml")
        with (shop / "covgov.toml").open("a", encoding="utf-8") as file:
            file.write(store.replace("http://127.0.0.1:8399", address))
        script = "set -euo pipefail\ngit init -q -b main .\n" + "\n".join(first_repository("sh"))
        env = {"COVGOV_HUB_DATABASE": f"sqlite:///{tmp_path / 'covgov-hub.sqlite'}"}
        done = covgov.execute("bash", "-c", script.replace("http://127.0.0.1:8399", address), cwd=shop, env=env)
    assert done.code == 0, done.text
    assert "recorded run 1" in done.err
    assert re.search(r"^ +1  .* pass +[0-9a-f]{12}  main  shop$", done.out, re.MULTILINE), done.out
    assert "project: 100.00 %" in done.out
    assert re.search(r'"state":"complete".*"outcome":"undetermined"', done.out), done.out
