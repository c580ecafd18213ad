"""Repositories with recorded runs: every commit edits 1 to 3 % of the files, and each has its run."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from benchmarks import synthetic
from benchmarks.workshop import FILES_OF_A_MILLION, POLICY, Workshop
from covgov.history.stores.registry import open_store
from covgov.model import lines
from covgov.model.blob import blob_id
from covgov.model.snapshot import FileCoverage
from covgov_testing.generated_history import BEGINNING, record
from covgov_testing.repos import Repo

WEEKS, RUNS = 26, 500
HOURS = 8
UNTIL = (BEGINNING + timedelta(hours=HOURS * RUNS)).date().isoformat()
SHARE = (0.01, 0.03)
STORE = "dir:../history"


def last_two(shop: Workshop) -> tuple[Path, Path, Path]:
    """A repository with three recorded runs of a million lines, and gzipped reports like its last two."""
    folder = shop.root / "three-runs"
    root = recorded(shop, folder, FILES_OF_A_MILLION, 3)
    reports = folder / "before.json.gz", folder / "after.json.gz"
    if not reports[1].exists():
        data = shop.report("json", FILES_OF_A_MILLION).read_bytes()
        for path in reports:
            path.write_bytes(gzip.compress(data, 6))
    return root, *reports


def half_a_year(shop: Workshop, runs: int = RUNS) -> Path:
    """A repository with so many recorded runs of 100,000 lines."""
    return recorded(shop, shop.root / f"{runs}-runs", FILES_OF_A_MILLION // 10, runs)


def recorded(shop: Workshop, folder: Path, files: int, count: int) -> Path:
    """The repository, made once."""
    root = folder / "repo"
    if not (folder / "ready").exists():
        shop.say(f"recording {count} runs of {files} files")
        repo = Repo(root)
        repo.git("config", "gc.auto", "0")
        versions = list(_versions(files, count))
        subprocess.run(["git", "fast-import", "--quiet"], cwd=root, input=b"".join(_stream(versions)), check=True)
        repo.git("checkout", "--quiet", "--force", "main")
        commits = [line.split() for line in repo.git("log", "--reverse", "--format=%H %T").splitlines()]
        store = open_store(STORE, root, env=os.environ, remote=None, fetch=False)
        state: dict[str, FileCoverage] = {}
        for number, (version, (commit, tree)) in enumerate(zip(versions, commits, strict=True)):
            state |= {path: _coverage(one) for path, one in version.items()}
            store.append(record(number, dict(state), commit, tree))
        newest = {path: one for version in versions for path, one in version.items()}
        (folder / "last.lcov").write_text("".join(map(synthetic.lcov, newest.values())), encoding="utf-8")
        (folder / "ready").touch()
    return root


def _versions(files: int, count: int) -> Iterator[Mapping[str, synthetic.Module]]:
    """What each commit writes: the whole project, then what it edits."""
    chance = random.Random(files)
    modules = [synthetic.module(number) for number in range(files)]
    yield {one.path: one for one in modules}
    for _ in range(1, count):
        changed = chance.sample(range(files), max(1, round(files * chance.uniform(*SHARE))))
        for number in changed:
            modules[number] = _edited(chance, modules[number])
        yield {modules[number].path: modules[number] for number in changed}


def _edited(chance: random.Random, one: synthetic.Module) -> synthetic.Module:
    functions = list(one.functions)
    place = chance.randrange(len(functions))
    functions[place] = replace(functions[place], seed=chance.randrange(1, 1000), ran=chance.random() < 0.85)
    return synthetic.Module(one.path, tuple(functions))


def _coverage(one: synthetic.Module) -> FileCoverage:
    exits = [((line, line + place), taken) for line, both in one.branches for place, taken in enumerate(both, 1)]
    return FileCoverage(
        statements=lines.of(line for line, _ in one.lines),
        covered=lines.of(line for line, hits in one.lines if hits),
        exits=tuple(exit_ for exit_, _ in exits),
        taken=tuple(exit_ for exit_, taken in exits if taken),
        source=blob_id(one.text.encode()),
    )


def _stream(versions: list[Mapping[str, synthetic.Module]]) -> Iterator[bytes]:
    """What `git fast-import` reads."""
    for number, version in enumerate(versions):
        seconds = int((BEGINNING + timedelta(hours=HOURS * number)).timestamp())
        yield f"commit refs/heads/main\ncommitter Bench <bench@example.org> {seconds} +0000\ndata 6\nchange\n".encode()
        if not number:
            yield _entry("covgov.toml", POLICY.format(component="pkg", store=STORE).encode())
            yield _entry(".gitignore", b"coverage/\n")
        for path, one in version.items():
            yield _entry(path, one.text.encode())


def _entry(path: str, text: bytes) -> bytes:
    return f"M 100644 inline {path}\ndata {len(text)}\n".encode() + text + b"\n"


def many_tests(shop: Workshop) -> Path:
    """A project of 3,000 tests that call one small module."""
    root = shop.root / "tests"
    repo = Repo(root)
    tests = "\n\n".join(f"def test_{number}():\n    assert twice({number}) == {2 * number}\n" for number in range(100))
    repo.write({"small.py": "def twice(value):\n    return value + value\n"})
    repo.write({f"tests/test_part{part:02d}.py": f"from small import twice\n\n\n{tests}" for part in range(30)})
    repo.write({"covgov.toml": POLICY.format(component=".", store=STORE).replace("./**", "small.py")})
    return root
