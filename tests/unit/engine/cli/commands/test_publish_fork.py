"""`covgov publish github --fork-run`: what a fork measured is data, and the base branch's policy judges it.

The fork's commits come through git, everything else through an API on loopback. Only the base branch is checked out.
"""

from __future__ import annotations

import json
import os
import re
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from markdown_it import MarkdownIt

from covgov.cli.main import main
from covgov.cli.world import World
from covgov.model import snapshot_codec
from covgov.model.snapshot import Origin
from covgov_testing.builders.coverage import cov, snap
from covgov_testing.builders.publish import NOW
from covgov_testing.fakes.github import REPOSITORY, TOKEN, FakeGithub
from covgov_testing.github_server import serving
from covgov_testing.repos import Repo

pytestmark = pytest.mark.security

POLICY = """\
version = 1
[policy]
fail_under = 80
[suites.api]
[components.api]
paths = ["src/**"]
[history]
store = "dir:../history"
"""
LAX = POLICY.replace("fail_under = 80", "fail_under = 1")
FIVE = "a = 1\nb = 2\nc = 3\nd = 4\ne = 5\n"
SIX = FIVE + "f = 6\n"
EXPLOSIVE = {"covgov.toml": LAX, "conftest.py": "raise SystemExit('fork code ran')\n"}


class Trusted:
    """A job of the base repository, after a fork's run. fork: the clone of the author."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.origin = Repo(root / "origin.git", bare=True)
        self.fork = Repo(root / "fork")
        self.fork.git("remote", "add", "origin", str(self.origin.root))
        self.fork.commit({"covgov.toml": POLICY, "src/a.py": FIVE, ".gitignore": "coverage/\n"})
        self.fork.git("push", "--quiet", "origin", "main")
        self.base = self.origin.clone(root / "base")
        self.github = FakeGithub()
        self.out, self.err = StringIO(), StringIO()

    def propose(self, files: dict[str, str]) -> None:
        """A pull request of the fork: its commit is at the origin, and on no branch there."""
        self.fork.git("checkout", "--quiet", "-B", "topic", "main")
        self.github.head = self.fork.commit(files)
        self.fork.git("push", "--quiet", "--force", "origin", "topic:refs/pull/7/head")

    def move_main(self) -> None:
        """Somebody else's change is merged."""
        self.fork.git("checkout", "--quiet", "main")
        self.fork.commit({"other.txt": "other\n"})
        self.fork.git("push", "--quiet", "origin", "main")
        self.base.git("pull", "--quiet", "origin", "main")
        self.fork.git("checkout", "--quiet", "topic")

    def merged(self) -> None:
        """What GitHub lets the fork's job check out."""
        self.fork.git("checkout", "--quiet", "--detach", "main")
        self.fork.git("merge", "--quiet", "--no-ff", "-m", "merge", "topic")

    def snapshot(self, picture: str, path: str = "src/a.py", suite: str = "api") -> bytes:
        """What a suite's job in the fork uploads: of the commit that is checked out there."""
        commit, tree = (self.fork.git("rev-parse", name) for name in ("HEAD", "HEAD^{tree}"))
        blob = self.fork.git("rev-parse", f"HEAD:{path}")
        origin = Origin(commit=commit, tree=tree, dirty=False)
        return snapshot_codec.encode(snap({path: cov(picture, source=blob)}, suite=suite, origin=origin))

    def upload(self, data: bytes, run: int, name: str = "api.snapshot", artifact: str = "coverage-unit-api") -> int:
        buffer = BytesIO()
        with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
            archive.writestr("api.why", "@everyone </details> planted")
        return self.github.uploaded(run, artifact, buffer.getvalue())

    def publish(self, run: int, *argv: str, token: str = TOKEN) -> int:
        with serving(self.github) as address:
            self.github.storage = f"{address}/storage"
            env = {
                **{name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "COV"))},
                "GITHUB_ACTIONS": "true",
                "GITHUB_EVENT_NAME": "workflow_run",
                "GITHUB_REF": "refs/heads/main",
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_SERVER_URL": "https://github.example",
                "GITHUB_API_URL": address,
                "GITHUB_STEP_SUMMARY": str(self.root / "summary.md"),
                "GITHUB_TOKEN": token,
            }
            world = World(cwd=self.base.root, env=env, now=lambda: NOW, out=self.out, err=self.err)
            return main(["publish", "github", "--fork-run", str(run), *argv], world)

    @property
    def comment(self) -> str:
        (body,) = self.github.bodies(7)
        return body


@pytest.fixture
def trusted(tmp_path: Path) -> Trusted:
    return Trusted(tmp_path)


def measured(trusted: Trusted, picture: str = "++++++", files: dict[str, str] | None = None) -> int:
    """A fork's run that measured the head of pull request 7; its id."""
    trusted.propose(files or {"src/a.py": SIX})
    run = trusted.github.fork_run()
    trusted.github.open_pull(7)
    trusted.upload(trusted.snapshot(picture), run)
    return run


def test_what_a_fork_measured_is_judged_and_labelled(trusted: Trusted) -> None:
    assert trusted.publish(measured(trusted)) == 0
    assert "## ✔ covgov: pass (measured by fork code): project 100.00 %" in trusted.comment
    (status,) = trusted.github.statuses[trusted.github.head]
    assert (status["context"], status["state"]) == ("covgov/fork", "success")
    assert str(status["description"]).startswith("pass (measured by fork code)")
    assert "measured by fork code" in (trusted.root / "summary.md").read_text(encoding="utf-8")


def test_the_base_branchs_bar_counts_and_nothing_of_the_fork_is_checked_out_or_run(trusted: Trusted) -> None:
    run = measured(trusted, "+-----", {"src/a.py": SIX, **EXPLOSIVE})
    assert trusted.publish(run) == 0
    assert "## ✘ covgov: fail (measured by fork code)" in trusted.comment
    assert "1/6 = 16.66 % &lt; 80 %" in trusted.comment
    assert trusted.github.statuses[trusted.github.head][0]["state"] == "failure"
    assert sorted(path.name for path in trusted.base.root.iterdir()) == [".git", ".gitignore", "covgov.toml", "src"]
    assert trusted.base.git("status", "--porcelain") == ""
    assert trusted.base.git("rev-parse", "HEAD") == trusted.origin.git("rev-parse", "main")


def test_uncovered_lines_of_the_change_are_links_to_its_diff(trusted: Trusted) -> None:
    trusted.publish(measured(trusted, "+++++-"))
    assert "[6](https://github.example/acme/shop/pull/7/files#diff-" in trusted.comment


@pytest.mark.parametrize("later", [False, True])
def test_a_measured_merge_is_made_again_even_if_the_base_branch_has_moved(trusted: Trusted, later: bool) -> None:
    trusted.propose({"src/a.py": SIX})
    trusted.move_main()
    trusted.merged()
    run = trusted.github.fork_run()
    trusted.github.open_pull(7)
    trusted.upload(trusted.snapshot("++++++"), run)
    if later:
        trusted.move_main()
    assert trusted.publish(run) == 0
    assert "pass (measured by fork code)" in trusted.comment


def test_a_measurement_of_other_code_is_undetermined(trusted: Trusted) -> None:
    trusted.propose({"src/a.py": SIX})
    run = trusted.github.fork_run()
    trusted.github.open_pull(7)
    trusted.fork.commit({"src/a.py": FIVE})
    trusted.upload(trusted.snapshot("+++++"), run)
    assert trusted.publish(run) == 0
    assert "covgov: undetermined (measured by fork code): " in trusted.comment
    assert "was measured on other code" in trusted.comment
    assert trusted.github.statuses[trusted.github.head][0]["state"] == "error"


def test_a_measurement_that_does_not_name_its_commit_is_undetermined(trusted: Trusted) -> None:
    trusted.propose({"src/a.py": SIX})
    run = trusted.github.fork_run()
    trusted.github.open_pull(7)
    trusted.upload(snapshot_codec.encode(snap({"src/a.py": cov("++++++")}, suite="api")), run)
    assert trusted.publish(run) == 0
    assert "undetermined (measured by fork code)" in trusted.comment
    assert "it does not name the commit that it measured" in trusted.comment


def test_a_measurement_that_the_change_itself_brings_is_undetermined(trusted: Trusted) -> None:
    run = measured(trusted, files={"src/a.py": SIX, "coverage/api.snapshot": "planted", ".gitignore": ""})
    trusted.publish(run)
    assert "is tracked by git, and a measurement is no part of the code" in trusted.comment


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"{}", "api.snapshot", "api.snapshot"),
        (b"\0" * (65 * 2**20), "api.snapshot", "larger than 67108864 bytes"),
        (b"x", "../api.snapshot", "leaves its folder"),
        (b"x", "auth.snapshot", "0 files"),
    ],
)
def test_an_artifact_that_cannot_be_used_is_undetermined(trusted: Trusted, data: bytes, name: str, why: str) -> None:
    trusted.propose({"src/a.py": SIX})
    run = trusted.github.fork_run()
    trusted.github.open_pull(7)
    trusted.upload(data, run, name)
    assert trusted.publish(run) == 0
    assert "covgov: undetermined (measured by fork code)" in trusted.comment
    assert why in trusted.comment
    assert "everyone" not in trusted.comment


def test_an_artifact_that_is_too_large_is_not_even_fetched(trusted: Trusted) -> None:
    trusted.propose({"src/a.py": SIX})
    run = trusted.github.fork_run()
    trusted.github.open_pull(7)
    trusted.github.uploaded(run, "coverage-unit-api", b"", size=2**40)
    trusted.publish(run)
    assert "1099511627776 bytes, more than" in trusted.comment
    assert not [path for path in trusted.github.requests("GET") if path.endswith("/zip")]


def test_an_artifact_that_is_larger_than_github_says_is_cut_off(trusted: Trusted) -> None:
    trusted.propose({"src/a.py": SIX})
    run = trusted.github.fork_run()
    trusted.github.open_pull(7)
    trusted.github.uploaded(run, "coverage-unit-api", b"\0" * (64 * 2**20 + 2), size=1)
    trusted.publish(run)
    assert "the artifact has more than 67108864 bytes" in trusted.comment


def test_an_artifact_of_another_run_or_name_is_not_looked_at(trusted: Trusted) -> None:
    trusted.propose({"src/a.py": SIX})
    run, other = trusted.github.fork_run(), trusted.github.fork_run()
    trusted.github.open_pull(7)
    trusted.upload(trusted.snapshot("++++++"), other)
    trusted.upload(trusted.snapshot("++++++"), run, artifact="coverage-unit-api2")
    trusted.publish(run)
    assert "the run has no artifact coverage-unit-api" in trusted.comment
    assert not [path for path in trusted.github.requests("GET") if path.endswith("/zip")]


def test_the_artifact_of_a_job_that_measured_every_suite_is_used_where_a_suite_has_none(trusted: Trusted) -> None:
    run = measured(trusted)
    trusted.github.artifacts.clear()
    trusted.upload(trusted.snapshot("++++++"), run, artifact="coverage-govern")
    assert trusted.publish(run) == 0
    assert "✔ covgov: pass" in trusted.comment
    trusted.upload(b"broken", run)
    assert trusted.publish(run) == 0
    assert "covgov: undetermined" in trusted.comment, "the suite's own comes first"


def test_the_pull_request_is_the_one_whose_head_was_measured(trusted: Trusted) -> None:
    run = measured(trusted)
    trusted.github.open_pulls.clear()
    trusted.github.open_pull(8, "d" * 40)
    trusted.github.open_pull(9, of="mallory/shop")
    assert trusted.publish(run) == 0
    assert "0 open pull requests have the head" in trusted.err.getvalue()
    trusted.github.open_pull(7)
    assert trusted.publish(run) == 0
    assert list(trusted.github.comments) == [7]


@pytest.mark.parametrize(
    ("run", "why"),
    [
        ({"event": "push"}, "no completed run of a pull request"),
        ({"event": "workflow_dispatch"}, "no completed run of a pull request"),
        ({"status": "in_progress"}, "no completed run of a pull request"),
        ({"fork": REPOSITORY}, "is of no fork"),
        ({"fork": "mallory/../x"}, "is of no fork"),
    ],
)
def test_any_other_run_is_left_alone(trusted: Trusted, run: dict[str, str], why: str) -> None:
    trusted.propose({"src/a.py": SIX})
    trusted.github.open_pull(7)
    assert trusted.publish(trusted.github.fork_run("", **run)) == 0
    assert why in trusted.err.getvalue()
    assert (trusted.github.comments, trusted.github.statuses) == ({}, {})


HOSTILE = ("@everyone", "</details><script>", "[x](https://evil.example)", "`code`|pipe", "::error::forged", "-q")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_the_fork_does_anything(trusted: Trusted, name: str) -> None:
    path = f"src/{name}/a.py"
    trusted.propose({path: SIX})
    run = trusted.github.fork_run(branch=f'{name}$(touch planted)";&#')
    trusted.github.open_pull(7)
    trusted.upload(trusted.snapshot("+-----", path), run)
    assert trusted.publish(run) == 0
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(trusted.comment)
    inline = [child for token in tokens for child in token.children or ()]
    assert not {"html_inline", "image"} & {child.type for child in inline}
    links = [str(child.attrs["href"]) for child in inline if child.type == "link_open"]
    assert all(link.startswith("https://github.example/acme/shop/") for link in links)
    assert {
        name for token in tokens if token.type == "html_block" for name in re.findall(r"</?(\w+)", token.content)
    } <= {
        "details",
        "summary",
    }
    assert not [child for child in inline if child.type == "text" and "@everyone" in child.content]
    assert not list(trusted.root.rglob("planted"))


def test_a_token_that_may_only_read_leaves_a_visible_note(trusted: Trusted) -> None:
    trusted.github.read_only = True
    run = measured(trusted)
    assert trusted.publish(run) == 0
    lines = trusted.out.getvalue().splitlines()
    assert [line.partition(" (")[0] for line in lines] == ["github -> github:comment", "github -> github:status"]
    assert all("failed: " in line and "Resource not accessible by integration" in line for line in lines)
    assert "pass (measured by fork code)" in (trusted.root / "summary.md").read_text(encoding="utf-8")


def test_a_dry_run_prints_the_comment_and_writes_nothing_to_github(trusted: Trusted) -> None:
    assert trusted.publish(measured(trusted), "--dry-run", "--json") == 0
    parcels = json.loads(trusted.out.getvalue())["parcels"]
    assert [one["destination"] for one in parcels] == ["github:comment", "github:status"]
    assert {one.method for one in trusted.github.asked} == {"GET"}


def test_the_head_that_cannot_be_fetched_is_undetermined(trusted: Trusted) -> None:
    trusted.github.open_pull(7, "d" * 40)
    assert trusted.publish(trusted.github.fork_run("d" * 40)) == 11
    assert "[fork-head-missing]" in trusted.err.getvalue()


@pytest.mark.parametrize("argv", [["notify"], ["github", "notify"], ["github", "--spooled"]])
def test_a_fork_run_is_for_github_alone(tmp_path: Path, argv: list[str]) -> None:
    world = World(tmp_path, {}, lambda: NOW, StringIO(), StringIO())
    assert main(["publish", *argv, "--fork-run", "5"], world) == 2
