"""No test can push to the remote of the checkout that it is run from."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from covgov.errors import DeliveryFailed
from covgov_testing.builders.run import run
from covgov_testing.guard import blocking, remotes_of
from covgov_testing.history_clones import bare_origin, clone, git_store
from covgov_testing.repos import Repo

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def origin(tmp_path: Path) -> Repo:
    return bare_origin(tmp_path)


@pytest.fixture
def here(origin: Repo) -> Repo:
    """A clone with a second remote that has an address of its own for pushing; guarded as the checkout is."""
    repo = clone(origin, "here")
    repo.git("remote", "add", "split", "https://example.invalid/")
    repo.git("config", "remote.split.pushurl", str(origin.root))
    config = Path(os.environ["GIT_CONFIG_GLOBAL"])
    config.write_text(config.read_text() + "\n".join(blocking(remotes_of(repo.root))) + "\n")
    return repo


@pytest.mark.security
def test_the_configuration_of_every_test_blocks_every_remote_of_the_checkout() -> None:
    configured = Path(os.environ["GIT_CONFIG_GLOBAL"]).read_text()
    for line in blocking(remotes_of(CHECKOUT)):
        assert line in configured


@pytest.mark.security
@pytest.mark.parametrize("target", ["origin", "split", "its address"])
def test_a_push_to_a_guarded_remote_reaches_nothing(here: Repo, origin: Repo, target: str) -> None:
    named = here.git("config", "remote.origin.url") if target == "its address" else target
    before = origin.git("for-each-ref")
    done = subprocess.run(
        ["git", "push", named, "HEAD:refs/heads/forged"], cwd=here.root, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "blocked-by-tests" in done.stderr
    assert origin.git("for-each-ref") == before


@pytest.mark.security
def test_the_git_store_cannot_push_to_a_guarded_remote(here: Repo, origin: Repo) -> None:
    store = git_store(here)
    store.append(run("c1"))
    before = origin.git("for-each-ref")
    with pytest.raises(DeliveryFailed, match="blocked-by-tests"):
        store.push()
    assert origin.git("for-each-ref") == before
