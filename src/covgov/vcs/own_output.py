"""What covgov itself leaves in a project: below `coverage/`, ignored by git as it should be, or not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

FOLDER = "coverage"
"""The folder of measurements, relative to the top of the checkout."""

OURS = re.compile(r"[^/]*\.(?:snapshot|why|record|json|xml|lcov|md|patch|zip|prom)|spool|history|\.data")
"""Names, directly below the folder of measurements, that covgov writes or reads there."""


def own_output(untracked: Collection[str], tracked: Collection[str]) -> Iterator[str]:
    """The untracked paths in the folder that are no part of the code. A project that has files of its own there keeps
    every name that is not one of ours."""
    below = f"{FOLDER}/"
    theirs = any(path.startswith(below) for path in tracked)
    for path in untracked:
        if path.startswith(below) and not (theirs and not OURS.fullmatch(path.removeprefix(below).split("/")[0])):
            yield path
