"""What a later run costs, on data that is made up and always the same; `make bench` prints it at full size."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest

from covgov.history.stores.registry import open_store
from covgov_testing.generated_history import Project, runs
from covgov_testing.repos import Repo

SMALL = Project(files=600, folders=40, share=(0.01, 0.01))


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("url", "folder", "most"), [("dir:history", "history", 3_500), ("git:coverage-history", ".git/objects", 5_000)]
)
def test_a_later_run_costs_what_changed(tmp_path: Path, url: str, folder: str, most: int) -> None:
    Repo(tmp_path).git("config", "gc.auto", "0")
    store = open_store(url, tmp_path, env=os.environ, remote=None, fetch=False)
    sizes = [0]
    for record in runs(SMALL, 5):
        store.append(record)
        sizes.append(size_of(tmp_path / folder))
    first, *later = (after - before for before, after in pairwise(sizes))
    assert max(later) < most < first / 10


def test_a_run_of_the_same_coverage_costs_its_manifest(tmp_path: Path) -> None:
    store = open_store("dir:history", tmp_path, env=os.environ, remote=None, fetch=False)
    first, second = runs(Project(files=600, folders=40, share=(0, 0)), 2)
    store.append(first)
    before = size_of(tmp_path)
    store.append(second)
    assert size_of(tmp_path) - before < 2_500
