"""What a CI job was started for, which stays with the token that it gets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CiJob:
    """As the forge signed it. ref: full, `refs/heads/main`. sha: the commit, "" where the forge does not say it."""

    ref: str
    sha: str = ""

    @property
    def branch(self) -> str:
        """What the runs of this job call their branch: `refs/heads/X` is X, any other ref is called by its full name.

        So no pull request, merge request or tag writes under a branch's name.
        """
        return self.ref.removeprefix("refs/heads/")

    def of_branch(self, branch: str) -> bool:
        """Whether the job was started for this branch itself."""
        return self.ref == f"refs/heads/{branch}"
