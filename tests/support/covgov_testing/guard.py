"""Git configuration under which a test cannot reach the remotes of the checkout that it is run from."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path


def remotes_of(checkout: Path) -> tuple[str, ...]:
    """Every URL that the checkout fetches from or pushes to."""
    done = subprocess.run(
        ["git", "config", "--get-regexp", r"^remote\..*\.(url|pushurl)$"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    return tuple(line.split(" ", 1)[1] for line in done.stdout.splitlines() if " " in line)


def blocking(remotes: Iterable[str]) -> list[str]:
    """Lines of a git configuration that turn these URLs, by name or by address, into a transport that is not.

    pushInsteadOf alone would leave an explicit `pushurl` open: git then reads insteadOf only.
    """
    return [
        line
        for remote in remotes
        for line in (f'[url "blocked-by-tests://{remote}"]', f"pushInsteadOf = {remote}", f"insteadOf = {remote}")
    ]
