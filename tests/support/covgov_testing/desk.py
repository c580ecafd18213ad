"""A project on disk whose measurements are pictures: everything `check` needs, without running a suite."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

from covgov import gate
from covgov.ci.interface import CiContext, CiEvent
from covgov.cli.main import main
from covgov.cli.world import World
from covgov.gather.prepare import prepare
from covgov.gather.request import Edges, Request
from covgov.history.interface import RunStore, RunSummary
from covgov.history.stores.directory import DirStore
from covgov.model import snapshot_codec
from covgov.model.snapshot import FileCoverage, Identity, Snapshot, TestRun
from covgov.policy import config
from covgov.vcs.git import GitRepository
from covgov.vcs.interface import WORKTREE
from covgov_testing.builders.coverage import IDENTITY, PASSED, cov
from covgov_testing.repos import Repo

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
LOCAL = CiContext("local", CiEvent.LOCAL)
POLICY = """\
version = 1
[policy]
fail_under = 50
fail_under_patch = 0
max_drop = 2
[suites.api]
tests = ["tests"]
[components.api]
paths = ["api/**"]
suite = "api"
[history]
store = "dir:history"
[register]
path = "exceptions.md"
"""


class Desk:
    """Write files, measure them with pictures, judge."""

    def __init__(self, root: Path, policy: str = POLICY) -> None:
        self.repo = Repo(root)
        self.root = root
        self.repo.write({"covgov.toml": policy, ".gitignore": "coverage/\nhistory/\n"})
        self.out, self.err = StringIO(), StringIO()

    def commit(self, files: Mapping[str, str] | None = None, message: str = "change") -> str:
        return self.repo.commit(files, message)

    def measure(
        self,
        pictures: Mapping[str, str | FileCoverage],
        *,
        suite: str = "api",
        tests: TestRun | None = PASSED,
        identity: Identity = IDENTITY,
    ) -> Snapshot:
        """Write coverage/SUITE.snapshot for what is on disk; a source file that does not exist yet is made to fit."""
        for path, picture in pictures.items():
            file = self.root / path
            if not file.exists():
                length = len(picture) if isinstance(picture, str) else picture.statements.bit_length()
                self.repo.write({path: "".join(f"line {number} of {path}\n" for number in range(1, length + 1))})
        repository = self.repository
        blobs = repository.blobs(WORKTREE)
        files = {
            path: cov(value, source=blobs.get(path, "")) if isinstance(value, str) else value
            for path, value in pictures.items()
        }
        snapshot = Snapshot(suite, files, identity, origin=repository.origin(), tests=tests)
        self.write_snapshot(suite, snapshot_codec.encode(snapshot))
        return snapshot

    def write_snapshot(self, suite: str, data: bytes) -> None:
        target = self.root / "coverage" / f"{suite}.snapshot"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)

    @property
    def repository(self) -> GitRepository:
        return GitRepository(self.root, env=os.environ)

    def read(self, path: str) -> bytes | None:
        file = self.root / path
        return file.read_bytes() if file.is_file() else None

    def edges(self, *, ci: CiContext = LOCAL, env: Mapping[str, str] | None = None, git: bool = True) -> Edges:
        return Edges(
            read=self.read,
            repository=self.repository if git else None,
            store=lambda address: self.store(),
            ci=ci,
            env=env or {},
        )

    def store(self) -> RunStore:
        return DirStore(self.root / "history")

    def judge(
        self,
        *suites: str,
        ci: CiContext = LOCAL,
        env: Mapping[str, str] | None = None,
        git: bool = True,
        fail_under: str | None = None,
        accept_identity: bool = False,
        base: str | None = None,
        today: date = TODAY,
    ) -> gate.Judgement:
        policy = config.load(self.read)
        assert policy is not None
        request = Request(today, suites, fail_under=fail_under, accept_identity=accept_identity, base=base)
        edges = self.edges(ci=ci, env=env, git=git)
        return gate.judge(prepare(request, policy, edges), edges)

    def record(self, judgement: gate.Judgement, *, ci: CiContext = LOCAL) -> RunSummary | str:
        address = judgement.prepared.head.history.store
        return gate.enter(gate.run_of(judgement, ci, now=NOW), self.edges(ci=ci), address, whole=True)

    def covgov(self, *argv: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> int:
        """One command line in this project; its streams are in `out` and `err` (of this call only)."""
        self.out, self.err = StringIO(), StringIO()
        world = World(
            cwd=cwd or self.root, env={**os.environ, **(env or {})}, now=lambda: NOW, out=self.out, err=self.err
        )
        return main(argv, world)


def rules(judgement: gate.Judgement) -> Sequence[tuple[str, str]]:
    """(rule, effect) of every finding that counts."""
    return [(f.rule, str(f.effect)) for f in judgement.verdict.findings if f.counts]
