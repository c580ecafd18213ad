"""A hub from the installed console script, and a team whose history is there instead of in a branch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import rmtree

import httpx2
import pytest

from covgov_testing.installed import Done, Installed
from covgov_testing.team import COVERAGERC, POLICY, TEST, Team, module

START = {
    ".coveragerc": COVERAGERC,
    ".gitignore": "coverage/\n__pycache__/\n.pytest_cache/\n",
    "app/__init__.py": "",
    "app/core.py": module(1000, 100),
    "tests/test_app.py": TEST,
}


class Hub:
    """`covgov hub serve` as a process, with a repository acme/shop and a token of each kind that a team needs."""

    def __init__(self, covgov: Installed, root: Path) -> None:
        self._covgov = covgov
        self.root = root
        self.database = f"sqlite:///{root / 'hub.sqlite'}"
        self.process = self._serve(0)
        self.admin = self.token("--admin", "--name", "root")
        made = self.ask("POST", "/v1/repositories", json={"owner": "acme", "name": "shop"})
        assert made.status_code == 201, made.text
        self.uploader = self.token("--role", "uploader", "--repository", "acme/shop", "--name", "ci")

    def command(self, *args: str) -> Done:
        return self._covgov.run("hub", *args, cwd=self.root)

    def token(self, *args: str) -> str:
        done = self.command("token", "create", "--database", self.database, *args)
        assert done.code == 0, done.text
        return next(word for word in done.out.split() if word.startswith("cvg_"))

    def ask(self, method: str, path: str, **more: object) -> httpx2.Response:
        with httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.admin}"}, timeout=30) as client:
            return client.request(method, path, json=more.get("json"))

    def kill(self) -> None:
        """A crash without goodbye."""
        self.process.kill()
        self.process.communicate()

    def serve_again(self) -> None:
        """At the same address."""
        self.process = self._serve(int(self.url.rpartition(":")[2]))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=40)
        assert self.process.returncode == 0, out

    def _serve(self, port: int) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
        with (self.root / "hub.log").open("a") as log:
            process = subprocess.Popen(
                [
                    str(self._covgov.home / "bin" / "covgov"),
                    *("hub", "serve", "--database", self.database, "--port", str(port)),
                ],
                cwd=self.root,
                env=inherited,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert process.stdout is not None
        said = process.stdout.readline().split()
        assert said[:3] == ["covgov", "hub", "listens"], (self.root / "hub.log").read_text(encoding="utf-8")
        self.url = said[-1]
        return process


class HubTeam(Team):
    """A team whose CI holds the uploader's token."""

    def __init__(self, covgov: Installed, root: Path, hub: Hub) -> None:
        super().__init__(covgov, root)
        self.hub = hub

    def _ci(
        self,
        event: str,
        payload: Mapping[str, object],
        ref: str,
        args: tuple[str, ...],
        env: Mapping[str, str] | None = None,
    ) -> Done:
        return super()._ci(event, payload, ref, args, {"COVGOV_HUB_TOKEN": self.hub.uploader, **(env or {})})

    def local(self, *args: str, token: str = "") -> Done:
        env = {"COVGOV_HUB_TOKEN": token} if token else {}
        return self.covgov.run(*args, cwd=self.work.root, env=env)


@pytest.fixture
def hub(covgov: Installed, tmp_path: Path) -> Iterator[Hub]:
    one = Hub(covgov, tmp_path)
    yield one
    one.stop()


def another_second() -> None:
    """Of a run, history keeps the second in which it was judged: judged twice within one, a commit has one run."""
    began = int(time.time())
    while int(time.time()) == began:
        time.sleep(0.02)


def expect(done: Done, code: int, *messages: str) -> Done:
    assert done.code == code, done.text
    text = " ".join(done.text.split())  # lines are wrapped
    for message in messages:
        assert message in text, f"{message!r} is missing in:\n{done.text}"
    return done


def test_every_command_that_works_on_a_branch_works_on_the_hub(covgov: Installed, hub: Hub, tmp_path: Path) -> None:
    team = HubTeam(covgov, tmp_path / "team", hub)
    store = f'\n[history]\nstore = "hub:{hub.url}/acme/shop"\n'
    base = team.push_main({**START, "covgov.toml": POLICY + store}, "begin")
    expect(team.ci_main(), 0, "first run", "recorded run 1")

    team.branch("green", {"app/extra.py": module(20, 0, stem="extra")})
    expect(team.ci_pull_request("green"), 0, "merge base", base[:12])
    never = "".join(f"    more_{n} = {n}\n" for n in range(30))
    team.branch("drop", {"app/core.py": module(1000, 100) + never})
    expect(team.ci_pull_request("drop"), 10, "1000/1130", "new uncovered code", "max_drop")

    before = team.merge("green")
    hub.kill()
    hub.serve_again()
    expect(team.ci_main(before=before), 0, "recorded run 2")
    another_second()
    expect(team.ci_main("check", "--record", before=before), 0, "recorded run 3")

    listed = json.loads(expect(team.local("history", "list", "--json", token=hub.uploader), 0).out)
    assert [run["sequence"] for run in listed["runs"]] == [1, 2, 3]
    expect(team.local("history", "show", "2", token=hub.uploader), 0, "pass")
    expect(team.local("history", "verify", token=hub.uploader), 0, "clean: 3 runs")
    expect(team.local("history", "push", token=hub.uploader), 0, "already recorded: run 3")
    expect(team.local("history", "fetch", token=hub.uploader), 0)
    expect(team.local("compare", "HEAD~1", "HEAD", token=hub.uploader), 0, "app")
    digest = expect(team.local("digest", token=hub.uploader), 0, "app")
    assert digest.out == team.local("digest", token=hub.uploader).out
    there_and_back(team, hub)
    restored(team, hub)
    pruned_by_who_may(team, hub)
    without_a_token(team)
    what_the_hub_knows(hub, listed["runs"])


def there_and_back(team: HubTeam, hub: Hub) -> None:
    """An export of the hub's history is imported, byte for byte, by another repository of the hub."""
    expect(team.local("history", "export", "coverage/history", token=hub.uploader), 0, "exported 3 runs")
    assert hub.ask("POST", "/v1/repositories", json={"owner": "acme", "name": "copy"}).status_code == 201
    policy = team.read("covgov.toml")
    (team.work.root / "covgov.toml").write_text(policy.replace("/acme/shop", "/acme/copy"), encoding="utf-8")
    expect(team.local("history", "import", "coverage/history", token=hub.admin), 0, "imported 3 runs")
    expect(team.local("history", "verify", token=hub.admin), 0, "clean: 3 runs")
    (team.work.root / "covgov.toml").write_text(policy, encoding="utf-8")


def restored(team: HubTeam, hub: Hub) -> None:
    """What the suites of the newest run measured comes back byte for byte, and is judged as it was."""
    folder = team.work.root / "coverage"
    measured = (folder / "app.snapshot").read_bytes()
    rmtree(folder)
    expect(team.local("history", "restore", token=hub.uploader), 0, "run 3", "app")
    assert (folder / "app.snapshot").read_bytes() == measured
    expect(team.local("check", token=hub.uploader), 0)


def pruned_by_who_may(team: HubTeam, hub: Hub) -> None:
    """The gate records nothing bulky; what is dropped where there is some, tests/contracts tells."""
    keeper = hub.token("--role", "maintainer", "--repository", "acme/shop", "--name", "keeper")
    refused = expect(team.local("history", "prune", "--keep", "1", token=hub.uploader), 5, "[history-push-failed]")
    assert "may not history:prune in acme/shop" in refused.text
    assert len([line for line in refused.text.splitlines() if line.startswith("covgov: ")]) == 1, refused.text
    expect(team.local("history", "prune", "--keep", "1", token=keeper), 0, "0 artifacts dropped")
    expect(team.local("history", "verify", token=keeper), 0, "clean: 3 runs")


def without_a_token(team: HubTeam) -> None:
    """A private history is not silently taken for an empty one, and no message holds a token."""
    expect(team.local("history", "list"), 11, "COVGOV_HUB_TOKEN", "[history-unreachable]")
    expect(team.local("check"), 11, "history is configured but cannot be reached")
    wrong = "cvg_" + "a" * 76
    done = expect(team.local("history", "push", token=wrong), 5, "[history-push-failed]")
    assert wrong not in done.text


def test_a_run_that_the_hub_could_not_take_is_pushed_later(covgov: Installed, hub: Hub, tmp_path: Path) -> None:
    """Once, as it was judged: first without a token that may write, then without a hub to ask for the baseline."""
    team = HubTeam(covgov, tmp_path / "team", hub)
    team.push_main({**START, "covgov.toml": POLICY + f'\n[history]\nstore = "hub:{hub.url}/acme/shop"\n'}, "begin")
    assert hub.ask("PATCH", "/v1/repositories/acme/shop", json={"private": False}).is_success
    uploader, hub.uploader = hub.uploader, ""
    expect(team.ci_main(), 5, "first run", "[history-push-failed]")
    hub.uploader = uploader
    expect(team.ci_main("history", "push"), 0, "recorded run 1")
    expect(team.ci_main("history", "push"), 0, "already recorded: run 1")

    team.push_main({"app/extra.py": module(20, 0, stem="extra")})
    expect(team.ci_main("history", "push"), 0, "already recorded: run 1")
    expect(team.ci_main("run", "--measure-only"), 0)
    hub.kill()
    expect(team.ci_main("check", "--record"), 11, "cannot be reached", "[history-push-failed]")
    expect(team.ci_main("history", "push"), 5, "[history-push-failed]")
    hub.serve_again()
    expect(team.ci_main("history", "push"), 0, "recorded run 2")
    expect(team.local("history", "push", token=uploader), 0, "already recorded: run 2")
    listed = json.loads(expect(team.local("history", "list", "--json", token=uploader), 0).out)
    assert [(run["sequence"], run["outcome"]) for run in listed["runs"]] == [(1, "pass"), (2, "undetermined")]
    expect(team.local("history", "verify", token=uploader), 0, "clean: 2 runs")


def what_the_hub_knows(hub: Hub, recorded: list[Mapping[str, object]]) -> None:
    runs = hub.ask("GET", "/v1/repositories/acme/shop/runs").json()
    assert sorted(run["id"] for run in runs["items"]) == sorted(str(run["id"]) for run in recorded)
    expect(hub.command("audit", "verify", "--database", hub.database), 0)
    log = (hub.root / "hub.log").read_text(encoding="utf-8")
    assert "cvg_" not in log
