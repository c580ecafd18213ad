from __future__ import annotations

import os
from pathlib import Path

import pytest

from covgov.errors import PolicyInvalid
from covgov.history.interface import AnnotatedStore, PortableStore, PushableStore, RunStore, SharedStore
from covgov.history.stores.directory import DirStore
from covgov.history.stores.git.store import GitStore
from covgov.history.stores.registry import open_store
from covgov_testing.builders.run import run


def opened(url: str, root: Path) -> RunStore:
    return open_store(url, root, env=os.environ, remote=None, fetch=False)


def test_the_word_before_the_colon_names_the_store(tmp_path: Path) -> None:
    assert isinstance(opened("git:coverage-history", tmp_path), GitStore)
    assert isinstance(opened("dir:history", tmp_path), DirStore)


def test_only_a_branch_has_a_remote_side(tmp_path: Path) -> None:
    branch, folder = opened("git:x", tmp_path), opened("dir:x", tmp_path)
    assert isinstance(branch, PushableStore)
    assert isinstance(branch, AnnotatedStore)
    assert not isinstance(branch, SharedStore)
    assert not isinstance(folder, PushableStore)
    assert isinstance(branch, PortableStore)
    assert isinstance(folder, PortableStore)


def test_a_directory_is_relative_to_the_project(tmp_path: Path) -> None:
    opened("dir:some/where", tmp_path).append(run())
    assert (tmp_path / "some" / "where" / "head.json").is_file()


@pytest.mark.parametrize("url", ["s3://bucket/x", "postgresql://example.invalid", "sqlite:x.db"])
def test_a_store_of_a_later_version_is_refused_by_name(url: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match="not in this version") as caught:
        opened(url, tmp_path)
    assert caught.value.code == "history-store-unsupported"


@pytest.mark.parametrize("url", ["", "git", "git:", "ftp:x", "coverage-history", "git:a..b", "git:-x", "git:a b"])
def test_what_names_no_store_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        opened(url, tmp_path)
    assert caught.value.code == "history-store-unknown"
