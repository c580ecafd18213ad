"""Parameters shared by several routes, with the limits that the API documents."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path, Query

from covgov.model.snapshot import Metric

NO_CONTROL = r"^[^\x00-\x1f\x7f]*$"
"""No control characters: databases reject NUL, and names have none of the others."""

Owner = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,100}$", description="The owner.", examples=["acme"])]
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,100}$", description="The repository.", examples=["shop"])]
Branch = Annotated[
    str,
    Query(max_length=255, pattern=NO_CONTROL, description="The branch; empty is the repository's default branch."),
]
AnyBranch = Annotated[
    str, Query(max_length=255, pattern=NO_CONTROL, description="Only runs of this branch; empty is every branch.")
]
Suite = Annotated[str, Query(max_length=100, pattern=NO_CONTROL, description="Only this suite; empty is every suite.")]
ComponentName = Annotated[
    str,
    Path(
        max_length=64,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="A component; `project` is the whole project where no component has that name.",
        examples=["api"],
    ),
]
FilterComponent = Annotated[
    str,
    Query(
        max_length=64,
        pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$",
        description="Only this component's files, as the stored policy names them; empty is every file.",
    ),
]
RunId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{64}$", description="A run's id: the SHA-256 of its manifest.", examples=["0" * 64])
]
Revision = Annotated[
    str,
    Query(
        pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$",
        description="The id of a run, or a full commit id for the newest complete run of that commit.",
    ),
]
FilePath = Annotated[
    str,
    Query(min_length=1, max_length=4096, pattern=NO_CONTROL, description="A file's path from the repository's root."),
]
Under = Annotated[
    str, Query(max_length=4096, pattern=NO_CONTROL, description="Only files below this path prefix; empty for all.")
]
Counting = Annotated[
    Metric | None, Query(description="What is counted; by default the component's own metric, else `combined`.")
]
Until = Annotated[date | None, Query(description="A day in the last week of the digest; by default today (UTC).")]
Weeks = Annotated[int, Query(ge=1, le=53, description="How many ISO weeks.")]
Label = Annotated[
    str, Query(max_length=60, pattern=NO_CONTROL, description="The badge's left side; by default the component's name.")
]
